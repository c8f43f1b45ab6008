"""What strangers and mistakes send, at every opening."""
