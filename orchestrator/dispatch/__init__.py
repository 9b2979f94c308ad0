"""The one path: accept, drain, settle, sweep, tick. Two hops from a door to an effect."""
