"""BV180 and BV190: the tone that a message says it has, and what the voice adds by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestrator.catalog.prose_words import words_in
from orchestrator.check.prose_rules import BY_HAND, TONE
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import did_you_mean, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.check.speech import Speech, Told
    from orchestrator.check.wording import KeyPath
    from orchestrator.domain.errors import Finding


def findings(told: Told, *, original: bool) -> Iterator[Finding]:
    """What is wrong with one message in one language. Its tone is the original's to say."""
    if original:
        yield from _tone(told)
    for speech in told.speeches():
        yield from _by_hand(told, speech)


# --- BV180 ----------------------------------------------------------------------------------------------------------

_DEFAULT = "default"


def _tone(told: Told) -> Iterator[Finding]:
    message, tones = told.message, told.voice.tones
    asked_for = [tag for tag in message.tags if tag in tones]
    if message.tone not in {*tones, _DEFAULT}:
        yield told.document.finding(
            ("tone",), mark('The voice has no tone "{tone}"{hint}'), code=TONE.code, level=TONE.level,
            help=mark("The tones are: {tones}."),
            params={"tone": message.tone, "hint": did_you_mean(message.tone, tones), "tones": ", ".join(tones)},
        )  # fmt: skip
    elif asked_for and message.tone not in asked_for:
        yield told.document.finding(
            ("tone",) if "tone" in told.document.data else ("tags",),
            mark('The tag "{tag}" has a tone of its own, and the message says "{tone}"'),
            code=TONE.code, level=TONE.level, help=mark("Write it in that tone, and say so: `tone: {tag}`."),
            params={"tag": asked_for[0], "tone": message.tone},
        )  # fmt: skip


# --- BV190 ----------------------------------------------------------------------------------------------------------


def _by_hand(told: Told, speech: Speech) -> Iterator[Finding]:
    """A text that says by itself what is put around it on this channel. Own bodies are on their own."""
    habits = told.voice.habits(speech.channel)
    for path, text in speech.heard:
        added = (
            (_GREETED, speech.wrapped and path == _BODY and _begins(text, habits.greeting), 0),
            (_SIGNED, speech.wrapped and path == _BODY and _signs(text, habits.sign_off), _last_line(text)),
            (_PREFIXED, path in _FIRST[speech.channel] and _begins(text, habits.prefix), 0),
        )
        for message, by_hand, start in added:
            if by_hand and path in told.written:
                yield told.document.finding(
                    told.written[path], message, code=BY_HAND.code, level=BY_HAND.level, offset=start, length=1,
                    help=mark("Leave it out: brand_voice.yaml says it."), params={"channel": speech.channel.value},
                )  # fmt: skip


_GREETED = mark("The voice greets on {channel}, and the text greets as well")
_SIGNED = mark("The voice signs on {channel}, and the text signs as well")
_PREFIXED = mark("The voice begins every {channel} with its prefix, and the text has it as well")

_BODY: KeyPath = ("content", "body")

# The text that follows the voice's prefix.
_FIRST: Mapping[Channel, frozenset[KeyPath]] = {
    Channel.EMAIL: frozenset(),
    Channel.WHATSAPP: frozenset(),
    Channel.SMS: frozenset({("channels", "sms", "body"), _BODY}),
    Channel.PUSH: frozenset({("channels", "push", "title")}),
}


def _begins(text: str, added: str) -> bool:
    wanted = _spoken(added)
    return bool(wanted) and _spoken(text)[: len(wanted)] == wanted


def _signs(text: str, sign_off: str) -> bool:
    """Whether the last line is one of the sign-off: "Um abraço," or the team's name alone."""
    return _spoken(text[_last_line(text) :]) in [line for line in map(_spoken, sign_off.splitlines()) if line]


def _last_line(text: str) -> int:
    return text.rstrip().rfind("\n") + 1


_PLACE = re.compile(r"\{\{-?\s*([\w.]++)[^{}]*+\}\}")
_HELLO = "oi"
_HELLOS = dict.fromkeys(
    ("oi", "ola", "oie", "hi", "hello", "hey", "dear", "prezado", "prezada", "caro", "cara"), _HELLO
)


def _spoken(text: str) -> list[str]:
    """The words alone, a place as the name that it prints, and every hello as the same one."""
    named = _PLACE.sub(lambda place: f" {re.sub('[^A-Za-z]', '', place[1])} ", text)
    return [_HELLOS.get(word, word) for word in words_in(named) if word.isalnum()]
