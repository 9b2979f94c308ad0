"""The ledger: what was accepted, decided, sent and promised, on SQLite or PostgreSQL."""
