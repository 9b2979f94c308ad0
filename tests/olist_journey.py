"""What orders replayed through `post_purchase` must come to, lived through anew: nothing of Jogral is imported.

One customer after the other, in the order of time. At the same instant, a message that waited for it comes first, then
what a run waited for, then what happens.
"""

import csv
import hashlib
import heapq
import itertools
import json
import sys
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
DAYS_OFF = holidays.country_holidays("BR", subdiv="SP")
DAY = timedelta(days=1)

# Which comes first at the same instant.
MESSAGE, CALL, EVENT = range(3)

# Where each message may go. Everybody here has an e-mail address and a phone, and nobody a push token.
CHANNELS = {
    "order_confirmed": ["email"],
    "order_cancelled": ["email"],
    "order_preparing": ["whatsapp"],
    "order_shipped": ["whatsapp"],
    "order_late": ["whatsapp"],
    "order_delivered": ["whatsapp"],
    "csat_survey": ["whatsapp", "email"],
}
SURVEY = "csat_survey"  # the only one that is marketing
SURVEY_WINDOW = timedelta(days=7)
A_WEEK = timedelta(days=7)
SURVEYS_A_WEEK = 3


def agreed(customer):
    """Where a customer of this number wants to be asked."""
    return {0: set(), 1: {"email"}}.get(customer % 5, {"whatsapp", "email"})


def customer_of(order_id, customers):
    """The number of the customer whose order it is said to be."""
    digits = str(int.from_bytes(hashlib.sha256(order_id.encode()).digest(), "big"))[-8:]
    return int(digits) % customers


# --- time ---------------------------------------------------------------------------------------------------------


def instant(wall):
    """Clocks of São Paulo jumped from midnight to one: a time that never was is one o'clock."""
    found = wall.replace(tzinfo=SAO_PAULO).astimezone(UTC)
    if found.astimezone(SAO_PAULO).replace(tzinfo=None) != wall:
        return instant(datetime.combine(wall.date(), time(1)))
    return found


def wall(at):
    return at.astimezone(SAO_PAULO).replace(tzinfo=None)


def read(text):
    return wall(instant(datetime.strptime(text, "%m/%d/%Y %H:%M"))) if text else None  # noqa: DTZ007  # a wall time


def is_working_day(day):
    return day.weekday() < 5 and day not in DAYS_OFF


def business_days_after(at, count):
    found = wall(at)
    while not is_working_day(found.date()):
        found += DAY
    for _ in range(count):
        found += DAY
        while not is_working_day(found.date()):
            found += DAY
    return instant(found)


def days_after(at, count):
    return instant(wall(at) + count * DAY)


def opening(at):
    """When the night is over that it is, or None by day: from 21:00 to 09:00."""
    local = wall(at)
    if local.hour >= 21:
        return instant(datetime.combine(local.date() + DAY, time(9)))
    return instant(datetime.combine(local.date(), time(9))) if local.hour < 9 else None


# --- the file -----------------------------------------------------------------------------------------------------


def events_of(row):
    """(when, what) of one row, in the order of the mapping."""
    bought, estimated = read(row["order_purchase_timestamp"]), read(row["order_estimated_delivery_date"])
    sent, arrived = read(row["order_delivered_carrier_date"]), read(row["order_delivered_customer_date"])
    yield instant(bought), "placed"
    if row["order_status"] == "canceled":
        yield instant(bought) + timedelta(hours=1), "cancelled"
    if sent:
        yield instant(max(bought, sent)), "dispatched"
    late = arrived is None or arrived.date() > estimated.date()
    if late and row["order_status"] not in ("canceled", "unavailable"):
        yield instant(datetime.combine(estimated.date() + DAY, time(9))), "estimate_missed"
    if arrived:
        yield instant(arrived), "delivered"


class Order:
    """An order, its run through the journey, and its shipment as the shop knows it."""

    def __init__(self, promised):
        self.promised = promised
        self.stands_at = None  # "waiting" for the hand-over, "watching" the delivery, "resting" before the survey
        self.arrived_early = False
        self.has_shipment = False
        self.status = None

    def is_late(self, at):
        """As `pedido_atrasado` in project.yaml says it."""
        if not self.has_shipment or self.status == "delivered":
            return False
        midnight = datetime.combine(self.promised, time(0), UTC)
        return self.promised < wall(at).date() and midnight + timedelta(hours=720) > at


# --- a customer ---------------------------------------------------------------------------------------------------


class Customer:
    """One customer, from their first order until nothing of theirs waits any more."""

    def __init__(self, number, counts):
        self.agreed = agreed(number)
        self.counts = counts
        self.queue = []
        self.places = itertools.count()
        self.orders = []
        self.had = []  # (when, channel) of every survey
        self.deferred = set()  # surveys that wait, by the number of their asking

    def later(self, at, kind, happens, *given):
        heapq.heappush(self.queue, (at, kind, next(self.places), happens, given))

    def live(self):
        while self.queue:
            at, _, _, happens, given = heapq.heappop(self.queue)
            happens(at, *given)

    # what happens to an order

    def placed(self, at, order):
        self.tell("order_confirmed")
        order.stands_at = "waiting"
        self.later(business_days_after(at, 2), CALL, self.call, order, "waiting", self.not_sent_yet)
        self.later(days_after(at, 30), CALL, self.call, order, "waiting", self.never_sent)

    def cancelled(self, at, order):
        del at
        if order.stands_at:
            self.over(order, "exit_event")
            self.tell("order_cancelled")

    def dispatched(self, at, order):
        order.has_shipment, order.status = True, "in_transit"
        if order.stands_at == "waiting":
            self.tell("order_shipped")
            order.stands_at = "watching"
            self.later(days_after(at, 60), CALL, self.call, order, "watching", self.never_arrived)
            if order.arrived_early:
                self.arrived(at, order)

    def estimate_missed(self, at, order):
        del at
        order.has_shipment = True
        if order.stands_at == "watching":
            self.tell("order_late")

    def delivered(self, at, order):
        order.has_shipment, order.status = True, "delivered"
        order.arrived_early = True
        if order.stands_at == "watching":
            self.arrived(at, order)

    def arrived(self, at, order):
        self.tell("order_delivered")
        order.stands_at = "resting"
        self.later(days_after(at, 5), CALL, self.call, order, "resting", self.rested)

    # what its run waited for

    def call(self, at, order, where, happens):
        if order.stands_at == where:
            happens(at, order)

    def not_sent_yet(self, at, order):
        del at, order
        self.counts["alert", "alertar_separacao"] += 1
        self.tell("order_preparing")

    def never_sent(self, at, order):
        del at
        self.counts["alert", "alertar_sem_envio"] += 1
        self.over(order, "exit_step")

    def never_arrived(self, at, order):
        del at
        self.counts["alert", "alertar_sem_entrega"] += 1
        self.over(order, "exit_step")

    def rested(self, at, order):
        self.over(order, "finished")
        self.counts["runs", "finished"] += 1  # the survey's own, which waits for nothing
        self.survey(at, next(self.places), at + SURVEY_WINDOW)

    def over(self, order, ending):
        order.stands_at = None
        self.counts["runs", ending] += 1

    # what is said

    def tell(self, message):
        """What is transactional goes out at once, by day and night, however much there is."""
        self.ended(message, "sent", channel=CHANNELS[message][0])

    def survey(self, at, survey, until):
        """A question waits for the night to end and for its turn; and is not asked while a parcel is late."""
        if at > until:
            self.ended(SURVEY, "expired", "not_after")
            return
        refusal = None
        for channel in CHANNELS[SURVEY]:
            if channel not in self.agreed:
                refusal = refusal or "no_consent"
                continue
            if any(order.is_late(at) for order in self.orders):
                self.ended(SURVEY, "blocked", "suppress_rule:pedido_atrasado")
                return
            if opening(at):
                self.defer(survey, until, opening(at))
                return
            in_a_week = [(when, how) for when, how in self.had if when > at - A_WEEK]
            if len(in_a_week) >= SURVEYS_A_WEEK:
                self.ended(SURVEY, "blocked", "frequency_cap:marketing_semana")
                return
            if channel == "whatsapp" and any(how == "whatsapp" for _, how in in_a_week):
                refusal = refusal or "frequency_cap:whatsapp_marketing"
                continue
            if any(wall(when).date() == wall(at).date() for when, _ in self.had):
                self.defer(survey, until, instant(datetime.combine(wall(at).date() + DAY, time(0))))
                return
            self.had.append((at, channel))
            self.ended(SURVEY, "sent", channel=channel)
            return
        self.ended(SURVEY, "blocked", refusal)

    def defer(self, survey, until, when):
        """It waits; of several that do, the one that was asked for last takes the place of the others."""
        if when > until:
            self.ended(SURVEY, "expired", "not_after")
            return
        self.deferred.add(survey)
        for older in self.deferred - {max(self.deferred)}:
            self.deferred.remove(older)
            self.ended(SURVEY, "skipped", "superseded")
        self.later(when, MESSAGE, self.ask_again, survey, until)

    def ask_again(self, at, survey, until):
        if survey in self.deferred:
            self.deferred.remove(survey)
            self.survey(at, survey, until)

    def ended(self, message, state, reason="", channel=""):
        self.counts[message, state, reason, channel] += 1


def counts(rows, customers):
    """(message, state, reason, channel) → how many; and how runs ended, and what teams were told."""
    found = Counter()
    everybody = {}
    for row in rows:
        number = customer_of(row["order_id"], customers)
        customer = everybody.setdefault(number, Customer(number, found))
        order = Order(read(row["order_estimated_delivery_date"]).date())
        customer.orders.append(order)
        for at, what in events_of(row):
            customer.later(at, EVENT, getattr(customer, what), order)
    for customer in everybody.values():
        customer.live()
    return dict(found)


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:  # noqa: PTH123  # as plain as can be
        return list(csv.DictReader(file))


if __name__ == "__main__":
    for key, count in sorted(counts(read_rows(sys.argv[1]), int(sys.argv[2])).items()):
        print(json.dumps([*key, count]))  # noqa: T201  # a script
