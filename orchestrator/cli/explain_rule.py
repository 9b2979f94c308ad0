"""`jogral explain-rule`: what a rule is for, with an excerpt that breaks it and one that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli.findings import LEVEL_STYLES, LEVELS
from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.domain.errors import NotFound, did_you_mean

if TYPE_CHECKING:
    from orchestrator.check.rule import Rule
    from orchestrator.cli.terminal import Terminal

app = typer.Typer(add_completion=False)


@app.command(cls=Command, name="explain-rule")
def explain_rule(
    context: typer.Context,
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A rule, such as CL101. None: all.")] = None,
) -> None:
    """Say what a rule is for, with a bad and a good example; without a code, list all rules."""
    from orchestrator.check.registry import RULES

    terminal = session_of(context).terminal
    if code is None:
        _list(terminal)
        return
    rule = RULES.get(code.upper())
    if rule is None:
        raise NotFound(
            'There is no rule "{rule}"{hint}',
            remedy="All of them: jogral explain-rule",
            rule=code,
            hint=did_you_mean(code, RULES),
        )
    terminal.document("rule", **_document(terminal, rule))
    _explain(terminal, rule)


def _list(terminal: Terminal) -> None:
    from orchestrator.check.registry import RULES

    terminal.document("rules", items=[_document(terminal, rule) for rule in RULES.values()])
    width = max(len(terminal.translate(level)) for level in LEVELS.values())
    for rule in RULES.values():
        level = terminal.translate(LEVELS[rule.level])
        terminal.show((rule.code, STRONG), "  ", (f"{level:<{width}}", LEVEL_STYLES[rule.level]), "  ",
                      terminal.translate(rule.title))  # fmt: skip


def _explain(terminal: Terminal, rule: Rule) -> None:
    level = (terminal.translate(LEVELS[rule.level]), LEVEL_STYLES[rule.level])
    fixable = (f"  [{terminal.words('fixable')}]", DIM) if rule.fixable else ""
    terminal.show((rule.code, STRONG), "  ", level, "  ", terminal.translate(rule.title), fixable)
    terminal.show("\n", terminal.translate(rule.why))
    for heading, style, excerpt in ((terminal.words("Bad"), BAD, rule.bad), (terminal.words("Good"), GOOD, rule.good)):
        terminal.show("\n", (heading, style))
        for line in excerpt.splitlines():
            terminal.show(f"    {line}")


def _document(terminal: Terminal, rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "level": rule.level,
        "title": terminal.translate(rule.title),
        "why": terminal.translate(rule.why),
        "bad": rule.bad,
        "good": rule.good,
        "fixable": rule.fixable,
    }
