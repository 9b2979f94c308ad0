"""What an adapter sends: the same call for the same delivery, with the reference, and nothing left out or let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.contract.calls import DeviceCalls, HttpCall, InboxCall, SmtpCall
from orchestrator.domain.errors import InputError
from orchestrator.domain.message import Purpose
from orchestrator.testing import specimens
from orchestrator.testing.reading import http_calls, plain, told
from orchestrator.testing.specimens import NOW, OTHER_REFERENCE, REFERENCE, chance, with_reference
from orchestrator.testing.subject import Fault
from orchestrator.testing.subscriptions import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.testing.subject import Subject

_HOUR = 3_600_000
_LINE_BREAKS = ("\r", "\n", "\r\n", "\x00", "\x85", "\u2028")
_BREAKS = frozenset("\r\n\x00")


def once(subject: Subject) -> Iterator[object]:
    """Everything that `call` is asked for, once, for whoever watches."""
    for purpose in Purpose:
        yield subject.adapter.call(subject.delivery(purpose=purpose), NOW, chance(1))
    yield subject.adapter.look_up(REFERENCE)


def the_same_delivery_gives_the_same_call(subject: Subject) -> Iterator[Fault]:
    """No clock, no chance, no memory of what was sent before."""
    for purpose in Purpose:
        asked = subject.delivery(purpose=purpose)
        first = plain(subject.adapter.call(asked, NOW, chance(1)))
        subject.adapter.call(subject.delivery(text="Outra coisa"), NOW + _HOUR, chance(2))
        for again in (subject.adapter, subject.twin()):
            if plain(again.call(asked, NOW, chance(1))) != first:
                yield Fault("repeats", f"the same {purpose} delivery gives another call the second time")
                return


def a_call_is_complete(subject: Subject) -> Iterator[Fault]:
    """It is one that the transport can carry."""
    call = subject.call()
    if not isinstance(call, HttpCall | SmtpCall | DeviceCalls | InboxCall):
        yield Fault("call", f"call gives {call!r}, which the transport cannot carry")
    if isinstance(call, DeviceCalls) and not call.calls:
        yield Fault("call", "its call goes to no device")
    for one in http_calls(call):
        if not isinstance(one.body, bytes):
            yield Fault("call", "its body is no bytes")
        if not one.url.startswith(("https://", "http://")):
            yield Fault("call", f"its URL has no scheme: {one.url[:60]}")
        for name, value in one.headers.items():
            if not isinstance(value, str) or not value.isprintable() or not name.isascii():
                yield Fault("call", f"the header {name} cannot stand in a request")


def the_reference_stays(subject: Subject) -> Iterator[Fault]:
    """Over retries the provider sees the same one; another message has another."""
    asked = subject.delivery()
    for now, number in ((NOW, 1), (NOW + _HOUR, 2), (NOW + 24 * _HOUR, 3)):
        first = subject.adapter.call(asked, now, chance(number))
        other = subject.adapter.call(with_reference(asked, OTHER_REFERENCE), now, chance(number))
        if plain(first) == plain(other):
            yield Fault("reference", "two deliveries of different references give the same call: no receipt names ours")
            return
        if REFERENCE not in told(first, opened):
            yield Fault("reference", f"delivery.reference ({REFERENCE}) does not stand in the call")
            return


def nothing_is_dropped(subject: Subject) -> Iterator[Fault]:
    """What cannot be shown is an error with a remedy, never left out."""
    adapter, can = subject.adapter, subject.adapter.can
    for part in specimens.parts(adapter.channel, can, subject.address):
        try:
            said = told(adapter.call(part.delivery, NOW, chance(1)), opened)
        except InputError as error:
            if part.name in {"text", "template"}:
                yield Fault("drops", f"an ordinary message ({part.name}) is refused: {error}")
            continue
        missing = [word for word in part.shown if " ".join(word.split()) not in said]
        if missing:
            yield Fault(
                "drops",
                f"{part.name}: {missing[0]!r} is not in the call. Send it, raise an InputError with a remedy,"
                " or let `can` say that it is not shown",
            )


def what_is_too_long_is_not_cut(subject: Subject) -> Iterator[Fault]:
    """A text beyond the limit of `can` is refused here or sent whole: half a sentence is another sentence."""
    adapter, end = subject.adapter, "assim termina."
    limit = adapter.can.text_length_max or 5_000
    long = ("palavra " * (limit // 8 + 2)) + end
    try:
        said = told(adapter.call(subject.delivery(text=long), NOW, chance(1)), opened)
    except InputError:
        return
    if end not in said:
        yield Fault("drops", f"a text of {len(long)} characters is cut short without a word")


def no_value_breaks_out(subject: Subject) -> Iterator[Fault]:
    """A line break in a value is data, or refused: never a header of its own."""
    adapter = subject.adapter
    for line_break in _LINE_BREAKS:
        evil = f"Oi{line_break}Bcc: alguem@example.net{line_break}{line_break}x"
        for name in ("subject", "title", "url", "preheader", "text"):
            try:
                call = adapter.call(subject.delivery(**{name: evil}), NOW, chance(1))
            except (InputError, ValueError) as error:
                if not isinstance(error, InputError):
                    yield Fault("injection", f"a line break in {name} raises {type(error).__name__}: raise InputError")
                continue
            yield from _broken_out(call, name, line_break)
        for to in (f"a{line_break}Bcc: b@example.net", "a@b.example, c@d.example", "../../x?y#z"):
            try:
                call = adapter.call(specimens.delivery(adapter.channel, to), NOW, chance(1))
            except InputError:
                continue
            yield from _broken_out(call, "address", line_break)


def _broken_out(call: object, name: str, line_break: str) -> Iterator[Fault]:
    where = f"a line break ({line_break!r}) in {name}"
    for one in http_calls(call):
        if any(_BREAKS & set(f"{header}{value}") for header, value in one.headers.items()):
            yield Fault("injection", f"{where} reaches a header")
        if _BREAKS & set(one.url) or " " in one.url:
            yield Fault("injection", f"{where} reaches the URL as it is")
    if isinstance(call, SmtpCall):
        head = call.message.partition(b"\r\n\r\n")[0]
        if any(line.lower().startswith(b"bcc:") for line in head.replace(b"\r", b"\n").split(b"\n")):
            yield Fault("injection", f"{where} becomes a header of its own")
        if _BREAKS & set(call.sender + call.recipient):
            yield Fault("injection", f"{where} reaches the envelope")


def a_look_up_asks_for_the_reference(subject: Subject) -> Iterator[Fault]:
    """The same question whenever it is asked, and another one for another message."""
    adapter = subject.adapter
    if not adapter.can.looks_up:
        return
    asked = adapter.look_up(REFERENCE)
    if asked is None or REFERENCE not in told(asked):
        yield Fault("look-up", "look_up does not name the reference")
    if plain(asked) != plain(subject.twin().look_up(REFERENCE)):
        yield Fault("look-up", "look_up asks something else each time")
    if plain(asked) == plain(adapter.look_up(OTHER_REFERENCE)):
        yield Fault("look-up", "look_up asks the same for every message")


CHECKS = (
    a_call_is_complete,
    the_same_delivery_gives_the_same_call,
    the_reference_stays,
    nothing_is_dropped,
    what_is_too_long_is_not_cut,
    no_value_breaks_out,
    a_look_up_asks_for_the_reference,
)
