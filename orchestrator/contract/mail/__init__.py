"""E-mail as text: what is written into one, and what comes back. Every adapter that sends e-mail uses the same."""
