"""The server that desk phones and DECT bases ask for their configuration when they boot."""

__version__ = "0.1.0"
