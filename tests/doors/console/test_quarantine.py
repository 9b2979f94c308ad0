"""What the console says of events that nobody understood."""

from __future__ import annotations

from orchestrator.dispatch.accept import EventDesk, IncomingEvent
from orchestrator.dispatch.publish import publish
from tests.doors.console.browsing import Server


def test_the_list_of_journeys_says_how_many_events_wait_why_and_since_when(make_app, release):
    """Whoever misses runs looks here; where nothing waits, nothing is said."""
    app = make_app()
    publish(app.store, release, app.clock.now())
    sent = [
        IncomingEvent(source="shop", id=str(number), type=name, occurred_at=app.clock.now(), data={})
        for number, name in enumerate(["order.placd", "order.placd", "order.placed"])
    ]
    with Server(app) as server:
        assert "nobody understood" not in server.get("/journeys").page.text
        with app.store.write() as transaction:
            EventDesk(release=release, clock=app.clock, quarantines=True).accept(transaction, sent)

        text = " ".join(server.get("/journeys").page.text.split())

    assert "Events that nobody understood: 3, the first since" in text
    assert "invalid_event 1, unknown_event_type 2" in text
