"""What people asked for, and until when it is due."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, select, text, update

from orchestrator.domain.customer import AddressKind
from orchestrator.domain.privacy import PrivacyRequest, RequestKind, RequestState
from orchestrator.store import bulk
from orchestrator.store.people_tables import privacy_requests

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Row

    from orchestrator.domain.time import Instant

_TABLE = privacy_requests.c
_COLUMNS = tuple(field.name for field in fields(PrivacyRequest))
_JSON = frozenset({"customer_ids", "details", "result"})
# As the index says it: see `tables.CLAIMABLE_ROWS`.
_OPEN = text("privacy_requests.completed_at IS NULL")


class SqlPrivacyRequests:
    """See `port.PrivacyRequests`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, request: PrivacyRequest) -> None:
        row = _row(request)
        bulk.insert(
            self._connection,
            privacy_requests,
            _COLUMNS,
            [tuple(bulk.dumps(row[name]) if name in _JSON else row[name] for name in _COLUMNS)],
        )

    def put(self, request: PrivacyRequest) -> None:
        self._connection.execute(update(privacy_requests).where(_TABLE.id == request.id).values(_row(request)))

    def get(self, request_id: str, *, lock: bool = False) -> PrivacyRequest | None:
        wanted = select(privacy_requests).where(_TABLE.id == request_id)
        row = self._connection.execute(wanted.with_for_update() if lock else wanted).first()
        return None if row is None else _request(row)

    def page(self, after: str, limit: int, filters: Mapping[str, str] | None = None) -> list[PrivacyRequest]:
        conditions = [_TABLE[name] == value for name, value in (filters or {}).items()]
        wanted = select(privacy_requests).where(_TABLE.id > after, *conditions).order_by(_TABLE.id).limit(limit)
        return [_request(row) for row in self._connection.execute(wanted)]

    def proven(self, limit: int) -> list[PrivacyRequest]:
        return self._open(limit, _TABLE.state == RequestState.VERIFIED.value)

    def unproven(self, before: Instant, limit: int) -> list[PrivacyRequest]:
        return self._open(limit, _TABLE.state == RequestState.OPENED.value, _TABLE.opened_at < before)

    def _open(self, limit: int, *conditions: ColumnElement[bool]) -> list[PrivacyRequest]:
        wanted = select(privacy_requests).where(_OPEN, *conditions).order_by(_TABLE.due_at, _TABLE.id).limit(limit)
        return [_request(row) for row in self._connection.execute(wanted)]

    def unclean(self) -> list[PrivacyRequest]:
        erased = select(privacy_requests).where(
            _TABLE.kind == RequestKind.ERASE.value, _TABLE.result["overwritten"].as_boolean().is_(False)
        )
        return [_request(row) for row in self._connection.execute(erased)]

    def count_since(self, digest: str, since: Instant) -> int:
        wanted = select(func.count()).where(_TABLE.digest == digest, _TABLE.opened_at >= since)
        return self._connection.scalars(wanted).one()

    def about(self, customer_ids: Collection[str], digests: Collection[str]) -> list[PrivacyRequest]:
        # Read in Python: the two databases look into a list of JSON in different ways, and requests are few.
        wanted = select(privacy_requests).order_by(_TABLE.id)
        found = (_request(row) for row in self._connection.execute(wanted))
        return [one for one in found if one.digest in digests or not set(customer_ids).isdisjoint(one.customer_ids)]

    def forget_expired(self, before: Instant) -> int:
        expired = (_TABLE.state == RequestState.EXPIRED.value, _TABLE.completed_at < before)
        return self._connection.execute(delete(privacy_requests).where(*expired)).rowcount


def _row(request: PrivacyRequest) -> dict[str, Any]:
    row = {name: getattr(request, name) for name in _COLUMNS}
    return row | {
        "kind": request.kind.value,
        "state": request.state.value,
        "contact_kind": request.contact_kind.value,
        "customer_ids": list(request.customer_ids),
        "details": dict(request.details),
        "result": dict(request.result),
    }


def _request(row: Row[Any]) -> PrivacyRequest:
    columns = dict(row._mapping)
    return PrivacyRequest(
        **columns
        | {
            "kind": RequestKind(columns["kind"]),
            "state": RequestState(columns["state"]),
            "contact_kind": AddressKind(columns["contact_kind"]),
            "customer_ids": tuple(columns["customer_ids"]),
        }
    )
