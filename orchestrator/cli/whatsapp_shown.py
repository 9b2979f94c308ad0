"""WhatsApp templates on a terminal: a line each, in columns, and what Meta says of them in words."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.cli.terminal import BAD, DIM, GOOD, STRONG
from orchestrator.decide.conversing import MARKETING
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.cli.terminal import Terminal
    from orchestrator.dispatch.wanted_templates import WantedTemplate
    from orchestrator.store.port import ProviderTemplate

# Meta's words in lower case → ours; one of a later version stands for itself.
STATUSES: Final[Mapping[str, str]] = {
    "approved": mark("approved"),
    "reinstated": mark("approved again"),
    "pending": mark("pending"),
    "in_appeal": mark("in appeal"),
    "rejected": mark("rejected"),
    "paused": mark("paused"),
    "disabled": mark("disabled"),
    "flagged": mark("flagged"),
    "locked": mark("locked"),
    "limit_exceeded": mark("over the limit"),
    "pending_deletion": mark("being deleted"),
    "deleted": mark("deleted"),
    "archived": mark("archived"),
    "unarchived": mark("unarchived"),
    "missing": mark("missing"),
    "mismatched": mark("mismatched"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    "marketing": mark("marketing"),
    "utility": mark("utility"),
    "authentication": mark("authentication"),
}
QUALITIES: Final[Mapping[str, str]] = {
    "green": mark("high quality"),
    "yellow": mark("medium quality"),
    "red": mark("low quality"),
}

# Our own reasons, which `--json` names; those of Meta stand for themselves.
REASONS: Final[Mapping[str, str]] = {
    "refused_at_send": mark("a message was refused for it when it was sent (refused_at_send)"),
    "components_updated": mark("it was changed at Meta (components_updated)"),
}

# What is only waited for is no trouble.
WAITED_FOR: Final = frozenset({"", "pending", "in_appeal", "reinstated", "unarchived"})

SUBMITTED: Final = ("✔", GOOD)
TO_DO: Final = ("→", STRONG)
QUIET: Final = ("·", DIM)
TO_LOOK_AT: Final = ("!", "yellow")
TROUBLE: Final = ("✖", BAD)

# What somebody has to do something about stands last, beside the sums.
_GRAVENESS: Final = (SUBMITTED, QUIET, TO_DO, TO_LOOK_AT, TROUBLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One template: its sign, what stands in its columns, and what is said below it."""

    sign: tuple[str, str]
    message: str
    name: str
    language: str
    account: str
    told: str
    below: tuple[str, ...] = ()


def sign_of(status: str, *, current: bool = True) -> tuple[str, str]:
    """How grave a status is; words that are not today's trouble nobody."""
    if status == "approved":
        return SUBMITTED
    return QUIET if status in WAITED_FOR or not current else TROUBLE


def standing(terminal: Terminal, status: str, category: str, quality: str) -> str:
    """What Meta says of a template, in words."""
    tables = ((STATUSES, status), (CATEGORIES, category), (QUALITIES, quality))
    return " · ".join(terminal.translate(table.get(word, word)) for table, word in tables if word)


def reason_words(terminal: Terminal, reason: str) -> str:
    """Why it stands so."""
    return terminal.translate(REASONS.get(reason, reason))


def change_words(terminal: Terminal, before: ProviderTemplate, after: ProviderTemplate) -> str:
    """Only what is another now: `approved → paused`; what Meta had not said before has no `before`."""
    parts: tuple[tuple[Mapping[str, str], str, str], ...] = (
        (STATUSES, before.status, after.status),
        (CATEGORIES, before.category, after.category),
        (QUALITIES, before.quality, after.quality),
        (REASONS, before.reason, after.reason),
    )
    return " · ".join(
        " → ".join(terminal.translate(table.get(word, word)) for word in (was, now) if word)
        for table, was, now in parts
        if was != now and now
    )


def promotes(category: str, wanted: WantedTemplate) -> bool:
    """Whether Meta takes for advertising what its file calls service; the other way round nothing follows from it."""
    return category == MARKETING != wanted.category


def promoting(terminal: Terminal) -> str:
    """What follows from that."""
    return terminal.words("Meta takes it for marketing: whoever has not agreed to that topic is not sent it here.")


def standings(
    terminal: Terminal,
    rows: Sequence[ProviderTemplate],
    wanted: Mapping[tuple[str, str], WantedTemplate],
    missing: Sequence[tuple[WantedTemplate, str]],
) -> list[Line]:
    """Every template of the ledger, and those that are `missing` in it. `wanted` are today's, by name and language."""
    lines = [_standing(terminal, row, wanted.get((row.name, row.language))) for row in rows]
    unsent = terminal.words("not submitted")
    return lines + [
        Line(sign=TO_DO, message=one.message, name=one.key[0], language=one.key[1], account=account, told=unsent)
        for one, account in missing
    ]


def _standing(terminal: Terminal, row: ProviderTemplate, wanted: WantedTemplate | None) -> Line:
    told = [standing(terminal, row.status, row.category, row.quality)]
    told += [terminal.words("earlier words")] if wanted is None else []
    promoted = wanted is not None and promotes(row.category, wanted)
    below = ([reason_words(terminal, row.reason)] if row.reason else []) + ([promoting(terminal)] if promoted else [])
    sign = TO_LOOK_AT if promoted and row.approved else sign_of(row.status, current=wanted is not None)
    return Line(
        sign=sign, message=row.message, name=row.name, language=row.language, account=row.account,
        told=" · ".join(filter(None, told)), below=tuple(below),
    )  # fmt: skip


def show_lines(terminal: Terminal, lines: Sequence[Line]) -> None:
    """In columns, by message, the graver the later. The account is named where there are several."""
    name, language = (max((len(one) for one in column), default=0) for column in _columns(lines))
    several = len({one.account for one in lines}) > 1
    account = max((len(one.account) for one in lines), default=0)
    for one in sorted(lines, key=_place):
        place = f"{one.account:<{account}}  " if several else ""
        sign, style = one.sign
        terminal.show(
            (f"{sign} ", style), (f"{one.name:<{name}}", STRONG), f"  {one.language:<{language}}  ", place, one.told
        )
        for words in one.below:
            for part in textwrap.wrap(words, terminal.width - len(_UNDER)):
                terminal.show(_UNDER, (part, DIM))


_UNDER: Final = "    "


def _place(one: Line) -> tuple[int, str, str, str]:
    return _GRAVENESS.index(one.sign), one.message, one.language, one.account


def _columns(lines: Sequence[Line]) -> tuple[list[str], list[str]]:
    return [one.name for one in lines], [one.language for one in lines]
