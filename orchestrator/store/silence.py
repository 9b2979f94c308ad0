"""Whom a suppression binds: everybody who has the address; of a STOP, all but those who came back by their own act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, or_

from orchestrator.consent import STOP
from orchestrator.store.people_tables import returns
from orchestrator.store.tables import customers, suppressions

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def binds(customer_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a row of `suppressions` binds this customer."""
    return or_(suppressions.c.reason != STOP, ~exists().where(_from_there(), returns.c.customer_id == customer_id))


def bound(customer_id: ColumnElement[str], at: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether it bound them at this time: what they did before they became one with somebody counts as theirs."""
    theirs = or_(customers.c.id == customer_id, customers.c.merged_into == customer_id)
    came_back = exists().where(_from_there(), returns.c.at <= at, returns.c.customer_id == customers.c.id, theirs)
    return or_(suppressions.c.reason != STOP, ~came_back.correlate_except(returns, customers))


def _from_there() -> ColumnElement[bool]:
    return (returns.c.address_id == suppressions.c.address_id) & (returns.c.channel == suppressions.c.channel)
