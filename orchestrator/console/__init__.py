"""The web console: pages rendered on the server, complete without JavaScript, with nothing loaded from elsewhere."""

from orchestrator.console.routes import add_console

__all__ = ["add_console"]
