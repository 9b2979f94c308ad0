"""Casa Lume's own messages, said to her own people: what golden files, mutations and hostile names begin with."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import NamedTuple

from orchestrator.catalog.examples import complete_data
from orchestrator.catalog.render import render
from orchestrator.dispatch.promised import book_of, with_facts
from orchestrator.domain.customer import Channel
from orchestrator.domain.time import instant
from orchestrator.project import SHIPPED, Project

LOCALES = ("pt-BR", "en")
TODAY = date(2026, 11, 25)
NOW = instant(datetime(2026, 11, 25, 12, tzinfo=UTC))

# A translation, <id>.<locale>.yaml, is no message of its own.
MESSAGES = sorted(path.stem for path in (SHIPPED / "templates" / "messages").glob("*.yaml") if "." not in path.stem)


# Those that the project's own file names.
NAMED = {"confirm_subscription", "opt_out_confirmed", "privacy_verify", "privacy_done", "your_choices"}


# What becomes of an order, and what turns a file of orders into events.
ORDERS = (
    "olist", "orders_simple",
    "order_confirmed", "order_shipped", "order_late", "order_delivered", "order_cancelled",
)  # fmt: skip


def keep_only(root, *names):
    """Leave a copy of the shop with these messages and journeys alone: what it says is soon checked."""
    for folder in ("messages", "replies", "journeys", "scenarios", "mappings"):
        for path in (root / "templates" / folder).glob("*.yaml"):
            if path.name.partition(".")[0] not in {*names, *NAMED}:
                path.unlink()


class Spoken(NamedTuple):
    """One way of saying one message; `file` is where a person has read and approved it."""

    message: str
    channel: Channel
    locale: str

    def file(self, persona):
        return f"messages/{self.message}/{persona}.{self.locale}.{self.channel.value}"


@cache
def shop():
    """The release: what is sent."""
    return Project(SHIPPED).read()


@cache
def spoken():
    """Every message in every language, on each channel that it is said on."""
    return tuple(
        Spoken(message, channel, locale)
        for message in MESSAGES
        for channel in Channel
        if channel in shop().said_on[message]
        for locale in LOCALES
    )


@cache
def data_of(message, persona, locale):
    """What a message reads of a persona, with the facts of the day. Whoever changes it makes a copy first."""
    published = shop().messages[message]
    known = with_facts(_persona(persona).data, published.claimed, book_of(shop(), {}), NOW, locale)
    return complete_data(published.message, known)


@cache
def _persona(name):
    return Project(SHIPPED).persona(name)


def said(way, persona="ana", data=None):
    """The rendering that a persona would be sent; of other data where some is given."""
    data = data_of(way.message, persona, way.locale) if data is None else data
    return render(shop().messages[way.message], shop().voice, way.locale, way.channel, data, today=TODAY)
