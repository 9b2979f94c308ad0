"""Events, the objects that they change, and the runs that they start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select, text, tuple_, union_all

from orchestrator.domain.object import Object
from orchestrator.journeys.run import Ending
from orchestrator.store import bulk
from orchestrator.store.port import StoredEvent
from orchestrator.store.tables import events, exit_marks, objects, runs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy import Connection

    from orchestrator.domain.time import Instant
    from orchestrator.store.port import ExitMark


class SqlEvents:
    """See `port.Events`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], StoredEvent]:
        rows = self._connection.execute(
            select(events).where(tuple_(events.c.source, events.c.source_id).in_(list(pairs)))
        )
        return {(row.source, row.source_id): StoredEvent(**row._mapping) for row in rows}

    def add(self, new: Sequence[StoredEvent]) -> None:
        bulk.insert(
            self._connection,
            events,
            (
                "id",
                "source",
                "source_id",
                "type",
                "customer_id",
                "objects",
                "data",
                "body_hash",
                "occurred_at",
                "received_at",
            ),
            [
                (
                    one.id,
                    one.source,
                    one.source_id,
                    one.type,
                    one.customer_id,
                    bulk.dumps(dict(one.objects)),
                    bulk.dumps(dict(one.data)),
                    one.body_hash,
                    one.occurred_at,
                    one.received_at,
                )
                for one in new
            ],
        )

    def objects(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Object]:
        found: dict[tuple[str, str], Object] = {}
        for kind in {kind for kind, _ in references}:
            ids = [object_id for of_kind, object_id in references if of_kind == kind]
            wanted = select(objects.c.id, objects.c.customer_id, objects.c.data, objects.c.field_times).where(
                objects.c.kind == kind, bulk.among(self._connection, objects.c.id, ids)
            )
            for object_id, customer_id, data, field_times in bulk.fetch(self._connection, wanted):
                found[(kind, object_id)] = Object(
                    kind=kind, id=object_id, customer_id=customer_id, data=data, field_times=field_times
                )
        return found

    def data_of(self, references: Collection[tuple[str, str]]) -> dict[tuple[str, str], Mapping[str, Any]]:
        ids: dict[str, list[str]] = {}
        for kind, object_id in references:
            ids.setdefault(kind, []).append(object_id)
        return {
            (kind, object_id): data
            for kind, wanted in ids.items()
            for object_id, data in _DATA.rows(self._connection, kind=kind, ids=wanted)
        }

    def put_objects(self, changed: Sequence[Object], at: Instant) -> None:
        bulk.upsert(
            self._connection,
            objects,
            ("kind", "id", "customer_id", "data", "field_times", "updated_at"),
            ("kind", "id"),
            [
                (one.kind, one.id, one.customer_id, bulk.dumps(dict(one.data)), bulk.dumps(dict(one.field_times)), at)
                for one in changed
            ],
        )

    def past(self, customer_ids: Collection[str], types: Collection[str], since: Instant) -> list[StoredEvent]:
        rows = self._connection.execute(
            select(events)
            .where(
                bulk.among(self._connection, events.c.customer_id, customer_ids),
                events.c.type.in_(sorted(types)),
                events.c.occurred_at >= since,
            )
            .order_by(events.c.occurred_at, events.c.id)
        )
        return [StoredEvent(**row._mapping) for row in rows]

    def add_exit_marks(self, marks: Sequence[ExitMark]) -> None:
        bulk.insert_missing(
            self._connection,
            exit_marks,
            ("journey", "customer_id", "key", "event_id", "event_type", "at"),
            [(one.journey, one.customer_id, one.key, one.event_id, one.event_type, one.at) for one in marks],
        )

    def exits(self, run_ids: Collection[str]) -> dict[str, str]:
        asked = bulk.among(self._connection, runs.c.id, run_ids)
        # By a slow clock it was over before it began: the mark does not say so then, and the run does.
        ended = select(runs.c.id, runs.c.note.label("event_type"), runs.c.ended_at.label("at")).where(
            asked, runs.c.ending == Ending.EXIT_EVENT.value
        )
        marked = (
            select(runs.c.id, exit_marks.c.event_type, exit_marks.c.at)
            .join(
                exit_marks,
                and_(exit_marks.c.journey == runs.c.journey, exit_marks.c.customer_id == runs.c.customer_id),
            )
            .where(
                asked,
                exit_marks.c.key.in_(["", runs.c.key]),
                exit_marks.c.at >= runs.c.started_at,
                # What began the run does not end it.
                or_(runs.c.event_id.is_(None), exit_marks.c.event_id != runs.c.event_id),
            )
        )
        rows = self._connection.execute(union_all(ended, marked).order_by(text("at DESC, event_type DESC")))
        return {row.id: row.event_type for row in rows}


_DATA = bulk.Question(
    lambda dialect: select(objects.c.id, objects.c.data).where(
        objects.c.kind == bindparam("kind"), bulk.given(dialect, objects.c.id, "ids")
    )
)
