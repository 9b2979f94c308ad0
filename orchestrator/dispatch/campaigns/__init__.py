"""Campaigns: one message to everybody in a segment, once; first on paper, then for good."""
