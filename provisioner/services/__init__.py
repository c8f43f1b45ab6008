"""The one way to change things: the site file, the REST API, the portal and the command line all come here.

A module a noun, each with ``put``, ``remove`` and ``dump``. What people give is a schema (``schemas``),
what is stored is a row; a `Change` holds the transaction, the key and who acts, and writes the audit log.
"""
