"""`jogral touchpoints`: every message, reply and journey step by stage and channel, with gaps and duplicates."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.help import Command
from orchestrator.cli.session import session_of
from orchestrator.cli.terminal import BAD, DIM, STRONG
from orchestrator.cli.workplace import open_project
from orchestrator.domain.errors import mark
from orchestrator.domain.stage import Stage
from orchestrator.touchpoints import TouchpointKind, touchpoints_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.cli.terminal import Terminal
    from orchestrator.touchpoints import Duplicate, Touchpoint, Touchpoints

app = typer.Typer(add_completion=False)

STAGES: Mapping[Stage, str] = {
    Stage.DISCOVERY: mark("discovery"),
    Stage.CONSIDERATION: mark("consideration"),
    Stage.PURCHASE: mark("purchase"),
    Stage.DELIVERY: mark("delivery"),
    Stage.AFTER_SALE: mark("after sale"),
    Stage.SUPPORT: mark("support"),
    Stage.WIN_BACK: mark("win back"),
}
NO_STAGE = mark("no stage yet")
KINDS: Mapping[TouchpointKind, str] = {
    TouchpointKind.MESSAGE: mark("message"),
    TouchpointKind.REPLY: mark("reply"),
    TouchpointKind.STEP: mark("step"),
}
TWICE = {
    "event": mark("Twice: {event} makes all of these write on {channels}: {names}."),
    "words": mark("Twice: these say the same words on {channels}: {names}."),
    "facts": mark("Twice: at the stage {stage} these state the same on {channels}: {names} ({facts})."),
}
STAGE_WIDTH, CHANNEL_WIDTH, KIND_WIDTH = 16, 10, 10


@app.command(cls=Command)
def touchpoints(context: typer.Context) -> None:
    """List every message, reply and journey step, by stage and channel, with owner and claims.

    Stages at which a channel says nothing are marked, and what one customer would get twice.
    """
    session = session_of(context)
    found = touchpoints_of(open_project(session).read())
    session.terminal.document("touchpoints", **_document(found))
    _show_matrix(session.terminal, found)
    _show_items(session.terminal, found)
    _show_faults(session.terminal, found)


# --- for programs ---------------------------------------------------------------------------------------------------


def _document(found: Touchpoints) -> dict[str, Any]:
    return {
        "stages": [stage.value for stage in Stage],
        "channels": [channel.value for channel in found.channels],
        "items": [_item(one) for one in found.items],
        "matrix": {
            stage.value: {channel.value: count for channel, count in counts.items()}
            for stage, counts in found.matrix.items()
        },
        "gaps": [{"stage": gap.stage.value, "channel": gap.channel.value} for gap in found.gaps],
        "duplicates": [_duplicate(one) for one in found.duplicates],
    }


def _item(one: Touchpoint) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "id": one.id,
        "title": one.title,
        "stage": one.stage.value if one.stage is not None else None,
        "channel": one.channel.value,
        "owner": one.owner,
        "topic": one.topic,
        "sends": one.sends or None,
        "event": one.event or None,
        "claims": [{"name": name, "kind": claim.kind.value, "from": claim.from_} for name, claim in one.claims.items()],
    }


def _duplicate(one: Duplicate) -> dict[str, Any]:
    return {
        "why": one.why,
        "stage": one.stage.value if one.stage is not None else None,
        "channel": one.channel.value,
        "event": one.event or None,
        "facts": list(one.facts),
        "ids": list(one.ids),
    }


# --- for people -----------------------------------------------------------------------------------------------------


def _show_matrix(terminal: Terminal, found: Touchpoints) -> None:
    """Messages and replies of each stage on each channel; a dash where there is none."""
    titles = "".join(f"{terminal.translate(NAMES[channel]):>{CHANNEL_WIDTH}}" for channel in found.channels)
    terminal.show((" " * STAGE_WIDTH + titles, DIM))
    for stage, counts in found.matrix.items():
        cells = [(f"{count or '—':>{CHANNEL_WIDTH}}", STRONG if count else BAD) for count in counts.values()]
        terminal.show(f"{terminal.translate(STAGES[stage]):<{STAGE_WIDTH}}", *cells)


def _show_items(terminal: Terminal, found: Touchpoints) -> None:
    """Stage by stage, each on one line with all of its channels."""
    order = {stage: place for place, stage in enumerate(Stage)}
    items = sorted(found.items, key=lambda one: order.get(one.stage, len(order)) if one.stage else len(order))
    width = max((len(one.id) for one in items), default=0)
    for stage, of_stage in groupby(items, key=lambda one: one.stage):
        terminal.show("")
        terminal.show((terminal.translate(STAGES[stage] if stage else NO_STAGE), STRONG))
        for (kind, name), same in groupby(of_stage, key=lambda one: (one.kind, one.id)):
            _show_item(terminal, f"  {terminal.translate(KINDS[kind]):<{KIND_WIDTH}}{name:<{width}}  ", [*same])


def _show_item(terminal: Terminal, begins: str, same: Sequence[Touchpoint]) -> None:
    claims = ", ".join(dict.fromkeys(name for one in same for name in one.claims))
    channels = ", ".join(terminal.translate(NAMES[one.channel]) for one in same)
    event = f"  ← {same[0].event}" if same[0].event else ""
    terminal.show(begins, f"{same[0].owner:<12}  {channels}{event}", (f"  {claims}" if claims else "", DIM))


def _show_faults(terminal: Terminal, found: Touchpoints) -> None:
    if found.gaps or found.duplicates:
        terminal.show("")
    for stage, gaps in groupby(found.gaps, key=lambda gap: gap.stage):
        channels = ", ".join(terminal.translate(NAMES[gap.channel]) for gap in gaps)
        terminal.say(
            "Gap: {stage} has nothing on {channels}.", stage=terminal.translate(STAGES[stage]), channels=channels
        )
    alike: dict[object, list[Duplicate]] = {}
    for one in found.duplicates:
        alike.setdefault((one.why, one.ids, one.event, one.stage, one.facts), []).append(one)
    for first, *others in alike.values():
        terminal.say(
            TWICE[first.why],
            event=first.event,
            stage=terminal.translate(STAGES[first.stage]) if first.stage else "",
            channels=", ".join(terminal.translate(NAMES[one.channel]) for one in (first, *others)),
            names=", ".join(first.ids),
            facts=", ".join(first.facts),
        )
