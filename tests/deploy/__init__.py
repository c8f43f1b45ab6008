"""The examples under deploy/: read by the programs that they are for, and started."""
