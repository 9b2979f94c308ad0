"""A preview for people: four voices side by side, and the claims that each of them states."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from orchestrator.cli.channel_names import NAMES
from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.cli.terminal import Terminal
    from orchestrator.domain.message import Rendered
    from orchestrator.previews import Preview

MARGIN = "  "
LABEL_WIDTH = 10
MEASURE_WIDTH = 20

# What the provider allows in a template's body.
WHATSAPP_LENGTH_MAX = 1_024


def show_preview(terminal: Terminal, preview: Preview, *, in_full: bool) -> None:
    """Every channel in a few lines; one that was asked for, in full."""
    _show_title(terminal, preview)
    terminal.show("")
    for channel, said in preview.said.items():
        _show_channel(terminal, channel, said, in_full=in_full)
    _show_claims(terminal, preview)
    if preview.examples:
        names = ", ".join(preview.examples)
        told = terminal.words("The persona does not say these, the examples do: {names}", names=names)
        terminal.show("")
        terminal.show((told, DIM))


def _show_title(terminal: Terminal, preview: Preview) -> None:
    message = preview.message
    about = terminal.words(
        " · {message} · topic {topic} ({purpose}) · persona {persona}",
        message=message.id,
        topic=message.topic,
        purpose=terminal.translate(preview.purpose),
        persona=preview.persona.customer.get("first_name", preview.persona.id),
    )
    terminal.show((message.title, STRONG), about)


# --- a channel ------------------------------------------------------------------------------------------------------


def _show_channel(terminal: Terminal, channel: Channel, said: Rendered | InputError | None, *, in_full: bool) -> None:
    label = terminal.translate(NAMES[channel])
    if said is None:
        _show_block(terminal, label, [terminal.words("says nothing here, on purpose")], "", style=DIM)
    elif isinstance(said, InputError):
        remedy = said.remedy(terminal.translate)
        each = [f"· {field.told(terminal.translate)}" for field in said.fields] if len(said.fields) > 1 else []
        told = [f"✖ {said.told(terminal.translate)}", *each, *([remedy] if remedy else [])]
        _show_block(terminal, label, told, "", style=BAD)
    else:
        _show_block(terminal, label, _lines(said, in_full=in_full), _measure(terminal, said))


def _lines(said: Rendered, *, in_full: bool) -> list[str]:
    if said.channel is Channel.EMAIL:
        head = [said.subject, *([said.preheader] if said.preheader else [])]
        return [*head, "", *said.text.split("\n")] if in_full else head
    lines = [*([said.title] if said.title else []), *said.text.split("\n")]
    if said.buttons:
        lines.append(" ".join(f"[{button.label}]" for button in said.buttons))
    if in_full:
        lines += [f"{button.label}: {button.url}" for button in said.buttons if button.url]
        lines += [said.url] if said.url else []
    return lines


def _measure(terminal: Terminal, said: Rendered) -> str:
    """What a channel counts."""
    match said.channel:
        case Channel.EMAIL:
            return terminal.words("subject {length}", length=len(said.subject))
        case Channel.WHATSAPP:
            return f"{len(said.text)}/{WHATSAPP_LENGTH_MAX}"
        case Channel.SMS:
            segments = (
                terminal.words("1 segment") if said.segments == 1
                else terminal.words("{segments} segments", segments=said.segments)
            )  # fmt: skip
            return f"{segments}, {said.encoding}"
        case Channel.PUSH:
            return f"{len(said.title)} + {len(said.text)}"


def _show_block(terminal: Terminal, label: str, lines: list[str], measure: str, *, style: str = "") -> None:
    """The label once, the text beside it, and at the right of its first line what it measures."""
    width = terminal.width - len(MARGIN) - LABEL_WIDTH - MEASURE_WIDTH
    wrapped = [part for line in lines for part in (textwrap.wrap(line, width, break_long_words=False) or [""])]
    for number, line in enumerate(wrapped):
        left = Text.assemble(MARGIN, (f"{label if number == 0 else '':<{LABEL_WIDTH}}", STRONG), (line, style))
        if number == 0 and measure:
            left.append(" " * max(2, width - cell_len(line)))
            left.append(f"{measure:>{MEASURE_WIDTH}}", DIM)
        left.rstrip()
        terminal.show(left)


# --- claims ---------------------------------------------------------------------------------------------------------


def _show_claims(terminal: Terminal, preview: Preview) -> None:
    """Every value that is committed to, where it comes from, and which channels state it."""
    claims = preview.claims
    if not claims:
        return
    terminal.show("")
    rows = [next(iter(stated.values())) for stated in claims.values()]
    name_width, value_width, fact_width = (
        max(len(getattr(row, column)) for row in rows) + 2 for column in ("name", "value", "fact")
    )
    for number, row in enumerate(rows):
        label = terminal.words("Claims") if number == 0 else ""
        line = Text.assemble(MARGIN, (f"{label:<{LABEL_WIDTH}}", STRONG), f"{row.name:<{name_width}}")
        line.append(f"{row.value:<{value_width}}").append(f"{row.fact:<{fact_width}}", DIM)
        for channel in preview.rendered:
            if channel in claims[row.name]:
                line.append(f"  {channel.value} ").append("✔", GOOD)
        if row.superseded:
            line.append("  " + terminal.words("(superseded)"), DIM)
        terminal.show(line)


# --- all of them ----------------------------------------------------------------------------------------------------


def show_matrix(terminal: Terminal, previews: Sequence[Preview], channels: Sequence[Channel]) -> None:
    """One line a preview, one column a channel."""
    width = max(len(_row_name(one)) for one in previews) + 2
    head = "".join(f"{terminal.translate(NAMES[channel]):<22}" for channel in channels)
    terminal.show((" " * width + head.rstrip(), STRONG))
    for one in previews:
        line = Text(f"{_row_name(one):<{width}}")
        for channel in channels:
            mark, style, words = _cell(terminal, one.said[channel])
            line.append(mark, style).append(f" {words:<20}")
        line.rstrip()
        terminal.show(line)
    bad = sum(not one.good for one in previews)
    terminal.show("")
    if bad:
        terminal.say("{bad} of {count} cannot be said everywhere. Look at one: jogral preview MESSAGE", bad=bad,
                     count=len(previews))  # fmt: skip
    else:
        terminal.say("{count} previews, all can be said.", count=len(previews))


def _row_name(preview: Preview) -> str:
    return f"{preview.message.id} · {preview.persona.id}"


def _cell(terminal: Terminal, said: Rendered | InputError | None) -> tuple[str, str, str]:
    if said is None:
        return "·", DIM, ""
    if isinstance(said, InputError):
        return "✖", BAD, said.code
    return "✔", GOOD, _measure(terminal, said)
