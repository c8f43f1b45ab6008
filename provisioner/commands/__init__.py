"""The command line, one module a group of commands; each is imported when it is called."""
