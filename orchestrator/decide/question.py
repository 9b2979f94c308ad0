"""One request on its way through the gates. Those of the message are asked once, those of a channel for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decide.asking import Asking, Next
from orchestrator.decide.how import route, template
from orchestrator.decide.left import best
from orchestrator.decide.reaching import channels_of
from orchestrator.decide.when import caps, providers_cap, quiet_hours
from orchestrator.decide.where import address, pauses, recipients
from orchestrator.decide.whether import exit_marks, facts, journey_live, not_after, suppress_rules
from orchestrator.domain.verdict import Decision, Send

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.verdict import Verdict


def decision_of(asking: Asking) -> Decision:
    """Ask every gate in its order, until one says what becomes of the request."""
    verdict = _verdict(asking)
    # Of the channel that is taken: others were asked about their caps too, perhaps behind it.
    day = asking.counted.get(verdict.channel) if isinstance(verdict, Send) else None
    return Decision(verdict, tuple(asking.trace), day)


def _verdict(asking: Asking) -> Verdict:
    stop = journey_live(asking) or exit_marks(asking) or not_after(asking)
    if stop is not None:
        return stop
    left: list[Verdict] = []
    cleared = False
    for channel in channels_of(asking.request):
        send = _allowed(asking, channel)
        if isinstance(send, Send):
            stop = None if cleared else suppress_rules(asking) or facts(asking)
            if stop is not None:
                return stop
            cleared = True
            send = _taken(asking, send)
        if not isinstance(send, Next):
            return send
        left.append(send.otherwise)
    return best(left)


def _allowed(asking: Asking, channel: Channel) -> Verdict | Next:
    """Whether the channel reaches the customer, and may: to whom it would go, through which account."""
    send = address(asking, channel)
    return send if isinstance(send, Next) else recipients(asking, send) or pauses(asking, send) or send


def _taken(asking: Asking, send: Send) -> Verdict | Next:
    """Whether it can go now, and how it is said."""
    stop = quiet_hours(asking, send) or providers_cap(asking, send) or caps(asking, send)
    if stop is not None:
        return stop
    said = template(asking, send)
    return said if isinstance(said, Next) else route(asking, said)
