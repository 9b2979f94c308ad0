"""An export as one page of HTML that is read without us: no script, no picture, nothing from the network."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import filled
from orchestrator.translations import mark, translator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Table → what a person calls it, in the order in which they would ask.
_TITLES = {
    "customers": mark("Who you are to us"),
    "customer_ids": mark("What other systems call you"),
    "addresses": mark("Where we can reach you"),
    "customer_addresses": mark("In which order you prefer these addresses"),
    "profile_values": mark("Where each part of your profile came from"),
    "consent_state": mark("What you allow now"),
    "consent_events": mark("What you allowed and withdrew, with the proof"),
    "suppressions": mark("Addresses that we do not write to"),
    "rests": mark("Addresses where messages failed lately"),
    "pauses": mark("Pauses of our messages"),
    "deliveries": mark("Messages to you"),
    "renderings": mark("The words of these messages"),
    "promises": mark("What we promised in them"),
    "decisions": mark("Why each message was sent or not"),
    "receipts": mark("What became of them"),
    "inbox": mark("Messages in our own test inbox"),
    "timers": mark("Messages that are planned"),
    "inbound_texts": mark("What you wrote to us"),
    "forwards": mark("Who was told what you wrote"),
    "conversations": mark("When you last wrote to us"),
    "provider_users": mark("What messaging services call you"),
    "provider_caps": mark("Until when a messaging service lets nothing more through to you"),
    "events": mark("What happened"),
    "quarantined_events": mark("What we were told of you and did not understand"),
    "objects": mark("Your orders, carts and tickets"),
    "runs": mark("Series of messages that you were in"),
    "exit_marks": mark("What ended such a series"),
    "alerts": mark("What our teams were told"),
    "handoffs": mark("When a person took over"),
    "merges": mark("Profiles that may be the same person"),
    "audit_entries": mark("Who looked at your data or changed them"),
}

_TITLE = mark("Your data at {controller}")
_AS_OF = mark("This is everything that we hold about you, as of {at}.")
_ASK = mark("Questions about them are answered by {contact}.")

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "h2{margin-top:2.5rem;border-bottom:1px solid #bbb}dl{display:grid;grid-template-columns:14rem 1fr;gap:.2rem 1rem;"
    "margin:1rem 0;padding-bottom:1rem;border-bottom:1px solid #e3e3e3}"
    "dt{color:#555}dd{margin:0;overflow-wrap:anywhere}pre{white-space:pre-wrap;margin:0}@media(max-width:40rem){dl{grid-template-columns:1fr}}"
)


def export_page(document: Mapping[str, Any], language: str) -> str:
    """The document in the reader's language. Names of fields stay as they are in the copy for programs."""
    translate = translator(language)

    def say(sentence: str, **params: object) -> str:
        return escape(filled(sentence, params, translate))

    return "".join(_page(document, language, say))


def _page(document: Mapping[str, Any], language: str, say: Callable[..., str]) -> Iterator[str]:
    title = say(_TITLE, controller=document["controller"])
    yield f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width">\n'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
    yield f"<body>\n<h1>{title}</h1>\n"
    yield f"<p>{say(_AS_OF, at=document['made_at'])}</p>\n"
    if document["contact"]:
        yield f"<p>{say(_ASK, contact=document['contact'])}</p>\n"
    tables = document["tables"]
    for table in (*_TITLES, *(table for table in tables if table not in _TITLES)):
        if table in tables:
            yield f"<h2>{say(_TITLES.get(table, table))} ({len(tables[table])})</h2>\n"
            yield from (_row(row) for row in tables[table])
    yield "</body>\n</html>\n"


def _row(row: Mapping[str, Any]) -> str:
    parts = (
        f"<dt>{escape(name)}</dt><dd>{_value(value)}</dd>" for name, value in row.items() if value not in (None, "")
    )
    return f"<dl>{''.join(parts)}</dl>\n"


def _value(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"<pre>{escape(json.dumps(value, ensure_ascii=False, indent=2))}</pre>" if value else "-"
    return escape(str(value))
