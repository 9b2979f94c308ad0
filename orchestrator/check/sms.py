"""CH130 to CH133, SMS. What a text costs, and which of its characters change on their way."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from orchestrator.catalog.sms import changed_characters, lost_letters, offending_characters, spelling_of
from orchestrator.check.rule import Rule
from orchestrator.check.samples import THE_EXAMPLES, renderings
from orchestrator.check.wording import heard_on
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.check.samples import Spoken
    from orchestrator.check.wording import KeyPath
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

_CHANGED = Rule(
    code="CH130",
    level="info",
    title=mark("Characters of an SMS are written more plainly"),
    why=mark("The voice says `accents: strip`: this is what the customer will read instead."),
    bad='channels:\n  sms: {body: "Seu pedido está a caminho"}\n',
    good='channels:\n  sms: {body: "Pedido a caminho"}\n',
)
_TOO_LONG = Rule(
    code="CH131",
    level="warn",
    title=mark("An SMS takes more parts than it may"),
    why=mark("Every part is paid for. The longest persona counts: somebody will have that name."),
    bad="channels:\n  sms:\n    body: três frases onde uma bastava\n    max_segments: 1\n",
    good="channels:\n  sms:\n    body: uma frase\n    max_segments: 1\n",
)
_EXPENSIVE = Rule(
    code="CH132",
    level="warn",
    title=mark("A character makes an SMS more expensive"),
    why=mark("One character that GSM-7 lacks, and a part holds 70 characters or 67 instead of 160 or 153."),
    bad='# brand_voice.yaml: sms: {accents: keep}\nchannels:\n  sms: {body: "Seu pedido não chegou"}\n',
    good='# brand_voice.yaml: sms: {accents: strip}\nchannels:\n  sms: {body: "Seu pedido não chegou"}\n',
)
_LOST = Rule(
    code="CH133",
    level="error",
    title=mark("A letter of an SMS is lost"),
    why=mark("It has no plainer spelling: without it the text says something else."),
    bad='channels:\n  sms: {body: "Chegou o 茶 da Casa Lume"}\n',
    good='channels:\n  sms: {body: "Chegou o chá da Casa Lume"}\n',
)

RULES = (_CHANGED, _TOO_LONG, _EXPENSIVE, _LOST)

_PLACE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def findings(survey: Survey, one: Spoken) -> Iterator[Finding]:
    """What is wrong with one message as an SMS."""
    copy = one.message.channels.sms
    if copy is None:
        return
    stripped = one.voice.habits(Channel.SMS).accents == "strip"
    own = one.own()
    for path, text in heard_on(Channel.SMS, one.message):
        if path in own:
            for finding in characters(one.document, path, text, stripped=stripped):
                # An answer is written once for all channels, with its accents.
                if not one.is_reply or finding.code == _LOST.code:
                    yield finding
    persona, said = max(
        renderings(survey, one, Channel.SMS), key=lambda pair: (pair[1].segments, pair[1].units), default=("", None)
    )
    if said is not None and said.segments > copy.max_segments:
        yield one.document.finding(
            ("channels", "sms", "body"),
            mark("The SMS takes {found} parts ({units} units of {encoding}) for {persona}, and {max} are allowed"),
            params={
                "found": said.segments, "units": said.units, "encoding": said.encoding, "max": copy.max_segments,
                "persona": persona or THE_EXAMPLES,
            },
            code=_TOO_LONG.code, level=_TOO_LONG.level,
            help=mark("Say less.") if one.is_reply else mark("Say less, or raise max_segments."),
        )  # fmt: skip


def characters(document: Document, path: KeyPath, text: str, *, stripped: bool) -> Iterator[Finding]:
    """What becomes of the characters that a writer typed; those of data are not the writer's."""
    typed = _PLACE.sub(lambda place: " " * len(place[0]), text)
    if not stripped:
        yield from _expensive(document, path, typed)
        return
    lost = lost_letters(typed, "ascii")
    for one in changed_characters(typed, "ascii"):
        becomes = spelling_of(one, "ascii")
        if one not in lost:
            yield document.finding(
                path,
                mark('SMS: "{before}" becomes "{after}" (accents: strip)')
                if becomes
                else mark('SMS: "{before}" is left out (accents: strip)'),
                params={"before": one, "after": becomes}, code=_CHANGED.code, level=_CHANGED.level,
                offset=_first(typed, one), length=1,
            )  # fmt: skip
    for one in lost:
        yield document.finding(
            path, mark('SMS: "{character}" ({name}) is lost'), params={"character": one, "name": _name(one)},
            code=_LOST.code, level=_LOST.level, offset=_first(typed, one), length=1,
            help=mark("Write it in other letters."),
        )  # fmt: skip


def _expensive(document: Document, path: KeyPath, typed: str) -> Iterator[Finding]:
    offenders = offending_characters(typed)
    if offenders:
        distinct = dict.fromkeys(one.character for one in offenders)
        yield document.finding(
            path, mark("SMS: {characters}: GSM-7 lacks it, and every part holds less than half"),
            params={"characters": ", ".join(f'"{one}" ({_name(one)})' for one in distinct)},
            code=_EXPENSIVE.code, level=_EXPENSIVE.level, offset=offenders[0].position, length=1,
            help=mark("Write it in other characters, or set accents: strip in the voice."),
        )  # fmt: skip


def _first(typed: str, character: str) -> int:
    """Where it stands; a letter that the writer composed of two stands nowhere as one."""
    return max(typed.find(character), 0)


def _name(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")
