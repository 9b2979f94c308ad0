"""What `jogral doctor` looks at, a module a thing."""
