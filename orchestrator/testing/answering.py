"""What an adapter understands: every answer has an outcome, and doubt stays doubt but for the provider's own word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.contract.calls import DeviceAnswers, DeviceCalls, HttpAnswer, NoAnswer, SmtpAnswer
from orchestrator.domain.delivery import Outcome, OutcomeKind, Rejection
from orchestrator.testing.specimens import (
    ACCOUNT_STATUSES,
    BODIES,
    DOUBTFUL_STATUSES,
    UNREADABLE,
    every_answer,
    silences,
)
from orchestrator.testing.subject import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.contract.calls import Answer
    from orchestrator.testing.subject import Subject

_REFUSALS = frozenset(rejection.reason for rejection in Rejection)
_SETTLED = frozenset({OutcomeKind.SENT, OutcomeKind.NOT_SENT})
_UNASKED = DOUBTFUL_STATUSES | ACCOUNT_STATUSES | {429}
DETAIL_LENGTH_MAX = 2_000


def once(subject: Subject) -> Iterator[object]:
    """Some of what `outcome` is asked for, for whoever watches."""
    for status in (200, 400, 429, 500):
        yield subject.adapter.outcome(subject.as_answered(HttpAnswer(status, {"retry-after": "7"}, b"{}")))
    yield subject.adapter.outcome(SmtpAnswer(250, "2.0.0 Ok"))
    yield subject.adapter.found(HttpAnswer(404, {}, b""))


def every_answer_has_an_outcome(subject: Subject) -> Iterator[Fault]:
    """Also one that no provider should give, and one of another protocol: a row is never left without an outcome."""
    adapter = subject.adapter
    for name, answer in every_answer():
        for asked, outcome_of, given in (
            ("outcome", adapter.outcome, answer),
            ("outcome", adapter.outcome, subject.as_answered(answer)),
            ("found", adapter.found, answer),
        ):
            try:
                outcome = outcome_of(given)
            except Exception as error:  # noqa: BLE001  # that is what is looked for
                yield Fault("answers", f"{asked} raises {type(error).__name__} for {name}")
                continue
            yield from _well_formed(outcome, f"{asked} for {name}")


def _well_formed(outcome: object, where: str) -> Iterator[Fault]:
    if not isinstance(outcome, Outcome):
        yield Fault("outcome", f"{where} is {outcome!r}, not an Outcome")
        return
    if bool(outcome.reason) != (outcome.kind is not OutcomeKind.SENT):
        yield Fault("outcome", f"{where} is {outcome.kind} with the reason {outcome.reason!r}")
    if outcome.kind is OutcomeKind.REFUSED and outcome.reason not in _REFUSALS:
        yield Fault("outcome", f"{where} is refused for {outcome.reason!r}, which is no Rejection's reason")
    if outcome.stopped and outcome.kind is not OutcomeKind.NOT_SENT:
        yield Fault("outcome", f"{where} stops the account, and is {outcome.kind}: what stops it was not sent")
    wait = outcome.retry_after_seconds
    if wait is not None and not 0 <= wait < float("inf"):
        yield Fault("retry-after", f"{where} asks to wait {wait} seconds")
    if len(outcome.detail) > DETAIL_LENGTH_MAX:
        yield Fault("outcome", f"{where} has a detail of {len(outcome.detail)} characters: keep an excerpt")


def doubt_stays_doubt(subject: Subject) -> Iterator[Fault]:
    """The provider may have taken it: only its own word, written down as such, makes it definite."""
    if not subject.is_http:
        return
    for status in sorted(DOUBTFUL_STATUSES):
        for name, body in BODIES.items():
            outcome = _of_http(subject, HttpAnswer(status, {}, body))
            # A repeated reference, which a provider may answer with 409, has been taken.
            if outcome.kind is OutcomeKind.UNKNOWN or (status == 409 and outcome.kind is OutcomeKind.SENT):  # noqa: PLR2004  # its name
                continue
            yield Fault("doubt", f"{status} with {name} is {outcome.kind}: nobody knows whether it was taken")
            break
    waited = _of_http(subject, HttpAnswer(503, {"retry-after": "7"}, b""))
    if waited.kind is not OutcomeKind.UNKNOWN:
        yield Fault("doubt", f"503 with Retry-After is {waited.kind}: nobody knows whether it was taken")


def an_unreadable_yes_is_doubt(subject: Subject) -> Iterator[Fault]:
    """A web page with 200 is some proxy's: it is neither a yes nor a no."""
    if not subject.is_http:
        return
    for name in UNREADABLE:
        outcome = _of_http(subject, HttpAnswer(200, {}, BODIES[name]))
        if outcome.kind is not OutcomeKind.UNKNOWN:
            yield Fault("unreadable", f"200 with {name} is {outcome.kind}: it is no answer of the provider")
    for status in range(200, 300):
        outcome = _of_http(subject, HttpAnswer(status, {}, b""))
        if outcome.kind not in {OutcomeKind.UNKNOWN, OutcomeKind.SENT}:
            yield Fault("unreadable", f"{status} without a body is {outcome.kind}: it may have been taken")
    for status in (100, 101, 199, 300, 301, 302, 303, 307, 308):
        outcome = _of_http(subject, HttpAnswer(status, {"location": "https://elsewhere.example/"}, b""))
        if outcome.kind in {OutcomeKind.SENT, OutcomeKind.REFUSED}:
            yield Fault("unreadable", f"{status} is {outcome.kind}: redirects are not followed, and refuse nobody")


def silence_is_what_the_transport_says(subject: Subject) -> Iterator[Fault]:
    """Certain before the first byte, doubt after it."""
    for silence in silences():
        outcome = subject.adapter.outcome(subject.as_answered(silence))
        expected = OutcomeKind.UNKNOWN if silence.in_doubt else OutcomeKind.NOT_SENT
        if outcome.kind is not expected:
            when = "after the first byte" if silence.in_doubt else "before the first byte"
            yield Fault("silence", f"{silence.reason} {when} is {outcome.kind}, not {expected}")
        elif silence.in_doubt and (outcome.reason == "timeout") != (silence.reason == "timeout"):
            yield Fault("silence", f"{silence.reason} in doubt has the reason {outcome.reason}: use `unanswered`")


def the_account_is_not_the_person(subject: Subject) -> Iterator[Fault]:
    """A wrong password says nothing against anybody's address."""
    if subject.is_http:
        for status in sorted(ACCOUNT_STATUSES):
            for name, body in BODIES.items():
                outcome = _of_http(subject, HttpAnswer(status, {}, body))
                if outcome.kind not in {OutcomeKind.NOT_SENT, OutcomeKind.UNKNOWN}:
                    yield Fault("account", f"{status} with {name} is {outcome.kind}: it is our login, not the person")
                    break
    if subject.is_smtp:
        for code in (530, 535):
            outcome = subject.adapter.outcome(SmtpAnswer(code, "5.7.8 bad credentials"))
            if outcome.kind is not OutcomeKind.NOT_SENT:
                yield Fault("account", f"SMTP {code} is {outcome.kind}: it is our login")


def too_many_is_obeyed(subject: Subject) -> Iterator[Fault]:
    """The provider says how long to wait, and until then nothing is asked."""
    if not subject.is_http:
        return
    for body in (b"", b"{}", BODIES["a web page"]):
        outcome = _of_http(subject, HttpAnswer(429, {"retry-after": "7"}, body))
        if outcome.kind is not OutcomeKind.NOT_SENT:
            yield Fault("throttled", f"429 is {outcome.kind}: it was not taken, and may be tried again")
        elif outcome.retry_after_seconds != 7:  # noqa: PLR2004  # what was answered
            yield Fault("retry-after", f"Retry-After: 7 becomes {outcome.retry_after_seconds} seconds")


def mail_servers_are_definite(subject: Subject) -> Iterator[Fault]:
    """A reply says whether the letter was taken."""
    if not subject.is_smtp:
        return
    for code, expected in ((250, OutcomeKind.SENT), (421, OutcomeKind.NOT_SENT), (450, OutcomeKind.NOT_SENT),
                           (550, OutcomeKind.REFUSED), (554, OutcomeKind.REFUSED)):  # fmt: skip
        outcome = subject.adapter.outcome(SmtpAnswer(code, "as it is"))
        if outcome.kind is not expected:
            yield Fault("smtp", f"SMTP {code} is {outcome.kind}, not {expected}")


def devices_are_one_send(subject: Subject) -> Iterator[Fault]:
    """Doubt of one device is doubt of the send, unless another has it for certain."""
    if not isinstance(subject.call(), DeviceCalls):
        return
    doubt, never = NoAnswer("timeout", in_doubt=True), NoAnswer("connect", in_doubt=False)
    for answers in ((doubt, never), (never, doubt), (HttpAnswer(500, {}, b""), never)):
        outcome = subject.adapter.outcome(DeviceAnswers(answers))
        if outcome.kind is not OutcomeKind.UNKNOWN:
            yield Fault("devices", f"one device in doubt and one never reached is {outcome.kind}, not unknown")
    for answers in ((never, never), (HttpAnswer(404, {}, b""), doubt)):
        outcome = subject.adapter.outcome(DeviceAnswers(answers))
        if any(not 0 <= place < len(answers) for place in outcome.gone):
            yield Fault("devices", f"gone names {outcome.gone} of {len(answers)} devices")


def a_look_up_settles_only_what_it_knows(subject: Subject) -> Iterator[Fault]:
    """A question is answered by yes, by no, or not at all; and one that found nobody is not answered."""
    adapter = subject.adapter
    for silence in silences():
        if adapter.found(silence).kind is not OutcomeKind.UNKNOWN:
            yield Fault("look-up", f"found settles a doubt by {silence.reason}: nobody was asked")
    for name, answer in every_answer():
        kind = adapter.found(answer).kind
        if kind is OutcomeKind.REFUSED or (kind in _SETTLED and not adapter.can.looks_up):
            yield Fault("look-up", f"found is {kind} for {name}: a question refuses nobody")
        elif isinstance(answer, HttpAnswer) and answer.status in _UNASKED and kind in _SETTLED:
            yield Fault("look-up", f"found is {kind} for {name}: the question itself was not answered")


def recorded_answers_mean_what_they_mean(subject: Subject) -> Iterator[Fault]:
    """What the provider did answer once."""
    for one in subject.answers:
        asked = subject.adapter.found if one.of_look_up else subject.adapter.outcome
        given: Answer = one.answer if one.of_look_up else subject.as_answered(one.answer)
        outcome = asked(given)
        for name, expected in one.means.items():
            found = getattr(outcome, name)
            if (list(found) if isinstance(found, tuple) else found) != expected:
                yield Fault("recorded", f"{one.what}: {name} is {found!r}, not {expected!r}")
                break


def _of_http(subject: Subject, answer: HttpAnswer) -> Outcome:
    return subject.adapter.outcome(subject.as_answered(answer))


CHECKS = (
    every_answer_has_an_outcome,
    doubt_stays_doubt,
    an_unreadable_yes_is_doubt,
    silence_is_what_the_transport_says,
    the_account_is_not_the_person,
    too_many_is_obeyed,
    mail_servers_are_definite,
    devices_are_one_send,
    a_look_up_settles_only_what_it_knows,
    recorded_answers_mean_what_they_mean,
)
