"""Runs as they move: what is gathered for them, and what becomes of what they wish for."""
