"""The command line: `jogral`. Doors parse, call and answer; what they do is done elsewhere.

Start-up is what a person waits for most often, so only the module of the command that was asked for is imported:
`root` names each command and where it lives. Such a module imports at its head what its options, its help and its words
are made of, and in its functions what they do: the ledger, the release, the web server. A help page, and a mistake in
an option, wait for none of those.
"""

from orchestrator.cli.main import main

__all__ = ["main"]
