"""CL150 and VA160: a translation changes words; what is promised, and which values are named, stays the original's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.entries import entries
from orchestrator.check.rule import Rule
from orchestrator.check.wording import CLAIMS, copy_in, copy_of, heard_on, readings
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from orchestrator.catalog.model import Message
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Read, Survey

_OTHER_CLAIMS = Rule(
    code="CL150",
    level="error",
    title=mark("A translation states other claims than the original"),
    why=mark("On each channel everybody is promised the same, in every language."),
    bad="""\
# templates/messages/order_late.en.yaml; on SMS the original says {{ claims.missed_date }}
channels:
  sms: {body: "Your order is late, sorry."}
""",
    good="""\
channels:
  sms: {body: "Your order was due {{ claims.missed_date }}. It is late, sorry."}
""",
)

_OTHER_VARIABLES = Rule(
    code="VA160",
    level="error",
    title=mark("A translation uses other variables than the original"),
    why=mark("Everybody is told the same, in every language: a translation changes words, not what is said."),
    bad="""\
# templates/messages/order_late.en.yaml; the original names {{ order.number }}
content:
  body: Your order is late.
""",
    good="""\
content:
  body: Your order {{ order.number }} is late.
""",
)

RULES = (_OTHER_CLAIMS, _OTHER_VARIABLES)


def findings(survey: Survey) -> Iterator[Finding]:
    """Every difference between a translation and its original that is more than words."""
    for entry in entries(survey):
        original = entry.read.model
        for locale in entry.published.translations if entry.published else ():  # those in which every name is known
            overlay = entry.translations[locale]
            yield from _other_claims(original, overlay)
            yield from _other_variables(original, overlay)


# --- CL150 ----------------------------------------------------------------------------------------------------------


def _other_claims(original: Message, overlay: Read[Message]) -> Iterator[Finding]:
    """Both ways, each claim once: at a text of the translation, which is the only one that can be wrong."""
    own = dict(copy_in(overlay.document.data))
    told: set[str] = set()
    for channel in Channel:
        before, after = _stated(original, channel), _stated(overlay.model, channel)
        for name in sorted(after.keys() - before.keys() - told):
            path, offset = after[name]
            message = mark('This states claim "{name}" on {channel}, where the original does not')
            remedy = mark("Take it out, or state it in the original too.")
            yield _other_claim(overlay.document, path, name, channel, message, remedy, offset=offset)
        for name in sorted(before.keys() - after.keys() - told):
            path, _ = before[name]
            heard = (path for path, _ in heard_on(channel, overlay.model) if path in own)
            message = mark('This leaves out claim "{name}", which the original states on {channel}')
            remedy = mark("Write {place} in this text.")
            yield _other_claim(
                overlay.document, path if path in own else next(heard, ("id",)), name, channel, message, remedy
            )
        told |= before.keys() ^ after.keys()


def _stated(message: Message, channel: Channel) -> dict[str, tuple[KeyPath, int]]:
    """Each claim that a channel states, and where it does so first. A misspelt claim is CL110's."""
    found: dict[str, tuple[KeyPath, int]] = {}
    for path, text in heard_on(channel, message):
        for one in readings(text):
            name = one.name.removeprefix(CLAIMS)
            if one.name.startswith(CLAIMS) and name in message.claims:
                found.setdefault(name, (path, one.offset))
    return found


def _other_claim(
    document: Document,
    path: KeyPath,
    name: str,
    channel: Channel,
    message: str,
    remedy: str,
    *,
    offset: int | None = None,
) -> Finding:
    return document.finding(
        path,
        message,
        params={"name": name, "channel": channel.value, "place": f"{{{{ {CLAIMS}{name} }}}}"},
        code=_OTHER_CLAIMS.code,
        level=_OTHER_CLAIMS.level,
        help=remedy,
        offset=offset,
        length=None if offset is None else len(CLAIMS) + len(name),
    )


# --- VA160 ----------------------------------------------------------------------------------------------------------


def _other_variables(original: Message, overlay: Read[Message]) -> Iterator[Finding]:
    """Both ways: what the translation adds, and what it leaves out."""
    before, after = _places(copy_of(original), original), _places(copy_of(overlay.model), original)
    own = dict(copy_in(overlay.document.data))
    for name in (name for name in after if name not in before):
        path, offset = after[name][0]
        message = mark('This translation reads "{name}", which the original never does')
        remedy = mark("Take it out, or say it in the original too.")
        yield _other(overlay.document, path, name, message, remedy, offset=offset)
    for name in (name for name in before if name not in after):
        path = next((path for path, _ in before[name] if path in own), ("id",))
        message = mark('This translation leaves out "{name}", which the original says here')
        yield _other(overlay.document, path, name, message, mark("Write {place} in this text."))


def _places(spoken: Iterable[tuple[KeyPath, str]], original: Message) -> dict[str, list[tuple[KeyPath, int]]]:
    """Each declared variable and the places that read it. Names that nobody declares are VA120's."""
    found: dict[str, list[tuple[KeyPath, int]]] = {}
    for path, text in spoken:
        for one in readings(text):
            if one.name in original.variables:
                found.setdefault(one.name, []).append((path, one.offset))
    return found


def _other(
    document: Document, path: KeyPath, name: str, message: str, remedy: str, *, offset: int | None = None
) -> Finding:
    return document.finding(
        path,
        message,
        params={"name": name, "place": f"{{{{ {name} }}}}"},
        code=_OTHER_VARIABLES.code,
        level=_OTHER_VARIABLES.level,
        help=remedy,
        offset=offset,
        length=None if offset is None else len(name),
    )
