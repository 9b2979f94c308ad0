"""The limits of a call, and how far one attempt has come: what decides whether a failure is doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import HttpAnswer


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """Clocks nest: connecting ends before the call, the call before the lease of its row (60 s).

    An idle HTTP connection is given up before most servers would: then it is we who hang up.
    """

    connect_seconds: float = 3
    call_seconds: float = 15
    idle_seconds: float = 15
    connections_per_host: int = 50
    connections_per_smtp_account: int = 5
    answer_bytes_max: int = 65536


class Stale(Exception):
    """A connection was free only after the call's last moment to begin."""


class Attempt:
    """One call on its way.

    `began_at` is when it got its connection; `in_doubt` turns true with the first byte after which a silence could
    hide an acceptance; `heard` is an answer that stands even if the rest of it never comes.
    """

    __slots__ = ("_begin_before", "_may_begin", "_monotonic", "began_at", "heard", "in_doubt")

    def __init__(
        self,
        monotonic: Callable[[], float],
        begin_before: float | None = None,
        may_begin: Callable[[], bool] | None = None,
    ) -> None:
        self._monotonic = monotonic
        self._begin_before = begin_before
        self._may_begin = may_begin
        self.began_at: float | None = None
        self.in_doubt = False
        self.heard: HttpAnswer | None = None

    def ensure_fresh(self) -> float:
        """The monotonic second.

        Raises:
            Stale: the call waited too long, and may not begin any more.
        """
        now = self._monotonic()
        if self._begin_before is not None and now > self._begin_before:
            raise Stale
        return now

    def begin(self) -> None:
        """With the connection in hand, just before the first byte: allowed and fresh, or not at all.

        Raises:
            Stale: it may not begin any more.
        """
        # In this order: whoever is stopped in between is late afterwards, and what was asked has taken note.
        if self._may_begin is not None and not self._may_begin():
            raise Stale
        self.began_at = self.ensure_fresh()
