"""The tables. Instants are milliseconds since 1970 (UTC), so that every database compares them alike."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSON().with_variant(JSONB(), "postgresql")
# SQLite counts up only in a column declared INTEGER.
Sequence = BigInteger().with_variant(Integer(), "sqlite")

# --- who we write to ------------------------------------------------------------------------------------------------

customers = Table(
    "customers",
    metadata,
    Column("id", String, primary_key=True),
    Column("locale", String),
    Column("time_zone", String),
    Column("attributes", Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    # Whose they are, where this is another name of somebody: all that was theirs has gone there.
    Column("merged_into", String),
    # The other names of somebody: few are.
    Index(
        "ix_customers_merged_into",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
)

customer_ids = Table(
    "customer_ids",
    metadata,
    Column("source", String, primary_key=True),
    Column("external_id", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
)

# `ended_at` is when somebody who had it last said no to all marketing, on every channel: of whoever has it, or comes to
# it later under another name, nothing older is believed. `gone_at` is when a provider said that the device is no more.
addresses = Table(
    "addresses",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("gone_at", BigInteger),
    UniqueConstraint("kind", "value"),
)

# Families share phones: an address belongs to everybody who gave it. `rank` is the customer's order of preference.
# `erased_at` is set where somebody came to an address of an erased person that others have too: nothing goes there to
# this one, and to the others everything.
customer_addresses = Table(
    "customer_addresses",
    metadata,
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("address_id", ForeignKey("addresses.id"), primary_key=True, index=True),
    Column("rank", SmallInteger, nullable=False),
    Column("erased_at", BigInteger),
)

# --- what they allow ------------------------------------------------------------------------------------------------

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_id", ForeignKey("addresses.id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Append-only: what is in force is a consequence of these rows, kept in consent_state.
consent_events = Table(
    "consent_events",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("topic", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("state", String, nullable=False),
    Column("legal_basis", String, nullable=False),
    Column("method", String, nullable=False),
    Column("source", String, nullable=False),
    Column("wording", String),
    Column("evidence", Json, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("actor", String, nullable=False, server_default=""),
)

consent_state = Table(
    "consent_state",
    metadata,
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("topic", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("event_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# --- what happened --------------------------------------------------------------------------------------------------

# `field_times` holds the event time that each field comes from: the newest wins, in whatever order events arrive.
objects = Table(
    "objects",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), index=True),
    Column("data", Json, nullable=False),
    Column("field_times", Json, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("objects", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("body_hash", String, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("source", "source_id"),
)

# One passage of a customer through a journey; `number` counts those of one key. `state` is what a run that stands
# somewhere remembers (`journeys.run.Run`), and empty when it is over. Times are business time.
runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("journey", String, nullable=False),
    Column("key", String, nullable=False),
    Column("number", Integer, nullable=False, server_default="1"),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("event_id", ForeignKey("events.id")),
    Column("beginning", Integer, nullable=False, server_default="0"),
    Column("position", String),
    Column("since", BigInteger, nullable=False, server_default="0"),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("ending", String),
    Column("note", String, nullable=False, server_default=""),
    Column("moves", Integer, nullable=False, server_default="0"),
    Column("state", Json, nullable=False, server_default="{}"),
    Column("goal_at", BigInteger),
    UniqueConstraint("journey", "key", "number"),
    Index(
        "ix_runs_standing",
        "journey",
        "position",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

# One row for each trigger that fires by the clock: its next time is sought after `after_at`, where it was last dealt
# with. While it fires, `firing_at` is the hour of it and `reached` the last customer who was looked at. Business time.
schedules = Table(
    "schedules",
    metadata,
    Column("journey", String, primary_key=True),
    Column("beginning", Integer, primary_key=True, autoincrement=False),
    Column("cron", String, nullable=False),
    Column("after_at", BigInteger, nullable=False),
    Column("firing_at", BigInteger),
    Column("reached", String, nullable=False, server_default=""),
    Column("begun", Integer, nullable=False, server_default="0"),
)

# One row for each segment whose members begin a journey: the filter and the journeys of the last look that came to its
# end, since when who enters begins these. While somebody looks, `reached` is the last customer. Business time.
watches = Table(
    "watches",
    metadata,
    Column("segment", String, primary_key=True),
    Column("filter", String, nullable=False),
    Column("journeys", Json, nullable=False),
    Column("reached", String, nullable=False, server_default=""),
    Column("looked_at", BigInteger, nullable=False),
)

# Who was in such a segment when somebody looked last.
segment_members = Table(
    "segment_members",
    metadata,
    Column("segment", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True, index=True),
    Column("entered_at", BigInteger, nullable=False),
)

# What ends runs: an event that a journey names under `exit_on`, written in the commit that accepts the event. An empty
# `key` means every run of the customer.
exit_marks = Table(
    "exit_marks",
    metadata,
    Column("journey", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("key", String, primary_key=True),
    Column("event_id", ForeignKey("events.id"), primary_key=True),
    Column("event_type", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What is to happen at a local wall time: `due_at` is computed from `wall` and `zone`, and again before it fires.
# `content` is what makes the next row.
timers = Table(
    "timers",
    metadata,
    Column("id", String, primary_key=True),
    Column("identity", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("wall", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("content", Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("fired_at", BigInteger),
    Index("ix_timers_due", "due_at", sqlite_where=text("fired_at IS NULL"), postgresql_where=text("fired_at IS NULL")),
)

# What journeys tell teams, and customers whom they hand to a person: until `closed_at` or `until` (business time),
# automation keeps quiet.
alerts = Table(
    "alerts",
    metadata,
    Column("id", String, primary_key=True),
    Column("identity", String, nullable=False, unique=True),
    Column("team", String, nullable=False),
    Column("message", String, nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("step", String, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("seen_at", BigInteger),
)

handoffs = Table(
    "handoffs",
    metadata,
    Column("id", String, primary_key=True),
    Column("identity", String, nullable=False, unique=True),
    Column("team", String, nullable=False),
    Column("queue", String),
    Column("reason", String, nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False, index=True),
    Column("run_id", ForeignKey("runs.id"), nullable=False),
    Column("step", String, nullable=False),
    Column("closed_by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
)

# --- what is sent ---------------------------------------------------------------------------------------------------

# The conditions of the partial indexes below, as text: a planner sees that a query may use one only if the query says
# it in the same literals, and SQLAlchemy would make parameters of them.
CLAIMABLE_ROWS = text("deliveries.state IN ('accepted', 'deferred')")
IN_FLIGHT_ROWS = text("deliveries.state IN ('sending', 'unknown')")
HELD_ROWS = text("deliveries.state = 'held'")
DEFERRED_ROWS = text("deliveries.state = 'deferred'")

# The ledger is the queue. `due_at` and `not_after` are business time, all other instants machine time;
# `next_action_at` is a lease or a back-off, and whoever holds the lease is `lease`.
#
# A use of the frequency caps is the delivery itself: `reserved_at` (business time) and `reserved_day` (the customer's
# date in that moment) are set by the gate and cleared by a definite refusal. `excluded` are channels that are out for
# this delivery, `stuck_at` is since when its account refuses for now, `doubts` counts calls whose end nobody knows,
# `receipt` is the furthest that came back. A delivery with a `pinned_address_id` goes there or nowhere.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("identity", String, nullable=False, unique=True),
    Column("message", String, nullable=False),
    Column("customer_id", ForeignKey("customers.id"), nullable=False),
    Column("topic", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("candidates", String, nullable=False),
    Column("objects", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("locale", String),
    Column("priority", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("event_id", String),
    Column("run_id", String),
    Column("step", String),
    Column("journey", String),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, server_default=""),
    Column("detail", String, nullable=False, server_default=""),
    Column("lane", String, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("not_after", BigInteger),
    Column("next_action_at", BigInteger, nullable=False),
    Column("lease", String),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("calls", SmallInteger, nullable=False, server_default="0"),
    Column("channel", String),
    Column("account", String),
    Column("address_id", String),
    Column("release_id", String),
    Column("provider_id", String),
    Column("accepted_at", BigInteger, nullable=False),
    Column("first_call_at", BigInteger),
    Column("sending_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("excluded", String, nullable=False, server_default=""),
    Column("stuck_at", BigInteger),
    Column("reserved_at", BigInteger),
    Column("reserved_day", String),
    Column("possible_duplicate", Boolean, nullable=False, server_default=text("false")),
    Column("doubts", SmallInteger, nullable=False, server_default="0"),
    Column("receipt", String, nullable=False, server_default=""),
    Column("pinned_address_id", String),
    Column("mode", String, nullable=False, server_default="live"),
    # The claim reads the first, the sweep of leases and doubts the second, the third whoever ends a reason to hold, and
    # the fourth the gate, when a newer message takes the place of older ones. All stay as small as what is open. None
    # holds what a claim changes: PostgreSQL leaves indexes alone then, and writes the row where there is room for it.
    Index(
        "ix_deliveries_due",
        "lane",
        "due_at",
        sqlite_where=text("state IN ('accepted', 'deferred')"),
        postgresql_where=text("state IN ('accepted', 'deferred')"),
    ),
    Index(
        "ix_deliveries_in_flight",
        "settled_at",
        sqlite_where=text("state IN ('sending', 'unknown')"),
        postgresql_where=text("state IN ('sending', 'unknown')"),
    ),
    Index(
        "ix_deliveries_held",
        "reason",
        sqlite_where=text("state = 'held'"),
        postgresql_where=text("state = 'held'"),
    ),
    Index(
        "ix_deliveries_deferred",
        "customer_id",
        sqlite_where=text("state = 'deferred'"),
        postgresql_where=text("state = 'deferred'"),
    ),
    # What a customer has had, and how much of it counts.
    Index("ix_deliveries_customer", "customer_id", "reserved_at"),
    # Which delivery a provider speaks of.
    Index(
        "ix_deliveries_provider_id",
        "provider_id",
        sqlite_where=text("provider_id IS NOT NULL"),
        postgresql_where=text("provider_id IS NOT NULL"),
    ),
    postgresql_with={"fillfactor": 50},
)

# What was said, in the words that left: written in the transaction that writes `sending`. Ledgers of the first schema
# kept the promises in `claims`; it is empty since then, and goes with the next one.
renderings = Table(
    "renderings",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True),
    Column("channel", String, nullable=False),
    Column("locale", String, nullable=False),
    Column("release_id", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("claims", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What was promised in those words, in their order. A lookup by value must repeat the index's condition: a coupon may
# come from data, and PostgreSQL refuses to index a text of kilobytes.
PROMISE_VALUE_LENGTH_MAX = 500
_INDEXED_PROMISES = text(f"length(value) <= {PROMISE_VALUE_LENGTH_MAX}")
promises = Table(
    "promises",
    metadata,
    Column("delivery_id", ForeignKey("deliveries.id"), primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("fact", String, nullable=False),
    Column("fact_version", Integer),
    Column("value", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("superseded", Boolean, nullable=False),
    Index(
        "ix_promises_fact_value", "fact", "value", sqlite_where=_INDEXED_PROMISES, postgresql_where=_INDEXED_PROMISES
    ),
)

# Why: what the gate said of each delivery, every time it was asked to the end, with its trace.
decisions = Table(
    "decisions",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("delivery_id", ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("verdict", String, nullable=False),
    Column("trace", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("business_at", BigInteger, nullable=False),
    Column("release_id", String),
)

# What providers told us afterwards, raw: the same news is one row however often it comes. `applied_at` is empty while
# nobody is known whom it could be about.
receipts = Table(
    "receipts",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("account", String, nullable=False),
    Column("event_key", String, nullable=False),
    Column("delivery_id", ForeignKey("deliveries.id"), index=True),
    Column("reference", String),
    Column("provider_id", String),
    Column("kind", String, nullable=False),
    Column("permanent", Boolean, nullable=False),
    Column("detail", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("applied_at", BigInteger),
    Column("rejection", String, nullable=False, server_default=""),
    UniqueConstraint("account", "event_key"),
    Index(
        "ix_receipts_parked",
        "received_at",
        sqlite_where=text("applied_at IS NULL"),
        postgresql_where=text("applied_at IS NULL"),
    ),
)

# --- what providers know --------------------------------------------------------------------------------------------

# When somebody last wrote to an account: it opens a conversation there (machine time).
conversations = Table(
    "conversations",
    metadata,
    Column("account", String, primary_key=True),
    Column("address_id", ForeignKey("addresses.id"), primary_key=True, index=True),
    Column("heard_at", BigInteger, nullable=False),
)

# Addresses that failed on a channel, and may be better later: `until` is empty while failures are only counted.
rests = Table(
    "rests",
    metadata,
    Column("address_id", ForeignKey("addresses.id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("failures", SmallInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
)

# By which scoped id a provider calls whoever has an address: no phone, and never written to.
provider_users = Table(
    "provider_users",
    metadata,
    Column("account", String, primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("address_id", ForeignKey("addresses.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
)

# To whom a provider lets no more marketing through, until then (machine time).
provider_caps = Table(
    "provider_caps",
    metadata,
    Column("address_id", ForeignKey("addresses.id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("until", BigInteger, nullable=False),
)

# Templates as a provider has them. `content` is the document that was submitted, in the words of `release_id`. Of each
# thing that a provider decides stands the hour of its newest word: an older one changes nothing.
provider_templates = Table(
    "provider_templates",
    metadata,
    Column("account", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("language", String, primary_key=True),
    Column("message", String, nullable=False, index=True),
    Column("locale", String, nullable=False),
    Column("release_id", String, nullable=False),
    Column("template_id", String, nullable=False, server_default="", index=True),
    Column("category", String, nullable=False, server_default=""),
    Column("status", String, nullable=False),
    Column("quality", String, nullable=False, server_default=""),
    Column("reason", String, nullable=False, server_default=""),
    Column("content", Text, nullable=False),
    Column("submitted_at", BigInteger),
    Column("approved_at", BigInteger),
    Column("status_at", BigInteger, nullable=False),
    Column("category_at", BigInteger, nullable=False),
    Column("quality_at", BigInteger, nullable=False),
)

# What people wrote, on its way to whoever answers them: by mail or to a webhook, until it was taken.
forwards = Table(
    "forwards",
    metadata,
    Column("id", String, primary_key=True),
    Column("inbound_id", String, nullable=False, index=True),
    Column("route", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("detail", String, nullable=False, server_default=""),
    Column("next_action_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(
        "ix_forwards_open",
        "next_action_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
)

# The local inbox: what the outbox adapter delivered. `reference` is not unique on purpose: a message that came twice
# must be seen twice.
inbox = Table(
    "inbox",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("reference", String, nullable=False, index=True),
    Column("message", String, nullable=False),
    Column("customer_id", String, nullable=False, index=True),
    Column("object_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("address", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# --- what we know and run -------------------------------------------------------------------------------------------

# Live values, every version of each. `current_facts` says which is the newest: who puts one counts up there, one after
# the other, and who sends reads no history.
facts = Table(
    "facts",
    metadata,
    Column("path", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("value", Json),
    Column("source", String, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)

current_facts = Table(
    "current_facts",
    metadata,
    Column("path", String, primary_key=True),
    Column("version", Integer, nullable=False),
)

# What was stopped by hand, by scope (all, channel, account, journey, message, customer). `until` is business time. One
# that was lifted stays, to say later why something was held.
pauses = Table(
    "pauses",
    metadata,
    Column("id", String, primary_key=True),
    Column("scope", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("lifted_at", BigInteger),
    Index(
        "uq_pauses_standing",
        "scope",
        "subject",
        unique=True,
        sqlite_where=text("lifted_at IS NULL"),
        postgresql_where=text("lifted_at IS NULL"),
    ),
)

# Accounts whose provider wants to be left alone: every worker reads it before it claims (machine time).
closed_accounts = Table(
    "closed_accounts",
    metadata,
    Column("account", String, primary_key=True),
    Column("until", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("times", SmallInteger, nullable=False),
)

# Of several accounts of a channel, how much of its weight each has now, in percent; one without a row has all of it.
account_shares = Table(
    "account_shares",
    metadata,
    Column("account", String, primary_key=True),
    Column("share", SmallInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("id", String, primary_key=True),
    Column("content", Text, nullable=False),
    Column("published_at", BigInteger, nullable=False),
)

# One row: which release is current, and how business time runs. `frozen_at` set means that time stands there. `pepper`
# keeps digests of erased addresses from being looked up in a table; it stays for good, so that they stay suppressed.
ledger = Table(
    "ledger",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("release_id", String),
    Column("offset_ms", BigInteger, nullable=False, server_default="0"),
    Column("frozen_at", BigInteger),
    Column("pepper", String),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("body_hash", String, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("secret_hash", String, nullable=False, unique=True),
    Column("scopes", Json, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("expires_at", BigInteger),
    Column("mode", String, nullable=False, server_default="live"),
)
