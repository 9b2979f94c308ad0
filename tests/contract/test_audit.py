"""The auditor: each invariant on a ledger where somebody broke it by hand, and silence on one where nobody did."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select, text, update
from structlog.testing import capture_logs

from orchestrator.dispatch.audit import DECISIONS_AGAIN, INVARIANTS, Auditor, violations
from orchestrator.dispatch.publish import publish
from orchestrator.domain.time import instant
from orchestrator.store import people_tables, tables
from orchestrator.store.audit import QUESTIONS
from orchestrator.store.port import BusinessClock, Look
from orchestrator.testing import FakeClock
from tests.contract.world import placed

NOON = instant(datetime(2026, 11, 25, 15, tzinfo=UTC))  # in São Paulo
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NIGHT = NOON + 10 * HOUR


@pytest.fixture
def clock():
    return FakeClock(NOON + 10 * MINUTE)


@pytest.fixture
def ledger(store, release, clock):
    publish(store, release, clock.now())
    return Books(store, release.id)


class Books:
    """A ledger as somebody writes it who knows no gate: one marketing e-mail, sent and in order."""

    def __init__(self, store, release_id):
        self.store = store
        self.release_id = release_id
        self.customer("cus_ana")
        self.message("msg_1")
        self.said("granted", at=NOON - 30 * DAY)

    def write(self, table, **row):
        with self.store.engine.begin() as connection:
            connection.execute(insert(table).values(**row))

    def change(self, delivery_id="msg_1", **values):
        with self.store.engine.begin() as connection:
            connection.execute(update(tables.deliveries).where(tables.deliveries.c.id == delivery_id).values(**values))

    def customer(self, customer_id, zone="America/Sao_Paulo", changed_at=NOON - 40 * DAY):
        self.write(
            tables.customers, id=customer_id, time_zone=zone, attributes={}, created_at=changed_at,
            updated_at=changed_at,
        )  # fmt: skip
        self.write(tables.addresses, id=f"adr_{customer_id}", kind="email", value=customer_id, created_at=NOON)
        self.write(tables.customer_addresses, customer_id=customer_id, address_id=f"adr_{customer_id}", rank=0)

    def message(self, delivery_id, at=NOON, *, rendered=True, decided=True, **changes):
        """One that was sent at an instant, with its decision and its words."""
        row = {
            "id": delivery_id, "identity": delivery_id, "message": "review_request", "customer_id": "cus_ana",
            "topic": "reviews", "purpose": "marketing", "candidates": "email", "objects": {}, "data": {},
            "priority": "normal", "origin": "test", "state": "sent", "lane": "marketing", "due_at": at,
            "next_action_at": at, "channel": "email", "account": "email", "address_id": "adr_cus_ana",
            "release_id": self.release_id, "accepted_at": at, "sending_at": at, "settled_at": at + 100,
            "reserved_at": at, "reserved_day": datetime.fromtimestamp(at / 1000 - 3 * 3600, tz=UTC).date().isoformat(),
        }  # fmt: skip
        self.write(tables.deliveries, **{**row, **changes})
        if decided:
            self.decided(delivery_id, at)
        if rendered:
            self.write(
                tables.renderings, delivery_id=delivery_id, channel="email", locale="pt-BR",
                release_id=self.release_id, content="{}", at=at, **self.old_claims,
            )  # fmt: skip

    # The column goes with the migration that nobody waits for.
    old_claims = {"claims": "[]"} if "claims" in tables.renderings.c else {}

    def decided(self, delivery_id, at, verdict="send"):
        self.write(tables.decisions, delivery_id=delivery_id, verdict=verdict, trace="[]", at=at, business_at=at)

    def said(self, state, *, at, recorded_at=None, channel="email", topic="reviews", customer_id="cus_ana"):
        with self.store.engine.begin() as connection:
            number = connection.scalar(text("SELECT count(*) FROM consent_events"))
        self.write(
            tables.consent_events, id=f"con_{number}", customer_id=customer_id, topic=topic, channel=channel,
            state=state, legal_basis="consent", method="", source="", evidence={}, at=at,
            recorded_at=at if recorded_at is None else recorded_at,
        )  # fmt: skip

    def arrived(self, delivery_id="msg_1", number=1):
        self.write(
            tables.inbox, id=f"inb_{number}", reference=delivery_id, message="review_request", customer_id="cus_ana",
            object_id="", channel="email", address="ana@example.com", content="{}", at=NOON,
        )  # fmt: skip

    def receipt(self, number, provider_id, kind="delivered", **changes):
        row = {
            "account": "email", "event_key": str(number), "delivery_id": "msg_1", "provider_id": provider_id,
            "kind": kind, "permanent": False, "detail": "", "at": NOON, "received_at": NOON, "applied_at": NOON,
        }  # fmt: skip
        self.write(tables.receipts, **{**row, **changes})

    def timer(self, timer_id, due_at, fired_at=None):
        self.write(
            tables.timers, id=timer_id, identity=timer_id, kind="delivery", customer_id="cus_ana",
            wall="2026-11-25T12:00:00", zone="America/Sao_Paulo", due_at=due_at, content={}, created_at=NOON,
            fired_at=fired_at,
        )  # fmt: skip


def twice_in_the_inbox(books):
    books.arrived(number=1)
    books.arrived(number=2)


def twice_by_receipts(books):
    books.receipt(1, "prov_1")
    books.receipt(2, "prov_2", "read")


def begun_after_its_end(books):
    books.change(state="sending")


def after_an_opt_out(books):
    books.said("withdrawn", at=NOON - DAY)


def after_an_old_opt_out_that_came_late(books):
    """In force at once, whatever time it bears."""
    books.said("withdrawn", at=NOON - 60 * DAY, recorded_at=NOON - 1)


def after_a_grant_that_was_older_than_the_opt_out(books):
    """A form of last year that is imported today undoes nothing."""
    books.said("withdrawn", at=NOON - DAY)
    books.said("granted", at=NOON - 2 * DAY, recorded_at=NOON - HOUR)


def to_a_bounced_address(books):
    books.write(tables.suppressions, address_id="adr_cus_ana", channel="email", reason="bounce", at=NOON - 1)


def marketing_after_a_stop(books):
    books.write(tables.suppressions, address_id="adr_cus_ana", channel="email", reason="stop", at=NOON - 1)


def marketing_after_the_return_of_somebody_else(books):
    marketing_after_a_stop(books)
    returned(books, "cus_bia", NOON - 1)


def marketing_before_a_return(books):
    marketing_after_a_stop(books)
    returned(books, "cus_ana", NOON + 1)


def returned(books, customer_id, at):
    if customer_id != "cus_ana":
        books.customer(customer_id)
    books.write(people_tables.returns, address_id="adr_cus_ana", channel="email", customer_id=customer_id, at=at)


def two_a_day(books):
    """Ten at night and one in the morning are two dates, so these are within one."""
    books.message("msg_2", NOON + 5 * HOUR)


def four_a_week(books):
    for day in range(1, 4):
        books.message(f"msg_{day + 1}", NOON - day * DAY)


def one_too_many_behind_one_that_may_pass(books):
    """A transactional message of high priority passes, and counts where a cap names it; this one is another's."""
    books.message("msg_2", NOON - HOUR)


def at_night(books):
    books.customer("cus_bia")
    books.message("msg_2", NIGHT, customer_id="cus_bia")


def at_night_where_they_live(books):
    """Noon in São Paulo is four in the morning on Hawaii."""
    books.customer("cus_bia", "Pacific/Honolulu")
    books.message("msg_2", NOON, customer_id="cus_bia")


def not_decided(books):
    books.message("msg_2", NOON - 9 * DAY, decided=False)


def not_rendered(books):
    books.message("msg_2", NOON - 9 * DAY, rendered=False)


def on_the_wire_without_words(books):
    books.message("msg_2", NOON - 9 * DAY, rendered=False, state="sending", settled_at=None, next_action_at=NOON + DAY)


def ended_without_a_word(books):
    books.message("msg_2", NOON - 9 * DAY, state="blocked", decided=False)
    books.decided("msg_2", NOON - 9 * DAY, "blocked")


def fired_without_a_message(books):
    books.timer("msg_9", NOON, fired_at=NOON)


def an_end_that_was_forgotten(books):
    books.message("msg_2", NOON - 9 * DAY, state="sending", settled_at=None, next_action_at=NOON)


def nobody_works(books):
    waiting(books)


def waiting(books, **changes):
    row = {"state": "accepted", "channel": None, "sending_at": None, "settled_at": None, "reserved_at": None}
    books.message("msg_2", NOON, rendered=False, decided=False, **{**row, **changes})


def an_old_doubt(books):
    long_ago = NOON - 4 * DAY
    books.message("msg_2", long_ago, state="unknown", settled_at=None, next_action_at=NOON + DAY, reserved_at=long_ago)


BROKEN = [
    ("sent_twice", twice_in_the_inbox, "msg_1"),
    ("sent_twice", twice_by_receipts, "msg_1"),
    ("sent_twice", begun_after_its_end, "msg_1"),
    ("marketing_resent_in_doubt", lambda books: books.change(possible_duplicate=True), "msg_1"),
    ("sent_after_opt_out", after_an_opt_out, "msg_1"),
    ("sent_after_opt_out", after_an_old_opt_out_that_came_late, "msg_1"),
    ("sent_after_opt_out", after_a_grant_that_was_older_than_the_opt_out, "msg_1"),
    ("sent_to_suppressed", to_a_bounced_address, "msg_1"),
    ("sent_to_suppressed", marketing_after_a_stop, "msg_1"),
    ("sent_to_suppressed", marketing_after_the_return_of_somebody_else, "msg_1"),
    ("sent_to_suppressed", marketing_before_a_return, "msg_1"),
    ("over_cap", two_a_day, "msg_2"),
    ("over_cap", four_a_week, "msg_1"),
    ("in_quiet_hours", at_night, "msg_2"),
    ("in_quiet_hours", at_night_where_they_live, "msg_2"),
    ("sent_without_decision", not_decided, "msg_2"),
    ("sent_without_decision", not_rendered, "msg_2"),
    ("sending_without_rendering", on_the_wire_without_words, "msg_2"),
    ("ended_without_reason", ended_without_a_word, "msg_2"),
    ("not_in_the_sum", lambda books: books.message("msg_2", NOON - 9 * DAY, state="lost"), "msg_2"),
    ("not_in_the_sum", lambda books: books.message("msg_2", NOON - 9 * DAY, lane="slow"), "msg_2"),
    ("fired_for_nothing", fired_without_a_message, "msg_9"),
    ("overdue_on_the_wire", an_end_that_was_forgotten, "msg_2"),
    ("overdue_in_the_queue", nobody_works, "msg_2"),
    ("doubt_too_old", an_old_doubt, "msg_2"),
    ("receipt_without_delivery", lambda books: books.receipt(1, "p", received_at=NOON - 2 * DAY, applied_at=None,
                                                            delivery_id=None), "receipt 1"),
    ("timer_overdue", lambda books: books.timer("msg_9", NOON), "msg_9"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("invariant", "break_it", "found"), BROKEN, ids=[f"{one[0]}-{number}" for number, one in enumerate(BROKEN)]
)
def test_what_breaks_an_invariant_is_found(ledger, clock, invariant, break_it, found):
    """And nothing else is; in the whole ledger, and by a look at what is new."""
    break_it(ledger)
    if ledger.store.engine.dialect.name == "postgresql" and found.startswith("receipt"):
        found = f"receipt {newest_receipt(ledger.store)}"

    for seen in (violations(ledger.store, clock.now()), looked(ledger.store, clock.now())):
        assert [(one.invariant, one.ids) for one in seen] == [(invariant, (found,))]


def looked(store, now):
    with capture_logs():
        return Auditor(store).look(now)


def newest_receipt(store):
    with store.engine.connect() as connection:
        return connection.scalar(select(tables.receipts.c.seq))


def test_every_invariant_is_broken_by_a_test():
    """One that nobody has seen fail may be a question with a mistake."""
    assert {invariant for invariant, _, _ in BROKEN} == set(INVARIANTS)


# --- what is in order -----------------------------------------------------------------------------------------------


def overruled(books):
    """The customer came back before it was sent."""
    books.said("withdrawn", at=NOON - 2 * DAY)
    books.said("granted", at=NOON - DAY)


def overruled_after_two(books):
    """Of several withdrawals the last counts, and a grant overrules it."""
    books.said("withdrawn", at=NOON - DAY)
    books.said("withdrawn", at=NOON - 9 * DAY, recorded_at=NOON - DAY + 1)
    books.said("granted", at=NOON - 2 * DAY, recorded_at=NOON - HOUR)


def withdrawn_since(books):
    books.said("withdrawn", at=NOON + 1)
    books.write(tables.suppressions, address_id="adr_cus_ana", channel="email", reason="bounce", at=NOON + 1)


def withdrawn_elsewhere(books):
    """From another topic, on another channel, or by somebody else."""
    books.said("withdrawn", at=NOON - DAY, channel="sms")
    books.said("withdrawn", at=NOON - DAY, topic="offers")
    books.customer("cus_bia")
    books.said("withdrawn", at=NOON - DAY, customer_id="cus_bia")


def moved_since(books):
    """Who lives on Hawaii now may have lived here."""
    books.customer("cus_bia", "Pacific/Honolulu", changed_at=NOON + 1)
    books.message("msg_2", NOON, customer_id="cus_bia")


def told_at_night(books):
    """Transactional messages may, and a STOP leaves them."""
    books.write(tables.suppressions, address_id="adr_cus_ana", channel="email", reason="stop", at=NOON + 1)
    books.message("msg_2", NIGHT, purpose="transactional", lane="transactional", topic="order_updates")


def resent_in_doubt(books):
    """A transactional message that came twice, and says that it may have."""
    books.message("msg_2", NOON - 9 * DAY, purpose="transactional", lane="transactional", possible_duplicate=True)
    books.arrived("msg_2", 1)
    books.arrived("msg_2", 2)


def tried_again_after_a_no(books):
    """Two calls, of which the provider refused the first for now, and said so under an id of its own."""
    books.decided("msg_1", NOON - MINUTE)
    books.change(calls=2)
    books.receipt(1, "prov_1", "failed")
    books.receipt(2, "prov_2")


def counted_no_more(books):
    """A definite refusal gives its place under the cap back."""
    books.message("msg_2", NOON - HOUR, state="failed", reason="provider_rejected:address", reserved_at=None)


def yesterday_and_under_old_caps(books):
    """The day before is another day; what was sent under another release may have had other caps."""
    books.message("msg_2", NOON - DAY)
    books.message("msg_0", NOON - HOUR, release_id=None, reserved_at=NOON - 9 * DAY, reserved_day="2026-11-16")


def a_long_queue_that_moves(books):
    waiting(books)
    books.message("msg_3", NOON + 9 * MINUTE, purpose="transactional", lane="transactional", topic="order_updates")


def held_and_planned(books):
    waiting(books, state="held", reason="paused")
    books.timer("msg_8", NOON + DAY)
    books.timer("msg_1", NOON, fired_at=NOON)
    books.receipt(1, "p", applied_at=None, delivery_id=None)


def marketing_after_a_return(books):
    marketing_after_a_stop(books)
    returned(books, "cus_ana", NOON - 1)


def marketing_after_a_return_of_before_a_merge(books):
    marketing_after_a_stop(books)
    returned(books, "cus_old", NOON - 1)
    with books.store.engine.begin() as connection:
        connection.execute(
            update(tables.customers).where(tables.customers.c.id == "cus_old").values(merged_into="cus_ana")
        )


IN_ORDER = [
    lambda _: None, overruled, overruled_after_two, withdrawn_since, withdrawn_elsewhere, moved_since, told_at_night,
    resent_in_doubt, tried_again_after_a_no, counted_no_more, yesterday_and_under_old_caps, a_long_queue_that_moves,
    held_and_planned, marketing_after_a_return, marketing_after_a_return_of_before_a_merge,
]  # fmt: skip


@pytest.mark.parametrize("arrange", IN_ORDER)
def test_what_is_in_order_is_silent(ledger, clock, arrange):
    """A false alarm teaches people to look away."""
    arrange(ledger)

    assert violations(ledger.store, clock.now()) == []
    assert looked(ledger.store, clock.now()) == []


def test_a_ledger_without_a_release_can_be_audited(store, clock):
    """Before the first `up` there are no caps to count by."""
    assert violations(store, clock.now()) == []
    assert Auditor(store).look(clock.now()) == []


# --- in production --------------------------------------------------------------------------------------------------


def test_a_change_is_logged_once_with_ids_and_nothing_else(ledger, clock):
    """Every look finds it; the log has a line when it comes, when it grows and when it goes."""
    auditor = Auditor(ledger.store)
    with capture_logs() as lines:
        waiting(ledger)
        auditor.look(clock.now())
        auditor.look(clock.now())
        ledger.change("msg_2", state="held", reason="paused")
        auditor.look(clock.now())

    assert lines == [
        {"log_level": "error", "event": "invariant_violated", "invariant": "overdue_in_the_queue", "count": 1,
         "deliveries": ["msg_2"]},
        {"log_level": "info", "event": "invariant_holds", "invariant": "overdue_in_the_queue"},
    ]  # fmt: skip


def test_what_was_done_stays_shown_for_a_day(ledger, clock):
    """Later looks do not go back to it, and nobody can undo it: an alert must have time to be seen."""
    auditor = Auditor(ledger.store)
    with capture_logs() as lines:
        after_an_opt_out(ledger)
        auditor.look(clock.now())
        with ledger.store.engine.begin() as connection:
            connection.execute(text("DELETE FROM consent_events"))
        clock.advance(hours=23)
        assert [one.invariant for one in auditor.look(clock.now())] == ["sent_after_opt_out"]
        clock.advance(hours=2)
        assert auditor.look(clock.now()) == []

    assert [line["event"] for line in lines] == ["invariant_violated", "invariant_holds"]


def test_a_look_begins_where_the_last_one_ended_and_goes_back_a_little(clock):
    """Transactions commit out of order: what has a smaller number may come later."""
    empty = EmptyLedger()
    auditor = Auditor(empty)
    for newest in (500, 700, 900):
        empty.newest = DECISIONS_AGAIN + newest
        auditor.look(clock.now())

    assert empty.marks == [500, 500, 700]


class EmptyLedger:
    """A store that holds nothing but a number of decisions, and remembers from which one it was asked."""

    def __init__(self):
        self.newest = 0
        self.marks = []
        self.ledger = self.audit = self

    @contextmanager
    def read(self):
        yield self

    def clock(self):
        return BusinessClock()

    def release_id(self):
        return None

    def newest_decision(self):
        return self.newest

    def broken(self, invariant, look, _limit):
        if invariant == "sent_twice":
            self.marks.append(look.after)
        return []


# PostgreSQL scans small tables whatever indexes they have.
@pytest.mark.parametrize("ledgers", ["sqlite"], indirect=True)
@pytest.mark.parametrize("invariant", QUESTIONS)
def test_no_question_reads_a_whole_table(store, invariant):
    """Each is asked every minute of a ledger that may hold ten million rows: ranges and indexes."""
    wanted = QUESTIONS[invariant](Look(now=NOON, business_now=NOON, after=1))
    statement = str(wanted.limit(10).compile(store.engine, compile_kwargs={"literal_binds": True}))
    with store.engine.connect() as connection:
        plan = [row[-1] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}".replace(":", r"\:")))]

    # A partial index is as small as what is open; of the newest rows and the newest decision there is a limit.
    scanned = {step for step in plan if step.startswith("SCAN") and " ix_deliveries_" not in step}
    assert scanned <= SCANNED.get(invariant, set()), plan


NEWEST = {"SCAN newest", "SCAN deliveries USING INDEX sqlite_autoindex_deliveries_1"}
SCANNED = {
    "sent_without_decision": NEWEST,
    "not_in_the_sum": NEWEST,
    "fired_for_nothing": {"SCAN newest", "SCAN timers USING INDEX sqlite_autoindex_timers_1"},
    "overdue_in_the_queue": {"SCAN decisions"},
}


def test_a_replayed_day_holds_every_invariant(world):
    """A few hundred events, drained, swept and drained again."""
    at = world.clock.now()
    for number in range(300):
        world.accept(placed(f"ord_{number}", at=at, customer="cus_ana"))
    world.drain()
    world.sweep()
    world.clock.advance(minutes=30)
    world.drain()

    assert sum(sum(states.values()) for states in world.tally().values()) >= 300
    assert violations(world.store, world.clock.now()) == []
