"""Templates as providers have them: of each thing that a provider decides, its newest word counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, or_, select, update

from orchestrator.domain.delivery import State
from orchestrator.store import bulk
from orchestrator.store.port.templates import APPROVED, AWAITING, DELETED, HeardTemplate, ProviderTemplate
from orchestrator.store.tables import DEFERRED_ROWS, deliveries, provider_templates

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from orchestrator.contract.notices import TemplateNews
    from orchestrator.domain.time import Instant

_TABLE = provider_templates.c
_KEY = ("account", "name", "language")
_COLUMNS = (
    *_KEY, "message", "locale", "release_id", "template_id", "category", "status", "quality", "reason", "content",
    "submitted_at", "approved_at", "status_at", "category_at", "quality_at",
)  # fmt: skip

# Its event says that it came back from a rest; what it is then, is approved.
_STATUSES = {"reinstated": APPROVED}


class SqlTemplates:
    """See `port.Templates`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, templates: Sequence[ProviderTemplate]) -> None:
        # Whatever the provider says of it from now on is newer, whichever of our two clocks is ahead.
        rows = [
            (
                one.account, one.name, one.language, one.message, one.locale, one.release_id, one.template_id,
                one.category, one.status, one.quality, one.reason, one.content, one.submitted_at, one.approved_at,
                0, 0, 0,
            )
            for one in sorted(templates, key=lambda one: (one.account, one.name, one.language))
        ]  # fmt: skip
        gone = f"{provider_templates.name}.status = '{DELETED}'"
        bulk.upsert(self._connection, provider_templates, _COLUMNS, _KEY, rows, where=gone, letters=True)

    def said_by(self, templates: Sequence[ProviderTemplate]) -> None:
        for one in templates:
            self._connection.execute(
                update(provider_templates)
                .where(_TABLE.account == one.account, _TABLE.name == one.name, _TABLE.language == one.language)
                .values(message=one.message, locale=one.locale, release_id=one.release_id, content=one.content)
            )

    def hear(self, account: str, news: Sequence[TemplateNews]) -> list[HeardTemplate]:
        changed: dict[tuple[str, str, str], HeardTemplate] = {}
        for one in news:
            for row in self._meant(account, one):
                found = self._apply(row, one)
                if found is not None:
                    key = (row.account, row.name, row.language)
                    first = changed.get(key)
                    changed[key] = found if first is None else HeardTemplate(first.before, found.after)
        return list(changed.values())

    def of_messages(self, messages: Collection[str], accounts: Collection[str]) -> list[ProviderTemplate]:
        wanted = (
            select(provider_templates)
            .where(
                bulk.among(self._connection, _TABLE.message, messages),
                bulk.among(self._connection, _TABLE.account, accounts),
            )
            .order_by(_TABLE.submitted_at.desc(), _TABLE.name)
        )
        return [_template(row) for row in self._connection.execute(wanted)]

    def all(self, account: str | None = None) -> list[ProviderTemplate]:
        wanted = select(provider_templates).order_by(_TABLE.account, _TABLE.message, _TABLE.name, _TABLE.language)
        if account is not None:
            wanted = wanted.where(_TABLE.account == account)
        return [_template(row) for row in self._connection.execute(wanted)]

    def wake(self, messages: Collection[str], at: Instant, business_now: Instant) -> dict[str, int]:
        lanes = self._connection.scalars(
            update(deliveries)
            .where(
                DEFERRED_ROWS,
                deliveries.c.reason == AWAITING,
                bulk.among(self._connection, deliveries.c.message, messages),
            )
            .values(state=State.ACCEPTED.value, reason="", detail="", next_action_at=at, due_at=business_now)
            .returning(deliveries.c.lane)
        )
        return dict(Counter(lanes))

    # --- news ---------------------------------------------------------------------------------------------------------

    def _meant(self, account: str, news: TemplateNews) -> Sequence[Row[Any]]:
        """The rows that it is about, locked. Several numbers of one business share their templates, by one id."""
        theirs: ColumnElement[bool] = and_(
            _TABLE.account == account, _TABLE.name == news.name, _TABLE.language == news.language
        )
        if news.template_id:
            theirs = or_(
                and_(theirs, _TABLE.template_id.in_(("", news.template_id))), _TABLE.template_id == news.template_id
            )
        wanted = select(provider_templates).where(theirs).order_by(*(_TABLE[name] for name in _KEY))
        return self._connection.execute(wanted.with_for_update()).all()

    def _apply(self, row: Row[Any], news: TemplateNews) -> HeardTemplate | None:
        told = _told(row, news)
        if not told:
            return None
        self._connection.execute(
            update(provider_templates)
            .where(_TABLE.account == row.account, _TABLE.name == row.name, _TABLE.language == row.language)
            .values(told)
        )
        found = HeardTemplate(_template(row), _template(row, **told))
        return found if found.before != found.after else None


def _told(row: Row[Any], news: TemplateNews) -> dict[str, Any]:
    """The columns that news changes, and what they become."""
    told: dict[str, Any] = {"template_id": news.template_id} if news.template_id and not row.template_id else {}
    status = _STATUSES.get(news.status, news.status)
    if status and news.at >= row.status_at:
        told |= {"status": status, "reason": news.reason, "status_at": news.at}
        if status == APPROVED and row.approved_at is None:
            told["approved_at"] = news.at
    if news.category and news.at >= row.category_at:
        told |= {"category": news.category, "category_at": news.at}
    if news.quality and news.at >= row.quality_at:
        told |= {"quality": news.quality, "quality_at": news.at}
    return told


_KEPT = frozenset(ProviderTemplate.__dataclass_fields__)


def _template(row: Row[Any], **changed: Any) -> ProviderTemplate:
    values = {**row._mapping, **changed}
    return ProviderTemplate(**{name: value for name, value in values.items() if name in _KEPT})
