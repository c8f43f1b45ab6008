"""What the list pages show: for each noun its table, its search and its rows, as frozen data."""
