"""The site file: one document describes a tenant; `apply` makes the database so, `export` writes it back."""
