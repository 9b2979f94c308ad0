"""What stood behind an answer of a gate, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.console.words import PURPOSES
from orchestrator.dispatch.explain.values import (
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
from orchestrator.domain.pause import PauseScope
from orchestrator.domain.said import retold
from orchestrator.reasons import detail_words
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.console.teller import Teller
    from orchestrator.domain.pause import Pause

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
    return pause_words(teller.translate(_PAUSES[pause.scope], subject=pause.subject), pause, teller)


def pause_words(told: str, pause: Pause, teller: Teller) -> str:
    """What is paused with when, by whom and why."""
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
