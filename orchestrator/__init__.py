"""Jogral: one message, one set of facts, one brand voice, spoken in four voices."""

__version__ = "0.1.0"
