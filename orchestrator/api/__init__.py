"""The HTTP API: a door that parses, calls and answers. `server.serve` opens it."""
