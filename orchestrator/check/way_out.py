"""CO121: a marketing e-mail leads to where a person ends it, in its HTML and in its text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.prepare import sources_of
from orchestrator.check.rule import Rule
from orchestrator.check.samples import spoken
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark
from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.samples import Spoken
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_NO_LINK = Rule(
    code="CO121",
    level="warn",
    title=mark("A marketing e-mail without a link that ends it"),
    why=mark(
        "Consent can be revoked at any time by a free and easy procedure (LGPD, art. 8 §5). The one-click header is "
        "there whatever the layout says, but not every mailbox shows it."
    ),
    bad="""\
# templates/layouts/natal.mjml has no links
channels:
  email: {subject: Natal na Casa Lume, layout: natal}
""",
    good="""\
channels:
  email: {subject: Natal na Casa Lume, layout: marketing}
""",
)

RULES = (_NO_LINK,)

_WAY_OUT = re.compile(r"\{\{\s*links\.(?:unsubscribe|preferences)\b")
_PARTS = ("text", "html")


def findings(survey: Survey) -> Iterator[Finding]:
    """See the rule. A layout is the same in every language: it is told once."""
    for one in spoken(survey):
        copy = one.message.channels.email
        if one.original and not one.is_reply and copy is not None and one.published.purpose is Purpose.MARKETING:
            yield from _without_link(one, copy.layout)


def _without_link(one: Spoken, layout: str) -> Iterator[Finding]:
    said = sources_of(one.published, one.voice, Channel.EMAIL)
    if all(_WAY_OUT.search(said[part]) for part in _PARTS if part in said):
        return
    yield one.document.finding(
        ("channels", "email"),
        mark("This e-mail has no link that ends it"),
        code=_NO_LINK.code,
        level=_NO_LINK.level,
        params={"layout": layout, "link": "{{ links.unsubscribe }}"},
        help=mark("Write {link} into templates/layouts/{layout}.mjml, and into {layout}.txt for the text part."),
        on_key=True,
    )
