"""Scenarios as files say them: what is given, what happens, and what should come of it. `simulation` lives them."""
