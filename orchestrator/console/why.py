"""What each gate was asked about, in words: for the terminal, and for pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from babel.dates import format_datetime

from orchestrator.console.words import PURPOSES, passed, refused
from orchestrator.decide.conversing import CONVERSATION
from orchestrator.decide.where import GONE
from orchestrator.dispatch.explain.values import (
    NOTHING_TO_ASK,
    Account,
    Cap,
    Consent,
    Deadline,
    Exit,
    Fact,
    LocalHour,
    Obstacle,
    Paused,
    Place,
    QuietHours,
    Rule,
    Silence,
    Wish,
)
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.said import retold
from orchestrator.domain.time import moment
from orchestrator.reasons import detail_words, reason
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from orchestrator.dispatch.explain.values import Answer
    from orchestrator.domain.time import Instant

GATES: Final = {
    "journey_live": mark("journey"),
    "exit_marks": mark("exit events"),
    "not_after": mark("deadline"),
    "address": mark("addresses"),
    "suppression": mark("suppression"),
    "consent": mark("consent"),
    "recipients": mark("allow-list"),
    "pauses": mark("pauses"),
    "suppress_rules": mark("rules"),
    "facts": mark("facts"),
    "capacity": mark("capacity"),
    "quiet_hours": mark("quiet hours"),
    "caps": mark("caps"),
    "template": mark("template"),
    "route": mark("account"),
    "render": mark("wording"),
    "read_back": mark("read-back"),
}

# What it means that a gate had nothing to ask about, or that it asked and nothing stood against the message.
_NOTHING: Final = {
    "exit_marks": mark("none came"),
    "not_after": mark("it has none"),
    "pauses": mark("none"),
    "suppress_rules": mark("none of the project concerns it"),
    "facts": mark("it states none of the project's"),
    "capacity": mark("nothing limits it"),
    "quiet_hours": mark("none concern it"),
    "caps": mark("none counts it"),
    "template": mark("none is needed"),
}
_PASSED: Final = {
    "exit_marks": mark("none came"),
    "not_after": mark("it has none"),
    "suppression": mark("none"),
    "pauses": mark("none"),
    "suppress_rules": mark("none stands against it"),
    "facts": mark("in force"),
    "capacity": mark("there is room"),
    "quiet_hours": mark("not now"),
    "caps": mark("not reached"),
    "render": mark("it can be written"),
    "read_back": mark("it says what the facts say"),
}

_CONSENTS: Final = {
    ConsentState.GRANTED: mark("{topic} granted {when}"),
    ConsentState.PENDING: mark("{topic} asked for {when}, not confirmed"),
    ConsentState.WITHDRAWN: mark("{topic} withdrawn {when}"),
}

_PAUSES: Final = {
    PauseScope.ALL: mark("everything is stopped"),
    PauseScope.CHANNEL: mark("the channel {subject} is paused"),
    PauseScope.ACCOUNT: mark("the account {subject} is paused"),
    PauseScope.JOURNEY: mark("the journey {subject} is paused"),
    PauseScope.STEP: mark("the step {subject} is paused"),
    PauseScope.MESSAGE: mark("the message {subject} is paused"),
    PauseScope.CUSTOMER: mark("the customer's marketing is paused"),
    PauseScope.HANDOFF: mark("a person is talking with the customer"),
}


@dataclass(frozen=True, slots=True)
class Teller:
    """Who is told: in which language, and with whose hours. `now` says which year goes without saying."""

    language: str
    say: Callable[[str], str]
    zone: str
    now: Instant

    def time(self, at: Instant) -> str:
        """`24 Nov 22:14`, `24/11 22:14`; with its year, where that is another."""
        wall = self._wall(at)
        same = wall.year == self._wall(self.now).year
        pattern = _PATTERNS[self.language == "pt-BR", same]
        return format_datetime(wall, pattern, locale=self.language.replace("-", "_"))

    def hour(self, at: Instant) -> str:
        """`22:14`."""
        return f"{self._wall(at):%H:%M}"

    def translate(self, sentence: str, /, **params: object) -> str:
        """A sentence with its places filled."""
        return self.say(sentence).format(**params)

    def _wall(self, at: Instant) -> datetime:
        return moment(at, self.zone)


# Portuguese or not, this year or another.
_PATTERNS: Final = {
    (True, True): "dd/MM HH:mm",
    (True, False): "dd/MM/y HH:mm",
    (False, True): "d MMM HH:mm",
    (False, False): "d MMM y HH:mm",
}


def gate_name(gate: str, say: Callable[[str], str]) -> str:
    """What a line about a gate begins with; a gate of a later version gives its own name."""
    return say(GATES[gate]) if gate in GATES else gate


def answer_words(answer: Answer, teller: Teller) -> str:
    """What one gate answered, and on which grounds."""
    told = _ANSWERS[answer.gate](answer, teller) if answer.gate in _ANSWERS else _grounds(answer, teller)
    return told or _in_general(answer, teller)


def _in_general(answer: Answer, teller: Teller) -> str:
    if answer.result == NOTHING_TO_ASK:
        return teller.say(_NOTHING.get(answer.gate, mark("nothing to ask")))
    if answer.result == "pass":
        return teller.say(_PASSED[answer.gate]) if answer.gate in _PASSED else answer.code
    return refused(answer.code or answer.gate, teller.say)


def _grounds(answer: Answer, teller: Teller) -> str:
    return " · ".join(evidence_words(one, teller) for one in answer.evidence)


# --- answers that are more than their grounds -------------------------------------------------------------------------


def _journey(answer: Answer, teller: Teller) -> str:
    if answer.result == "stop":
        return teller.translate("{journey} is no longer in the project", journey=answer.code)
    return _grounds(answer, teller)


def _deadline(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return teller.translate("{told}: that is over", told=told) if told and answer.result == "stop" else told


def _address(answer: Answer, teller: Teller) -> str:
    return _grounds(answer, teller) if answer.result == "pass" else ""


def _recipients(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return told if answer.result == "pass" else f"{told}: {refused(answer.code, teller.say)}"


def _suppression(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    return teller.translate("{told}, for marketing only", told=told) if told and answer.result == "pass" else told


def _facts(answer: Answer, teller: Teller) -> str:
    """What stood in the way first; then what files say, each place once, and what is live, each value with its word."""
    facts = [one for one in answer.evidence if isinstance(one, Fact)]
    told = [evidence_words(one, teller) for one in answer.evidence if isinstance(one, Obstacle)]
    written = [one for one in facts if one.version is None and one.value is not None]
    for parent, group in groupby(written, key=lambda fact: fact.path.rpartition(".")[0]):
        parts = list(group)
        values = ", ".join(f"{fact.path.rpartition('.')[2]} {fact.value}" for fact in parts)
        told.append(f"{parent}: {values} ({parts[0].written_at})" if parts[0].written_at else f"{parent}: {values}")
    told += [evidence_words(fact, teller) for fact in facts if fact not in written]
    return " · ".join(told)


def _quiet_hours(answer: Answer, teller: Teller) -> str:
    told = _grounds(answer, teller)
    urgent = answer.result == "pass" and answer.code
    return teller.translate("{told}; it is urgent and may pass", told=told) if urgent else told


def _template(answer: Answer, teller: Teller) -> str:
    """How WhatsApp says it, or why it does not."""
    if not answer.code:
        return ""
    if answer.result == "pass":
        if answer.code == CONVERSATION:
            return teller.say(mark("the customer wrote within a day: it goes out as free text"))
        return teller.translate("{template} is approved", template=answer.code)
    refusal, _, template = answer.code.partition(" ")
    why = reason(State.UNREACHABLE, refusal, teller.say).sentence.removesuffix(".")
    return f"{template}: {why}" if template else why


def _account(answer: Answer, teller: Teller) -> str:
    if answer.result == "pass":
        return _grounds(answer, teller)
    account, _, code = answer.code.partition(" ")
    if code == GONE:
        return teller.translate("{account} is no longer in the project", account=account)
    told = _grounds(answer, teller)
    why = reason(State.DEFERRED, code, teller.say).sentence.removesuffix(".") if code in _REFUSALS else ""
    if not told:
        return ""
    return f"{told}: {why or teller.say(mark('it has refused for long, the next one is tried'))}"


_REFUSALS: Final = frozenset({"provider_unavailable", "rate_limit"})


def _read_back(answer: Answer, teller: Teller) -> str:
    """An agent's reason, where their words differ from the facts."""
    return passed(answer.gate, answer.code, teller.say) if answer.result == "pass" and answer.code else ""


_ANSWERS: Mapping[str, Callable[[Answer, Teller], str]] = {
    "journey_live": _journey,
    "not_after": _deadline,
    "address": _address,
    "recipients": _recipients,
    "suppression": _suppression,
    "facts": _facts,
    "quiet_hours": _quiet_hours,
    "template": _template,
    "route": _account,
    "read_back": _read_back,
}


# --- grounds ----------------------------------------------------------------------------------------------------------


def evidence_words(evidence: object, teller: Teller) -> str:
    """One ground of an answer."""
    return _EVIDENCE[type(evidence)](evidence, teller)


def _wish(wish: Wish, teller: Teller) -> str:
    if wish.journey is None:
        return teller.translate("none: asked for directly ({origin})", origin=wish.origin)
    parts = [
        wish.journey,
        teller.translate("run {run}", run=wish.run_id) if wish.run_id else "",
        teller.translate("step {step}", step=wish.step) if wish.step else "",
        teller.translate("after {event} of {when}", event=wish.event_type, when=teller.time(wish.event_at))
        if wish.event_type and wish.event_at is not None
        else "",
    ]
    return ", ".join(filter(None, parts))


def _exit(exit_: Exit, teller: Teller) -> str:
    if exit_.at is None:
        return teller.translate("{event} ended the run", event=exit_.event_type)
    return teller.translate("{event} of {when} ended the run", event=exit_.event_type, when=teller.time(exit_.at))


def _consent(consent: Consent, teller: Teller) -> str:
    said = consent.said
    if said is None and consent.purpose == "transactional":
        purpose = teller.say(PURPOSES[consent.purpose])
        return teller.translate("{topic} needs none: {purpose}", topic=consent.topic, purpose=purpose)
    if said is None:
        return teller.translate("{topic} was never agreed to", topic=consent.topic)
    parts = [
        teller.translate(_CONSENTS[said.state], topic=said.topic, when=teller.time(said.at)),
        said.method.replace("_", " "),
        teller.translate("wording {wording}", wording=said.wording) if said.wording else "",
    ]
    told = ", ".join(filter(None, parts))
    return teller.translate("{told} (evidence {id})", told=told, id=said.id)


def _silence(silence: Silence, teller: Teller) -> str:
    why = detail_words("suppressed", silence.reason, teller.say)
    return teller.translate(
        "{address}: {reason} since {when}", address=silence.address, reason=why, when=teller.time(silence.at)
    )


def _paused(paused: Paused, teller: Teller) -> str:
    pause = paused.pause
    told = teller.translate(_PAUSES[pause.scope], subject=pause.subject)
    told = teller.translate("{told} since {when}", told=told, when=teller.time(pause.at))
    if pause.until is not None:
        told = teller.translate("{told}, until {when}", told=told, when=teller.time(pause.until))
    if pause.by:
        told = teller.translate("{told}, by {by}", told=told, by=pause.by)
    return f"{told}: {pause.reason}" if pause.reason else told


def _rule(rule: Rule, _teller: Teller) -> str:
    told = f"{rule.id}: {rule.title}" if rule.title else rule.id
    return f"{told} ({rule.object}: {rule.when})" if rule.when else told


def _fact(fact: Fact, teller: Teller) -> str:
    value = teller.say(mark("not known")) if fact.value is None else fact.value
    told = f"v{fact.version}, {fact.source}, {teller.time(fact.as_of)}" if fact.as_of is not None else ""
    whence = told or fact.written_at
    return f"{fact.path} {value} ({whence})" if whence else f"{fact.path} {value}"


def _quiet(quiet: QuietHours, teller: Teller) -> str:
    hours = quiet.hours.replace("-", "–")  # noqa: RUF001  # a dash between hours, as people write it
    zone = _zone(quiet, teller)
    return teller.translate(
        "{id} {hours} {zone}, now {hour}", id=quiet.id, hours=hours, zone=zone, hour=teller.hour(quiet.at)
    )


def _local_hour(local: LocalHour, teller: Teller) -> str:
    return teller.translate("not now, {hour} in {zone}", hour=teller.hour(local.at), zone=_zone(local, teller))


def _zone(found: QuietHours | LocalHour, teller: Teller) -> str:
    """Their zone; and where nothing tells it, that it is the project's."""
    if not found.guessed:
        return found.zone
    return teller.translate("{zone} (guessed: project's zone)", zone=found.zone)


def _cap(cap: Cap, teller: Teller) -> str:
    told = f"{cap.id} {cap.used}/{cap.limit}"
    return teller.translate("{cap}, reached", cap=told) if cap.used >= cap.limit else told


_EVIDENCE: Mapping[type, Callable[..., str]] = {
    Wish: _wish,
    Exit: _exit,
    Deadline: lambda deadline, teller: teller.translate("until {when}", when=teller.time(deadline.at)),
    Place: lambda place, _: place.address,
    Silence: _silence,
    Consent: _consent,
    Paused: _paused,
    Rule: _rule,
    Fact: _fact,
    Obstacle: lambda obstacle, teller: retold(obstacle.detail, teller.say),
    QuietHours: _quiet,
    LocalHour: _local_hour,
    Cap: _cap,
    Account: lambda account, _: f"{account.id} ({account.adapter})",
}
