"""docs/reference/commands.md is what the commands say of themselves: refresh it with pytest --refresh-golden."""

from __future__ import annotations

from pathlib import Path

import typer

from orchestrator.cli import main
from orchestrator.cli.root import COMMANDS, build

PAGE = Path(__file__).parents[2] / "docs/reference/commands.md"

INTRODUCTION = """# Commands

Every command takes `--project DIR`, `--lang pt-BR|en` and `--json` (one document on stdout). Exit codes: 0 done,
1 problems found, 2 usage or configuration, 3 something needed cannot be reached, 4 refused for safety, 130 interrupted.

This page is what `jogral COMMAND --help` says; a test keeps it so.
"""


def test_the_page_of_commands_is_what_they_say(request, capsys, monkeypatch):
    """Nobody has to remember to write it."""
    monkeypatch.setenv("JOGRAL_LANG", "en")
    monkeypatch.setenv("COLUMNS", "80")
    text = "\n".join([INTRODUCTION, *(section(words, capsys) for words in words_of_commands())])
    if request.config.getoption("--refresh-golden"):
        PAGE.write_text(text, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == text, "run pytest --refresh-golden, and read the page"


def words_of_commands():
    """`demo`, and `db backup` for those with commands of their own."""
    root = build()
    with typer.Context(root) as context:
        for name in COMMANDS:
            _, command, _ = root.resolve_command(context, [name])
            within = getattr(command, "commands", {})
            yield from ([name, inner] for inner in within) if within else [[name]]


def section(words, capsys):
    assert main([*words, "--help"]) == 0
    return f"## jogral {' '.join(words)}\n\n```text\n{capsys.readouterr().out.strip()}\n```\n"
