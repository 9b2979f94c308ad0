"""What stood behind a decision, read from the ledger as it was when the decision was made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.current import data_for
from orchestrator.dispatch.explain.gates import PASS, Findings
from orchestrator.dispatch.explain.values import Exit, Fact, Rule, Wish
from orchestrator.domain.customer import ConsentState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.delivery import Request
    from orchestrator.domain.pause import Pause
    from orchestrator.domain.time import Instant
    from orchestrator.domain.verdict import Step
    from orchestrator.facts.book import FactBook
    from orchestrator.store.evidence import ConsentSaid, KnownRequest
    from orchestrator.store.port import Transaction


def read_findings(
    transaction: Transaction,
    current: Current,
    known: KnownRequest,
    customer: Customer,
    trace: Sequence[Step],
    *,
    zone: str,
    recorded_until: Instant,
    at: Instant,
) -> Findings:
    """Evidence for the steps of a trace.

    Args:
        transaction: the ledger.
        current: the release that the decision was made with.
        known: the request.
        customer: as they are now.
        trace: the steps: what they do not speak of is not read.
        zone: the customer's.
        recorded_until: machine time; what was recorded later had no part in it.
        at: business time.
    """
    request, why = known.request, transaction.explanations
    said = [one for one in why.consents(customer.id, request.topic) if one.recorded_at <= recorded_until]
    silenced = why.silenced(customer.id, [address.id for address in customer.addresses])
    data = data_for(request, customer, transaction.events.data_of(set(request.objects.items())))
    claimed = current.claimed(request)
    live = current.live_paths([request])
    book = current.book(why.facts_at(live, recorded_until) if live else {})
    ends = book.ends(claimed.lasting, data, at) if claimed.lasting else None
    project = current.release.project
    return Findings(
        request=request,
        customer=customer,
        zone=zone,
        at=at,
        wish=_wish(transaction, known),
        ends=min(filter(None, (request.not_after, ends)), default=None),
        exit=_exit(transaction, known, trace),
        consents=in_force(said),
        silenced=tuple(one for one in silenced if one.at <= recorded_until),
        pauses=_pauses(transaction, request, trace, recorded_until),
        own_hours=frozenset(rule.id for rule in project.quiet_hours if rule.timezone == "customer"),
        rules={
            rule.id: Rule(id=rule.id, title=rule.title, object=rule.object, when=rule.when)
            for rule in project.suppress_rules
        },
        facts=tuple(_facts(current, book, data, (*claimed.facts, *sorted(live)), at)),
        adapters={account.id: account.adapter for channel in project.channels.values() for account in channel.accounts},
    )


def in_force(said: Iterable[ConsentSaid]) -> dict[str, ConsentSaid]:
    """Channel → what holds of all that was said: the newest word, but an opt-out from the moment it is recorded."""
    found: dict[str, ConsentSaid] = {}
    for one in said:
        before = found.get(one.channel)
        if before is None or one.state is ConsentState.WITHDRAWN or one.at >= before.at:
            found[one.channel] = one
    return found


def _wish(transaction: Transaction, known: KnownRequest) -> Wish:
    event = transaction.explanations.event(known.event_id) if known.event_id else None
    return Wish(
        origin=known.origin,
        journey=known.request.journey,
        run_id=known.request.run_id,
        step=known.step,
        event_id=known.event_id,
        event_type=event.type if event else None,
        event_at=event.occurred_at if event else None,
    )


def _exit(transaction: Transaction, known: KnownRequest, trace: Sequence[Step]) -> Exit | None:
    step = next((step for step in trace if step.gate == "exit_marks" and step.result != PASS), None)
    journey = known.request.journey
    if step is None or journey is None:
        return None
    marks = transaction.explanations.exits(journey, known.request.customer_id)
    mark = next((one for one in marks if one.event_type == step.detail and one.key in ("", known.key)), None)
    return None if mark is None else Exit(event_type=mark.event_type, event_id=mark.event_id, at=mark.at)


def _pauses(
    transaction: Transaction, request: Request, trace: Sequence[Step], at: Instant
) -> dict[tuple[str, str], Pause]:
    """By (scope, subject), those that steps speak of."""
    pairs = {pause_of(step, request) for step in trace if step.gate == "pauses" and step.result != PASS}
    found = transaction.explanations.pauses_of(pairs, at) if pairs else []
    # Newest first: of several, the last written stays.
    return {(one.scope.value, one.subject): one for one in reversed(found)}


def pause_of(step: Step, request: Request) -> tuple[str, str]:
    """The (scope, subject) of the pause that a step met; a customer is not named in traces."""
    scope, _, subject = step.detail.partition(" ")
    return scope, subject or (request.customer_id if scope == "customer" else "")


def _facts(
    current: Current, book: FactBook, data: Mapping[str, Any], paths: Sequence[str], now: Instant
) -> Iterable[Fact]:
    for path in dict.fromkeys(paths):
        value = book.value(path, data, now)
        place, fact = current.release.facts.place(path), book.live.get(path)
        yield Fact(
            path=path,
            value=value if isinstance(value, (int, float)) or value is None else str(value),
            written_at="" if place is None or fact is not None else f"{place.file}:{place.line}",
            version=book.version(path),
            source="" if fact is None else fact.source,
            as_of=None if fact is None else fact.as_of,
        )
