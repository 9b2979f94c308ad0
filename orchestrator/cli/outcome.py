"""How a delivery stands, and how it came to that: the gates in the order in which they were asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.console.words import STATES, passed, refused
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import State
from orchestrator.domain.said import retold
from orchestrator.reasons import reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.cli.terminal import Terminal

MARKS = {"pass": ("✔", GOOD), "stop": ("✖", BAD), "next": ("✖", BAD)}


def outcome_document(delivery: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `--json` that says how it ended. Times and addresses stay out of it."""
    decisions = delivery["decisions"]
    return {
        "state": delivery["state"],
        "reason": delivery["reason"],
        "channel": delivery["channel"],
        "account": delivery["account"],
        "decision": {"verdict": decisions[-1]["verdict"], "items": decisions[-1]["trace"]} if decisions else None,
    }


def show_outcome(terminal: Terminal, delivery: Mapping[str, Any]) -> None:
    """The state, and the last decision gate by gate."""
    state = State(delivery["state"])
    meant = reason(state, delivery["reason"], terminal.translate)
    line = Text(terminal.translate(STATES[state]), style=STRONG)
    if delivery["channel"]:
        line.append(f" · {terminal.translate(NAMES[Channel(delivery['channel'])])}", "none")
    line.append(f" · {meant.sentence}", "none")
    if delivery["detail"]:
        line.append(f"  {retold(delivery['detail'], terminal.translate)}", DIM)
    terminal.show(line)
    if meant.action:
        terminal.show("  ", ("= ", DIM), meant.action)
    for decision in delivery["decisions"][-1:]:
        for step in decision["trace"]:
            _show_step(terminal, step)


def _show_step(terminal: Terminal, step: Mapping[str, str]) -> None:
    mark, style = MARKS[step["result"]]
    detail, channel = step.get("detail", ""), step.get("channel", "")
    said = (
        passed(step["gate"], detail, terminal.translate)
        if step["result"] == "pass"
        else refused(detail or step["gate"], terminal.translate)
    )
    where = terminal.translate(NAMES[Channel(channel)]) if channel else ""
    terminal.show("  ", (mark, style), f" {where:<10}{said}")
