"""Somebody who opens links of messages: a client of the public pages, and what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from orchestrator.dispatch.accept import CustomerReference, EventDesk, IncomingEvent, WantedMessage, accept_message
from orchestrator.dispatch.consents import PERSON, Proof, agree
from orchestrator.dispatch.register import Profile, register, revise
from orchestrator.domain.customer import Channel
from orchestrator.journeys.steps import Channels
from orchestrator.tokens import TokenPurpose
from tests.doors.conftest import Caller, drained
from tests.doors.console.browsing import Page

FORM = "application/x-www-form-urlencoded"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}

PATHS = {
    TokenPurpose.UNSUBSCRIBE: "/u/",
    TokenPurpose.PREFERENCES: "/p/",
    TokenPurpose.WHY: "/w/",
    TokenPurpose.CONFIRM: "/c/",
}

ORDER = {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-12-01"}


@dataclass(frozen=True)
class Visitor:
    """A browser without cookies, and the ledger behind the pages."""

    app: object
    release: object
    caller: Caller
    customer: str

    def registered(self, **profile):
        """The same, known to the shop, with an e-mail address, a phone and a device of their own."""
        name, number = self.customer.removeprefix("cus_"), int(self.app.clock.entropy(3).hex(), 16)
        known = {
            "emails": (f"{name}@example.com",),
            "phones": (f"+55119{number:08}",),
            "push_tokens": (f"device-of-{name}",),
            "attributes": {"first_name": "Ana"},
            "locale": "pt-BR",
        }
        wanted = Profile(id=self.customer, **{**known, **profile})
        with self.app.store.write() as transaction:
            if transaction.customers.known([self.customer]):
                revise(transaction, self.customer, wanted, self.app.clock)
            else:
                register(transaction, [wanted], self.app.clock)
        return self

    # --- links

    def link(self, purpose, *, ago_ms=0, **subject):
        """The link that a message to them carries."""
        token = self.app.keyring.issue(purpose, self.subject(purpose) | subject, now=self.app.clock.now() - ago_ms)
        return PATHS[purpose] + token

    def subject(self, purpose):
        every = {"customer": self.customer, "address": self.address("email"), "topic": "offers", "delivery": "msg_none"}
        wanted = {
            TokenPurpose.PREFERENCES: ("customer", "address"),
            TokenPurpose.WHY: ("customer", "address", "delivery"),
        }.get(purpose, tuple(every))
        return {name: every[name] for name in wanted}

    def address(self, kind):
        with self.app.store.read() as transaction:
            return next(one.id for one in transaction.customers.get(self.customer).addresses if one.kind == kind)

    # --- pages

    def get(self, path, method="GET", **headers):
        return Shown(self.caller.call(method, path, **headers))

    def post(self, path, *fields, **headers):
        """Fields are pairs: a form may have several of one name."""
        return Shown(self.caller.call("POST", path, urlencode(fields).encode(), Content_Type=FORM, **headers))

    def click(self, path):
        return self.post(path, *ONE_CLICK.items())

    # --- the ledger

    @property
    def consents(self):
        """(topic, channel) → state."""
        with self.app.store.read() as transaction:
            return {key: state.value for key, state in transaction.consents.of(self.customer).items()}

    @property
    def history(self):
        """All that they said, newest first."""
        with self.app.store.read() as transaction:
            return [one.event for one in transaction.consents.history(self.customer, limit=500)]

    def agreed(self, topic, *channels, wording=None):
        """They have agreed, and confirmed it where the topic asks for that."""
        wording = wording or next(name for name, one in self.release.wordings.items() if one.topic == topic)
        proof = Proof(
            method="double_opt_in",
            source="rodape",
            actor=PERSON,
            wording=wording,
            evidence={"confirmed_at": "2026-11-25T12:00:00Z"},
        )
        with self.app.store.write() as transaction:
            agree(
                transaction,
                self.release,
                self.app.clock,
                self.customer,
                topic,
                [Channel(one) for one in channels],
                proof,
            )

    def ask(self, message, *channels, **data):
        """Ask for a message; its id."""
        wanted = WantedMessage(
            message=message, customer_id=self.customer, channels=Channels(first_reachable=channels), data=data
        )
        with self.app.store.write() as transaction:
            made = accept_message(
                transaction, self.release, self.app.clock, wanted, identity=f"test/{self.app.clock.entropy(8)}",
                origin="test",
            )  # fmt: skip
        return made[0].id

    def sent(self, message, *channels, **data):
        """Ask for a message and let a worker look at it: (state, reason)."""
        return self.outcome(self.send(message, *channels, **data))

    def send(self, message, *channels, **data):
        """Ask for a message and let a worker look at it; its id."""
        delivery = self.ask(message, *channels, **data)
        drained(self.app)
        return delivery

    def happened(self, type_, **data):
        """An event of theirs, and what a worker makes of it; the id of the first message that it asked for."""
        event = IncomingEvent(
            source="shop", id=f"evt_{self.customer}", type=type_, occurred_at=self.app.clock.now(), data=data,
            customer=CustomerReference(id=self.customer),
        )  # fmt: skip
        with self.app.store.write() as transaction:
            (accepted,) = EventDesk(release=self.release, clock=self.app.clock).accept(transaction, [event])
        drained(self.app)
        return accepted.requests[0].id

    def outcome(self, delivery):
        with self.app.store.read() as transaction:
            found = transaction.explanations.request(delivery)
        return found.state.value, found.reason

    def inbox(self):
        """What the local inbox holds, newest first."""
        with self.app.store.read() as transaction:
            return transaction.inbox.page(before=None, limit=100)


class Shown:
    """What came back."""

    def __init__(self, reply):
        self.status, self.headers, self.body = reply.status, reply.headers, reply.body.decode()

    @property
    def page(self):
        return Page.of(self.body)

    @property
    def text(self):
        """The words, as they stand in a row on the page."""
        return " ".join("".join(data for data, _ in self.page.words).split())
