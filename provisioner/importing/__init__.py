"""Reads the folder of configuration files that another server kept, and makes a site file of it."""
