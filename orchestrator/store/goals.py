"""Goals, counted from runs and from what was sent to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from orchestrator.domain.delivery import State
from orchestrator.journeys.run import TRIGGER, Ending
from orchestrator.store.port import Achieved
from orchestrator.store.tables import deliveries, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant

_RUN, _SENT = runs.c, deliveries.c

# Who waits for a silence to begin with, or did not enter after it, has had no run yet.
_ENTERED = and_(
    or_(_RUN.ending.is_(None), _RUN.ending != Ending.NOT_ENTERED.value),
    or_(_RUN.position.is_(None), _RUN.position != TRIGGER),
)

# As many rows are held in memory at a time, however many runs there were.
_ROWS = 1_000

# A doubtful call may have arrived: it counts here, as it does under a frequency cap.
_TOLD = (State.SENT.value, State.UNKNOWN.value)

# In business time, as goals are: when the gate let it go, else when it was due.
_TOLD_AT = func.coalesce(_SENT.reserved_at, _SENT.due_at)


class SqlGoals:
    """See `port.Goals`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def achieved(self, journey: str, *, since: Instant, within: int, now: Instant) -> Achieved:
        still = and_(_RUN.goal_at.is_(None), _RUN.started_at > now - within)
        wanted = select(func.count(), func.count(_RUN.goal_at), func.count(case((still, 1)))).where(
            *_begun(journey, since)
        )
        began, reached, still_open = self._connection.execute(wanted).one()
        return Achieved(runs=began, reached=reached, open=still_open)

    def runs(self, journey: str, *, since: Instant) -> Iterator[tuple[str, bool]]:
        wanted = select(_RUN.customer_id, _RUN.goal_at.is_not(None)).where(*_begun(journey, since))
        rows = self._connection.execute(wanted.execution_options(yield_per=_ROWS))
        return ((customer_id, bool(reached)) for customer_id, reached in rows)

    def achieved_by(self, journey: str, *, since: Instant) -> dict[tuple[str, str], Achieved]:
        reached = case((_RUN.goal_at >= _TOLD_AT, _RUN.id))
        wanted = (
            select(_SENT.message, _SENT.channel, func.count(_RUN.id.distinct()), func.count(reached.distinct()))
            .join(runs, _RUN.id == _SENT.run_id)
            .where(*_begun(journey, since), _SENT.state.in_(_TOLD), _SENT.channel.is_not(None))
            .group_by(_SENT.message, _SENT.channel)
            .order_by(_SENT.message, _SENT.channel)
        )
        rows = self._connection.execute(wanted)
        return {(message, channel): Achieved(runs=told, reached=after) for message, channel, told, after in rows}


def _begun(journey: str, since: Instant) -> tuple[ColumnElement[bool], ...]:
    return _RUN.journey == journey, _RUN.started_at >= since, _ENTERED
