"""The web console: pages rendered on the server, complete without JavaScript, with nothing loaded from elsewhere."""
