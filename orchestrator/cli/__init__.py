"""The command line: `jogral`. Doors parse, call and answer; what they do is done elsewhere.

Start-up is what a person waits for most often, so only the module of the command that was asked for is imported:
`root` names each command and where it lives, and everything heavy (the ledger, the web server, YAML) is imported by
those modules at their top.
"""

from orchestrator.cli.main import main

__all__ = ["main"]
