"""Objects, register, tokens, ledger and audit log in a database: SQLite or PostgreSQL."""
