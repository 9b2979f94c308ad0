"""What can happen to a life from outside, as a scenario says it: events, changes of mind, facts, pauses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orchestrator.consent import STOP
from orchestrator.dispatch.facts import put_fact
from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import NotFound
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.message import Purpose
from orchestrator.domain.pause import Pause
from orchestrator.scenarios import model as kinds
from orchestrator.simulation.cast import GIVEN, addresses_on, agreed
from orchestrator.simulation.life import Happening
from orchestrator.simulation.payload import payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant
    from orchestrator.scenarios.model import Consents, Stopped
    from orchestrator.simulation.life import Life


def happen(life: Life, happening: kinds.Happening, at: Instant, things: Mapping[str, Any]) -> None:
    """One thing that happens, after all that is due before it.

    Args:
        life: whose.
        happening: what.
        at: when.
        things: those of the persona by kind, for what events carry.

    Raises:
        JogralError: it cannot happen: an event that would be refused, a fact that is not live.
    """
    life.live_until(at)
    match happening:
        case kinds.EventHappens():
            life.happen(Happening(at=at, type=happening.event, data=_carried(life, happening, things)))
        case kinds.ScheduleFires():
            life.meanwhile(at, lambda: life.enter(happening.schedule))
        case kinds.FactsChange():
            life.meanwhile(at, lambda: _put(life, happening))
        case kinds.MindChanges():
            life.meanwhile(at, lambda: agree(life, happening.consent))
        case kinds.SaysStop():
            life.meanwhile(at, lambda: _stop(life, happening))
        case kinds.IsPaused():
            life.meanwhile(at, lambda: pause(life, happening.pause))
        case kinds.IsResumed():
            life.meanwhile(at, lambda: _resume(life, happening.resume))
        case kinds.Opens(opens=message):
            life.meanwhile(at, lambda: _read(life, message))
        case kinds.Clicks(clicks=message):
            life.meanwhile(at, lambda: _read(life, message, clicked=True))


def agree(life: Life, said: Consents) -> None:
    """The customer agrees to topics, or withdraws."""
    customers = life.ledger.customers
    customers.standing = replace(customers.standing, consents=agreed(customers.standing.consents, said))


def pause(life: Life, stopped: Stopped) -> None:
    """Somebody stops something."""
    scope, subject = stopped.subject(life.ledger.customers.standing.customer.id)
    now = life.clock.now()
    made = new_id("pau", now, life.clock.entropy(ENTROPY_SIZE))
    life.ledger.pauses.put(Pause(id=made, scope=scope, subject=subject, reason="", by=GIVEN, at=now))


def _resume(life: Life, stopped: Stopped) -> None:
    scope, subject = stopped.subject(life.ledger.customers.standing.customer.id)
    life.ledger.pauses.lift(scope, subject, life.clock.now())
    life.ledger.pauses.release(scope, subject, life.clock.now())


def _carried(life: Life, happening: kinds.EventHappens, things: Mapping[str, Any]) -> dict[str, Any]:
    event_type = life.current.release.events.get(happening.event)
    if event_type is None:
        return dict(happening.data)  # the desk says that nobody declared it
    return payload(event_type, happening.data, things, life.ledger.events.known_objects)


def _put(life: Life, happening: kinds.FactsChange) -> None:
    for path, value in happening.facts.items():
        put_fact(life.ledger.transaction, life.current.release, life.clock, path, value, source=GIVEN)


def _stop(life: Life, happening: kinds.SaysStop) -> None:
    """No marketing at these addresses any more; what was agreed to there is over (see `dispatch.consents.stop`)."""
    customers, release = life.ledger.customers, life.current.release
    channels = list(Channel) if happening.stop == "all" else [happening.stop]
    marketing = [topic for topic in release.project.topics if release.purpose(topic) is Purpose.MARKETING]
    before = customers.standing
    over = {
        (topic, channel.value): ConsentState.WITHDRAWN
        for topic in marketing
        for channel in channels
        if happening.stop == "all" or (topic, channel.value) in before.consents
    }
    stopped: dict[tuple[str, str], str] = {
        (one.id, channel): STOP for channel in channels for one in addresses_on(before.customer, channel)
    }
    customers.standing = replace(
        before, consents={**before.consents, **over}, suppressions={**stopped, **before.suppressions}
    )


def _read(life: Life, message: str, *, clicked: bool = False) -> None:
    """A message is opened, or clicked: on the channel where it was sent last."""
    sent = [one for one in life.outcomes if one.message == message and one.state is State.SENT]
    if not sent:
        raise NotFound('"{message}" was not sent by then: nobody can open it.', code="never_sent", message=message)
    last = sent[-1]
    if last.run_id is not None and last.step is not None:
        life.ledger.runs.read.setdefault(last.run_id, set()).add(last.step)
        if clicked:
            life.ledger.runs.clicked.add((last.run_id, last.step))
