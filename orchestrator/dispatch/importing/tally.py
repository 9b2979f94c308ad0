"""What an import did, as far as it has come: kept with its place in the file, so that a second start goes on there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

# What becomes of a row: exactly one of these.
CREATED, CHANGED, UNCHANGED, QUARANTINED = "created", "changed", "unchanged", "quarantined"
ROWS = (CREATED, CHANGED, UNCHANGED, QUARANTINED)

# Rows of people who were erased, and to whom nothing is written: counted among the others too.
ERASED = "erased"

# What becomes of what a row says about a topic: exactly one of these, for each channel but the last two.
GRANTED, WITHDRAWN, REPEATED, OPTED_OUT = "granted", "withdrawn", "repeated", "opted_out"
UNPROVEN, UNCLEAR = "unproven", "unclear"
CONSENTS = (GRANTED, WITHDRAWN, REPEATED, OPTED_OUT, UNPROVEN, UNCLEAR)

# More sorts of mistakes than this in one file are told as one.
REASONS_MAX = 100


class Met(NamedTuple):
    """How often a reason was met, and on which line first."""

    times: int
    line: int


@dataclass(kw_only=True)
class Tally:
    """Rows and consents by what became of them, and why not all came in."""

    counts: Counter[str] = field(default_factory=Counter)
    kept_aside: dict[str, Met] = field(default_factory=dict)
    without_proof: dict[str, Met] = field(default_factory=dict)
    not_understood: dict[str, Met] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return sum(self.counts[name] for name in ROWS)

    def keep_aside(self, reason: str, line: int) -> None:
        """A row stays out."""
        self.counts[QUARANTINED] += 1
        _meet(self.kept_aside, reason, line)

    def doubt(self, reason: str, line: int) -> None:
        """A consent stays out, and its person comes in."""
        self.counts[UNPROVEN] += 1
        _meet(self.without_proof, reason, line)

    def wonder(self, word: str, line: int) -> None:
        """Nobody knows whether a row says yes or no: it grants nothing."""
        self.counts[UNCLEAR] += 1
        _meet(self.not_understood, word, line)

    @property
    def numbers(self) -> dict[str, int]:
        """What became of how many rows and consents."""
        return {name: self.counts[name] for name in (*ROWS, ERASED, *CONSENTS)}

    @property
    def document(self) -> dict[str, Any]:
        """As the ledger and `--json` hold it."""
        return {
            "rows": self.rows,
            **{name: self.counts[name] for name in (*ROWS, ERASED)},
            "consents": {name: self.counts[name] for name in CONSENTS},
            "kept_aside": _listed(self.kept_aside),
            "without_proof": _listed(self.without_proof),
            "not_understood": _listed(self.not_understood),
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """What an earlier start counted."""
        # What an earlier version did not count is nought.
        counted = {**{name: document.get(name, 0) for name in (*ROWS, ERASED)}, **document["consents"]}
        return cls(
            counts=Counter(counted),
            kept_aside=_reasons(document["kept_aside"]),
            without_proof=_reasons(document["without_proof"]),
            not_understood=_reasons(document.get("not_understood", [])),
        )


def _meet(reasons: dict[str, Met], reason: str, line: int) -> None:
    if reason not in reasons and len(reasons) >= REASONS_MAX:
        reason = "…"
    known = reasons.get(reason, Met(0, line))
    reasons[reason] = Met(known.times + 1, known.line)


def _listed(reasons: Mapping[str, Met]) -> list[dict[str, Any]]:
    return [{"reason": reason, "count": met.times, "first_line": met.line} for reason, met in reasons.items()]


def _reasons(listed: list[dict[str, Any]]) -> dict[str, Met]:
    return {one["reason"]: Met(one["count"], one["first_line"]) for one in listed}
