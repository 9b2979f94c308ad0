"""The preference centre as somebody uses it, and the links that messages bring."""

from __future__ import annotations

import json
import re

from orchestrator.tokens import TokenPurpose
from tests.doors.conftest import drained


class Centre:
    """The page as somebody uses it."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.link = visitor.link(TokenPurpose.PREFERENCES)
        self.shown = visitor.get(self.link)

    def boxes(self, shown=None):
        """Name → ticked."""
        inputs = (shown or self.shown).page.all("input")
        return {one["value"]: "checked" in one for one in inputs if one.get("type") == "checkbox"}

    def filled(self, on=(), off=()):
        """The form's fields, once somebody has ticked some boxes and emptied others."""
        hidden = [(one["name"], one["value"]) for one in self.shown.page.all("input") if one["type"] == "hidden"]
        ticked = ({name for name, checked in self.boxes().items() if checked} | set(on)) - set(off)
        return [*hidden, *(("on", name) for name in sorted(ticked)), ("do", "save")]

    def save(self, on=(), off=()):
        return self.visitor.post(self.link, *self.filled(on, off))

    def press(self, button):
        return self.visitor.post(self.link, ("do", button))


def links_to(page, visitor):
    """The links to a page in what this person was sent."""
    said = [str(one) for one in visitor.inbox() if one["customer_id"] == visitor.customer]
    return sorted({found for text in said for found in re.findall(rf"/{page}/[\w.-]+", text)})


def link_in_newest(visitor, page):
    """The path of the link to a page in the newest message that has one, once a worker has sent what waits."""
    drained(visitor.app)
    ours = [one for one in visitor.inbox() if one["customer_id"] == visitor.customer]
    found = [re.search(rf"/{page}/[A-Za-z0-9._-]+", json.dumps(one["content"])) for one in ours]
    return next(match[0] for match in found if match)
