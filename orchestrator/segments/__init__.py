"""Segments: which customers something is about, said as a closed filter that a database can answer."""
