"""Frozen values that every layer speaks in. Standard library only: nothing here reads, waits or connects."""
