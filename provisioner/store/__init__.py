"""The database: tables, sessions, and the rule that raises revisions."""
