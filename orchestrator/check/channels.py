"""CH: channel limits. Each channel's own rules, links on all of them, and translations that say everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.check import email, links, push, sms
from orchestrator.check.entries import entries
from orchestrator.check.rule import Rule
from orchestrator.check.samples import spoken
from orchestrator.check.wording import copy_in
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_NOT_TRANSLATED = Rule(
    code="CH170",
    level="warn",
    title=mark("A translation leaves a text in the original's language"),
    why=mark(
        "What a translation does not say is taken from the original: the customer reads two languages in one message."
    ),
    bad="# templates/messages/order_late.en.yaml\ncontent:\n  headline: Your order is late\n",
    good="content:\n  headline: Your order is late\n  body: We promised your order by {{ claims.missed_date }} …\n",
)

RULES = (*email.RULES, *links.RULES, *sms.RULES, *push.RULES, _NOT_TRANSLATED)


def findings(survey: Survey) -> Iterator[Finding]:
    """Everything that a channel would cut, refuse, change or charge twice for."""
    for one in spoken(survey):
        yield from links.findings(one)
        yield from sms.findings(survey, one)
        if not one.is_reply:  # which is plain text, without a preheader, under the title that its writer knows it by
            yield from email.findings(survey, one)
            yield from push.findings(survey, one)
    yield from _prefixes(survey)
    yield from _not_translated(survey)


# --- the voice's prefix of an SMS -----------------------------------------------------------------------------------


def _prefixes(survey: Survey) -> Iterator[Finding]:
    """It stands in every SMS, so it is told once, where it is written."""
    if survey.voice is None:
        return
    voice = survey.voice.model
    for holder, own in (((), voice), *((("locales", locale), voice.in_locale(locale)) for locale in voice.locales)):
        path = (*holder, "channels", Channel.SMS.value, "prefix")
        written = _at(survey.voice.document.data, path)
        if isinstance(written, str):
            stripped = own.habits(Channel.SMS).accents == "strip"
            yield from sms.characters(survey.voice.document, path, written, stripped=stripped)


def _at(data: object, path: tuple[str, ...]) -> object:
    for part in path:
        data = data.get(part) if isinstance(data, dict) else None
    return data


# --- translations ---------------------------------------------------------------------------------------------------

_PLACE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|https?://\S*", re.DOTALL)
# Not words: names of templates and layouts, events, kinds of buttons.
_NOT_WORDS = frozenset({"template", "layout", "type", "emit", "url"})


def _not_translated(survey: Survey) -> Iterator[Finding]:
    for entry in entries(survey):
        original = dict(copy_in(entry.read.document.data))
        for translation in entry.translations.values():
            own = dict(copy_in(translation.document.data))
            for path, text in original.items():
                if path not in own and not _NOT_WORDS.intersection(path) and re.search(r"\w", _PLACE.sub("", text)):
                    yield translation.document.finding(
                        path, mark("This translation does not say {path}"),
                        params={"path": ".".join(map(str, path))}, on_key=True,
                        code=_NOT_TRANSLATED.code, level=_NOT_TRANSLATED.level, help=mark("Translate it here."),
                    )  # fmt: skip
