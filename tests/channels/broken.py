"""Adapters that are wrong in one thing each, and the rule of the suite that has to say so.

Each is the sound one with one change: the mistakes that people make, and that cost them a message or a person's trust.
"""

# ruff: noqa: ARG002  # adapters are asked with all that there is, and these need little of it

from __future__ import annotations

import itertools
import json
import os
import random
import socket
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.channels import HttpAnswer, HttpCall, NoAnswer, Received
from orchestrator.domain.customer import Channel
from orchestrator.domain.delivery import Outcome, OutcomeKind
from orchestrator.domain.errors import InputError
from tests.channels.sound import HOOK_SECRET, SECRET, Sound

BROKEN: dict[type, str] = {}
"""Each broken adapter → the rule that it breaks."""

_SENT = Outcome(OutcomeKind.SENT, provider_id="1")
_ADDRESS = "provider_rejected:address"


def breaks(rule):
    """Which rule has to complain of it."""

    def note(adapter):
        BROKEN[adapter] = rule
        return adapter

    return note


# --- what it sends --------------------------------------------------------------------------------------------------


@breaks("drops")
class DropsAButton(Sound):
    """A provider that shows two, and a message that has three."""

    def buttons(self, buttons):
        return super().buttons(buttons[:2])


@breaks("drops")
class DropsTheLinkOfAButton(Sound):
    """The label is there, and leads nowhere."""

    def buttons(self, buttons):
        return [{"label": button.label} for button in buttons]


@breaks("drops")
class CutsTheText(Sound):
    """Half a sentence is another sentence."""

    def call(self, delivery, now, entropy):
        short = replace(delivery.rendered, text=delivery.rendered.text[:1000])
        return super().call(replace(delivery, rendered=short), now, entropy)


@breaks("reference")
class LosesTheReference(Sound):
    """No receipt will ever name our message."""

    def call(self, delivery, now, entropy):
        return super().call(replace(delivery, reference="message"), now, entropy)


@breaks("reference")
class DrawsTheReference(Sound):
    """A retry is another message for the provider."""

    def call(self, delivery, now, entropy):
        return super().call(replace(delivery, reference=entropy(8).hex()), now, entropy)


@breaks("pure")
class ReadsTheClock(Sound):
    """A replay of last year's orders would be of today."""

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Minute": str(int(time.time()) // 60)}


@breaks("pure")
class ReadsTheDay(Sound):
    """The same, by another door."""

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Day": datetime.now(UTC).date().isoformat()}


@breaks("pure")
class ReadsTheEnvironment(Sound):
    """Settings are fields: nobody would find this one."""

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Shop": os.environ.get("HOME", "")}


@breaks("repeats")
class Draws(Sound):
    """Nobody can repeat what it did."""

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Request-Id": str(random.random())}


@breaks("repeats")
@dataclass(frozen=True, kw_only=True)
class Counts(Sound):
    """A frozen value with a counter inside."""

    _sent: itertools.count = field(default_factory=itertools.count, init=False, repr=False, compare=False)

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Number": str(next(self._sent))}


@breaks("io")
class SendsByItself(Sound):
    """No rehearsal would be safe."""

    def call(self, delivery, now, entropy):
        socket.create_connection(("127.0.0.1", 9), timeout=1).close()
        return super().call(delivery, now, entropy)


@breaks("io")
class WritesAFile(Sound):
    """A log of its own, with people's addresses."""

    def call(self, delivery, now, entropy):
        with Path("/tmp/jogral-broken-adapter.log").open("a") as log:
            log.write(delivery.address.value)
        return super().call(delivery, now, entropy)


@breaks("injection")
class PutsDataIntoAHeader(Sound):
    """A title with a line break is a header of its own."""

    def headers(self, delivery):
        return {**super().headers(delivery), "X-Title": delivery.rendered.title}


@breaks("injection")
class PutsTheAddressIntoTheUrl(Sound):
    """As it is."""

    def call(self, delivery, now, entropy):
        call = super().call(delivery, now, entropy)
        return replace(call, url=f"{call.url}?to={delivery.address.value}")


# --- what it is -----------------------------------------------------------------------------------------------------


@breaks("secrets")
@dataclass(frozen=True, kw_only=True)
class ShowsItsToken(Sound):
    """In every log and traceback."""

    token: str = SECRET


@breaks("secrets")
class PutsItsTokenIntoTheGrant(Sound):
    """The repr of a call is shown as well."""

    def call(self, delivery, now, entropy):
        call = super().call(delivery, now, entropy)
        return Shown(call.method, call.url, call.headers, call.body)


class Shown(HttpCall):
    def __repr__(self):
        return f"{self.method} {self.url} {self.headers}"


@breaks("value")
@dataclass(kw_only=True)
class CanBeChanged:
    """Settings are read once."""

    channel: Channel = Channel.WHATSAPP
    token: str = field(default=SECRET, repr=False)
    hook_secret: str = field(default=HOOK_SECRET, repr=False)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(Sound(channel=self.channel, token=self.token, hook_secret=self.hook_secret), name)


@breaks("capabilities")
class PromisesALookUp(Sound):
    """And has none: a doubt would wait for it for ever."""

    def look_up(self, reference):
        return None


@breaks("capabilities")
class SpeaksAnotherChannel(Sound):
    """`can` is what the whole project trusts."""

    @property
    def can(self):
        return replace(super().can, channels=frozenset({Channel.SMS}))


# --- what it understands --------------------------------------------------------------------------------------------


@breaks("answers")
class BreaksOnAWebPage(Sound):
    """A proxy's error page stops the worker."""

    def accepted(self, answer):
        return Outcome(OutcomeKind.SENT, provider_id=json.loads(answer.body)["id"])


@breaks("unreadable")
class SwallowsAnError(Sound):
    """Whatever goes wrong, it was sent."""

    def accepted(self, answer):
        try:
            return Outcome(OutcomeKind.SENT, provider_id=json.loads(answer.body)["id"])
        except Exception:  # noqa: BLE001  # that is the mistake
            return _SENT


@breaks("unreadable")
class CallsAnUnreadableYesANo(Sound):
    """And the next account sends it again."""

    def accepted(self, answer):
        outcome = super().accepted(answer)
        return replace(outcome, kind=OutcomeKind.NOT_SENT) if outcome.kind is OutcomeKind.UNKNOWN else outcome


@breaks("doubt")
class CallsA5xxDefinite(Sound):
    """It may have been taken: people get it twice."""

    def outcome(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status >= 500:
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=str(answer.status))
        return super().outcome(answer)


@breaks("doubt")
class CallsAConflictARefusal(Sound):
    """409: the same reference is being worked on."""

    def outcome(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status == 409:
            return Outcome(OutcomeKind.REFUSED, "provider_rejected:message", detail="409")
        return super().outcome(answer)


@breaks("silence")
class CallsATimeoutDefinite(Sound):
    """The bytes had left."""

    def outcome(self, answer):
        if isinstance(answer, NoAnswer):
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail=answer.reason)
        return super().outcome(answer)


@breaks("silence")
class DoubtsARefusedConnection(Sound):
    """Nothing left: it would wait for an answer that cannot come."""

    def outcome(self, answer):
        if isinstance(answer, NoAnswer):
            return Outcome(OutcomeKind.UNKNOWN, "timeout", detail=answer.reason)
        return super().outcome(answer)


@breaks("retry-after")
class IgnoresRetryAfter(Sound):
    """And is shut out for longer."""

    def outcome(self, answer):
        return replace(super().outcome(answer), retry_after_seconds=None)


@breaks("throttled")
class CallsTooManyARefusal(Sound):
    """A busy hour loses messages."""

    def outcome(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status == 429:
            return Outcome(OutcomeKind.REFUSED, "provider_rejected:message", detail="429", retry_after_seconds=7)
        return super().outcome(answer)


@breaks("account")
class BlamesThePersonForOurPassword(Sound):
    """A wrong token, and every address is dead by noon."""

    def outcome(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status in {401, 403}:
            return Outcome(OutcomeKind.REFUSED, _ADDRESS, detail="denied")
        return super().outcome(answer)


@breaks("recorded")
class BlamesThePersonForOurAddress(Sound):
    """404 of the account taken for 404 of the person."""

    def outcome(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status == 404:
            return Outcome(OutcomeKind.REFUSED, _ADDRESS, detail="404")
        return super().outcome(answer)


@breaks("outcome")
class InventsAReason(Sound):
    """Nobody would know what to do about it."""

    def outcome(self, answer):
        outcome = super().outcome(answer)
        return replace(outcome, reason="bad_luck") if outcome.kind is OutcomeKind.REFUSED else outcome


@breaks("outcome")
class KeepsTheWholeBody(Sound):
    """64 KB in every row."""

    def accepted(self, answer):
        return replace(super().accepted(answer), detail=answer.body.decode("utf-8", "replace"))


@breaks("look-up")
class SettlesByAnyNotFound(Sound):
    """The question was refused (401), and the message is sent again."""

    def found(self, answer):
        if isinstance(answer, HttpAnswer) and answer.status >= 400:
            return Outcome(OutcomeKind.NOT_SENT, "provider_unavailable", detail="not found")
        return super().found(answer)


@breaks("look-up")
class SettlesBySilence(Sound):
    """Nobody was asked."""

    def found(self, answer):
        return self.outcome(answer) if isinstance(answer, NoAnswer) else super().found(answer)


# --- whom it believes -----------------------------------------------------------------------------------------------


@breaks("unsigned")
class TrustsAnUnsignedHook(Sound):
    """Anybody can end everybody's marketing, or reopen it."""

    def verify(self, notice):
        if "x-signature" in notice.headers:
            super().verify(notice)

    def read(self, notice, now):
        try:
            return super().read(notice, now)
        except InputError:
            return Received(passed_over=1)


@breaks("no-secret")
class TrustsWithoutASecret(Sound):
    """Until somebody sets it, everybody is believed."""

    def verify(self, notice):
        if self.hook_secret:
            super().verify(notice)

    def read(self, notice, now):
        try:
            return super().read(notice, now)
        except InputError:
            return Received(passed_over=1)


@breaks("unsigned-parsed")
class ParsesBeforeItVerifies(Sound):
    """What strangers send is read."""

    def receive(self, notice, now):
        received = self.read(notice, now)
        self.verify(notice)
        return received


@breaks("mutated")
class BelievesTheFirstHalf(Sound):
    """A signature of a prefix: the rest is anybody's."""

    def verify(self, notice):
        given = notice.headers.get("x-signature", "")
        if len(given) != 64 or given == "0" * 64:
            super().verify(notice)

    def receive(self, notice, now):
        if not notice.body.startswith(b'{"reference": "msg_1", "at"'):
            super().verify(notice)
        return super().receive(notice, now)

    def read(self, notice, now):
        try:
            return super().read(notice, now)
        except InputError:
            return Received(passed_over=1)


@breaks("genuine")
class RefusesTheGenuine(Sound):
    """A signature compared with another encoding's."""

    def verify(self, notice):
        super().verify(replace(notice, headers={"x-signature": notice.headers.get("x-signature", "").upper()}))


@breaks("event-key")
class CountsBySecond(Sound):
    """Two pieces of news in one second: the second is dropped."""

    def event_key(self, said, now):
        return f"{said['reference']}-{said['at']}"


@breaks("event-key")
class KeysByTheHour(Sound):
    """The same news, told again, is other news."""

    def event_key(self, said, now):
        return f"{said['event']}-{now}"


@breaks("event-key")
class HasNoKey(Sound):
    """All news is one."""

    def event_key(self, said, now):
        return ""
