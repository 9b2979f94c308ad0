"""Pausing and going on: what is named must exist, and what was held for a pause that is over is decided anew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.record import record
from orchestrator.dispatch.whose import lock_customer
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import FieldError, InputError, NotFound, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.pause import OF_A_CUSTOMER, Pause, PauseScope, step_of
from orchestrator.domain.time import rfc3339
from orchestrator.journeys.asking import askings
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Store, Transaction

# A worker that looked before a pause was lifted may hold a row after it: these rows are looked for so long, and they
# were held no later after it than a gate takes.
LOOKED_FOR_MS = 3_600_000
GATE_MS = 60_000


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedPause:
    """What somebody wants stopped. `until` is business time; None: until somebody lifts it."""

    scope: PauseScope
    subject: str = ""
    reason: str = ""
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """What going on did: whether there was a pause, and what it had held (lane → how many)."""

    was_paused: bool
    released: Mapping[str, int]


def pause(  # where, by which rules and clock, what, and who
    transaction: Transaction, release: Release, clock: Clock, wanted: WantedPause, *, by: str, actor: str = ""
) -> Pause:
    """Stop something; a pause of the same that stands is replaced.

    `by` is how people read who did it, `actor` how the audit chain names them, where that differs.

    Raises:
        NotFound: there is no such channel, account, journey, step, message or customer.
        InputError: its end is past.
    """
    _ensure_known(transaction, release, wanted.scope, wanted.subject)
    wanted = replace(wanted, subject=_subject(transaction, wanted.scope, wanted.subject))
    now = clock.now()
    if wanted.until is not None and wanted.until <= transaction.ledger.clock().now(now):
        raise InputError.at("#/until", "The pause would be over already.", code="past_end", remedy="Take a later end.")
    made = Pause(
        id=new_id("pau", now, clock.entropy(ENTROPY_SIZE)),
        scope=wanted.scope,
        subject=wanted.subject,
        reason=wanted.reason,
        by=by,
        at=now,
        until=wanted.until,
    )
    transaction.pauses.put(made)
    until = None if made.until is None else rfc3339(made.until)
    _record(transaction, clock, "pause.set", made.scope, made.subject, by=actor or by, reason=made.reason, until=until)
    return made


def resume(  # where, by which rules and clock, what, and who
    transaction: Transaction, release: Release, clock: Clock, scope: PauseScope, subject: str = "", *, by: str
) -> Resumed:
    """Go on: the pause is lifted, and what it held is decided anew.

    Raises:
        NotFound: it was not paused, and there is no such channel, account, journey, step, message or customer.
    """
    now = clock.now()
    subject = _subject(transaction, scope, subject)
    standing = _stands(transaction, scope, subject, now)
    lifted = transaction.pauses.lift(scope, subject, now)
    if lifted:
        _record(transaction, clock, "pause.lifted", scope, subject, by=by)
    else:
        _ensure_known(transaction, release, scope, subject)
    if scope is PauseScope.ACCOUNT:
        # Whoever says so has mended it: nobody waits until its provider would be tried again.
        transaction.accounts.open([subject])
        woken = transaction.accounts.wake(now, transaction.ledger.clock().now(now))
        released = Counter(transaction.pauses.release(scope, subject, now)) + Counter(woken)
        return Resumed(standing, dict(released))
    return Resumed(standing, transaction.pauses.release(scope, subject, now))


def _subject(transaction: Transaction, scope: PauseScope, subject: str) -> str:
    """Who was merged is paused where they are now."""
    if scope not in OF_A_CUSTOMER:
        return subject
    return lock_customer(transaction, subject) or subject


def _record(  # everything that an entry about a pause tells
    transaction: Transaction, clock: Clock, kind: str, scope: PauseScope, subject: str, *, by: str, **said: str | None
) -> None:
    """A customer is whom the entry is about, and nowhere else in it."""
    customer_id = subject if scope in OF_A_CUSTOMER else None
    named = None if scope in {*OF_A_CUSTOMER, PauseScope.ALL} else subject
    record(transaction, clock, kind, by=by, customer_id=customer_id, scope=scope.value, subject=named, **said)


def wake_paused(store: Store, now: Instant) -> int:
    """Lift pauses that are over, and free what they held; how many there were.

    Also what was held in the very moment in which somebody went on.
    """
    with store.read() as transaction:
        business_now = transaction.ledger.clock().now(now)
        over = transaction.pauses.over(business_now)
        lifted = [one for one in transaction.pauses.lifted(now - LOOKED_FOR_MS) if _holds(transaction, one, now)]
    if not over and not lifted:
        return 0
    with store.write() as transaction:
        ended = [*transaction.pauses.lift_over(business_now, now), *lifted]
        return sum(
            sum(
                transaction.pauses.release(
                    one.scope, one.subject, now, until=_held_until(one), due_at=_due_again(one, business_now)
                ).values()
            )
            for one in ended
        )


def _due_again(ended: Pause, business_now: Instant) -> Instant | None:
    """What waited while a person had the customer is due together, so that what was asked for first goes first."""
    if ended.scope is not PauseScope.HANDOFF:
        return None
    return business_now if ended.until is None else min(ended.until, business_now)


def _holds(transaction: Transaction, lifted: Pause, now: Instant) -> bool:
    """One that another took the place of is not over."""
    return not _stands(transaction, lifted.scope, lifted.subject, now) and transaction.pauses.holds(
        lifted.scope, lifted.subject, until=_held_until(lifted)
    )


def _held_until(lifted: Pause) -> Instant | None:
    """When it may have held something last: whoever looked before it was lifted has written what they saw by then."""
    return None if lifted.lifted_at is None else lifted.lifted_at + GATE_MS


def _stands(transaction: Transaction, scope: PauseScope, subject: str, now: Instant) -> bool:
    customers = [subject] if scope in OF_A_CUSTOMER else []
    return transaction.pauses.active(transaction.ledger.clock().now(now), customers).of(scope, subject) is not None


# --- what may be named ------------------------------------------------------------------------------------------------

_CHANNELS = tuple(channel.value for channel in Channel)

# Scope → (the code and the sentence for one that does not exist, and which ones there are beside it).
_KNOWN: Mapping[PauseScope, tuple[str, str, Callable[[Release, str], Collection[str]]]] = {
    PauseScope.CHANNEL: ("unknown_channel", mark('There is no channel "{subject}"{hint}'), lambda *_: _CHANNELS),
    PauseScope.ACCOUNT: (
        "unknown_account",
        mark('There is no account "{subject}"{hint}'),
        lambda release, _: [account.id for one in release.project.channels.values() for account in one.accounts],
    ),
    PauseScope.JOURNEY: (
        "unknown_journey",
        mark('There is no journey "{subject}"{hint}'),
        lambda release, _: release.journeys,
    ),
    PauseScope.STEP: (
        "unknown_step",
        mark('There is no step "{subject}" that sends something{hint}'),
        lambda release, subject: _sending(release, subject.partition("/")[0]),
    ),
    PauseScope.MESSAGE: (
        "unknown_message",
        mark('There is no message "{subject}"{hint}'),
        lambda release, _: [*release.messages, *release.replies],
    ),
}


def _ensure_known(transaction: Transaction, release: Release, scope: PauseScope, subject: str) -> None:
    """By the release that runs: a pause of what does not exist would stop nothing, and nobody would notice."""
    if scope is PauseScope.ALL:
        return
    if scope in OF_A_CUSTOMER:
        if not transaction.customers.known([subject]):
            template = mark('There is no customer "{subject}".')
            raise NotFound(template, code="unknown_customer", fields=[_field("unknown_customer", template, subject)],
                           subject=subject)  # fmt: skip
        return
    code, template, names = _KNOWN[scope]
    known = names(release, subject)
    if subject not in known:
        hint = did_you_mean(subject, known)
        raise NotFound(
            template,
            remedy="There are: {known}.",
            code=code,
            fields=[_field(code, template, subject, hint)],
            subject=subject,
            hint=hint,
            known=", ".join(known),
        )


def _sending(release: Release, journey: str) -> list[str]:
    """The steps that a pause may name: those of the journey, or of all where it is none."""
    named = [release.journeys[journey]] if journey in release.journeys else release.journeys.values()
    return [step_of(one.id, asking.step) for one in named for asking in askings(one)]


def _field(code: str, template: str, subject: str, hint: object = "") -> FieldError:
    return FieldError(pointer="#/subject", code=code, template=template, params={"subject": subject, "hint": hint})
