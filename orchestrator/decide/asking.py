"""What is asked about one request, and what every gate shares: the sides it is looked at from, its end, its trace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from orchestrator.domain.delivery import PRIORITIES, State
from orchestrator.domain.message import Purpose
from orchestrator.domain.verdict import Drop, Step
from orchestrator.zones import zone_of

if TYPE_CHECKING:
    from orchestrator.decide.given import Backing, Circumstances, Rules
    from orchestrator.domain.customer import Channel, Standing
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Verdict, Wait

TOO_LATE: Final = Drop(State.EXPIRED, "not_after")

# The same few steps are taken for every request, twice: each is made once.
_step = lru_cache(maxsize=4_096)(Step)


@dataclass(frozen=True, slots=True)
class Next:
    """Not on this channel: ask the next. What becomes of the request when there is none."""

    otherwise: Verdict


class Asking:
    """One request with the five sides from which it is looked at, and the trace of what the gates said.

    `counted` are the channels on which a frequency cap counts it: channel → the customer's own date.
    """

    __slots__ = (
        "_zone", "backing", "circumstances", "counted", "now", "request", "rules", "standing", "trace",
    )  # fmt: skip

    def __init__(  # as `decide`
        self,
        request: Request,
        standing: Standing,
        rules: Rules,
        now: Instant,
        backing: Backing,
        circumstances: Circumstances,
    ) -> None:
        self.request = request
        self.standing = standing
        self.rules = rules
        self.now = now
        self.backing = backing
        self.circumstances = circumstances
        self.counted: dict[Channel, str] = {}
        self.trace: list[Step] = []
        self._zone = ""

    @property
    def urgent(self) -> bool:
        """A step may say so of transactional messages; marketing never passes quiet hours or caps."""
        return self.request.priority == "high" and self.request.purpose is Purpose.TRANSACTIONAL

    @property
    def behind(self) -> int:
        """Milliseconds by which it comes due behind others: of those that compete, they are claimed first."""
        return int(self.request.priority == PRIORITIES[-1])

    @property
    def zone(self) -> str:
        """The customer's."""
        self._zone = self._zone or zone_of(self.standing.customer, self.rules.time_zone)
        return self._zone

    def ends(self, *, promised: bool) -> Instant | None:
        """The last instant at which it may be sent; with what it promises, where that counts."""
        ends = self.backing.ends if promised else None
        last = self.request.not_after
        return ends if last is None else last if ends is None else min(last, ends)

    def ended_by(self, then: Instant) -> bool:
        """Whether it would be too late by then."""
        ends = self.ends(promised=True)
        return ends is not None and then > ends

    # --- what a gate says ---------------------------------------------------------------------------------------------

    def passed(self, gate: str, detail: str = "", channel: str = "") -> Verdict | None:
        """Nothing stands in the way here: the next gate is asked."""
        self.trace.append(_step(gate, "pass", detail, channel))
        return None

    def stop(self, gate: str, detail: str, verdict: Verdict, channel: str = "") -> Verdict:
        """This is what becomes of it, whatever the channel."""
        self.trace.append(_step(gate, "stop", detail, channel))
        return verdict

    def next(self, gate: str, detail: str, channel: Channel, otherwise: Verdict) -> Next:
        """Not on this channel."""
        self.trace.append(_step(gate, "next", detail, channel))
        return Next(otherwise)

    def wait(self, gate: str, detail: str, channel: Channel, wait: Wait) -> Verdict:
        """Later; to wait beyond the end is to be too late already."""
        if self.ended_by(wait.until):
            return self.stop(gate, detail, TOO_LATE, channel)
        self.trace.append(_step(gate, "wait", detail, channel))
        return wait
