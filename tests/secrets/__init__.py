"""Known secrets in a running server, and a search for them in everything that comes out of it."""
