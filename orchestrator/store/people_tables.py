"""The tables of what people agreed to, asked for and are: beside those of `tables`, on the same metadata.

Whatever names a person here is in the scope of an erasure (decisions, section 9): see `store/erasure.py`.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text

from orchestrator.store.tables import Json, Sequence, metadata

__all__ = ["metadata"]  # with the tables of both modules

# --- what they agreed to ----------------------------------------------------------------------------------------------

# The words that a person agreed to, for as long as anybody's consent rests on them (LGPD art. 8 §2, art. 9). An id is
# said once: other words are another version.
wordings = Table(
    "wordings",
    metadata,
    Column("id", String, primary_key=True),
    Column("topic", String, nullable=False),
    Column("texts", Json, nullable=False),
    Column("digest", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# What a person wrote to us, as it came: the same message is one row however often it comes. `reading` says what it was
# taken for. `user_id` names who wrote it where the provider tells no address and nobody knows whose the id is: what
# they said waits for that.
inbound_texts = Table(
    "inbound_texts",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("address_id", String, index=True),
    Column("text", Text, nullable=False),
    Column("reading", Json, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("user_id", String),
    UniqueConstraint("source", "source_id"),
    Index(
        "ix_inbound_texts_waiting",
        "user_id",
        sqlite_where=text("user_id IS NOT NULL"),
        postgresql_where=text("user_id IS NOT NULL"),
    ),
)

# Who came back, by their own act, to an address at which STOP was said: it binds them no more, and whoever else has the
# address as before. The next STOP there ends it.
returns = Table(
    "returns",
    metadata,
    Column("address_id", ForeignKey("addresses.id"), primary_key=True),
    Column("channel", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), primary_key=True),
    Column("at", BigInteger, nullable=False),
)

# An erased person stays unwritten to: what is left of an address is a digest under the ledger's own pepper. One that
# comes back is stored, and suppressed with reason `erased`.
erased_addresses = Table(
    "erased_addresses",
    metadata,
    Column("digest", String, primary_key=True),
    Column("channel", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# --- what they asked for ----------------------------------------------------------------------------------------------

# A data subject's request. `contact` is the address that proves whose it is, and goes when the request is done;
# `digest` is what is left of it.
privacy_requests = Table(
    "privacy_requests",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("customer_ids", Json, nullable=False),
    Column("contact_kind", String, nullable=False),
    Column("contact", String),
    Column("digest", String, nullable=False, index=True),
    Column("details", Json, nullable=False),
    Column("result", Json, nullable=False),
    Column("locale", String, nullable=False),
    Column("opened_by", String, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("verified_at", BigInteger),
    Column("due_at", BigInteger, nullable=False),
    Column("legal_due_at", BigInteger, nullable=False),
    Column("reminded_at", BigInteger),
    Column("completed_at", BigInteger),
    Index(
        "ix_privacy_requests_open",
        "due_at",
        sqlite_where=text("completed_at IS NULL"),
        postgresql_where=text("completed_at IS NULL"),
    ),
)

# --- who they are -----------------------------------------------------------------------------------------------------

# Every value that a source gave for a field of a profile, in order. `won` says whether it was put in the place of what
# was there; the newest that won is in force.
profile_values = Table(
    "profile_values",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False),
    Column("field", String, nullable=False),
    Column("source", String, nullable=False),
    Column("value", Json),
    Column("won", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_profile_values_customer", "customer_id", "field"),
)

# Two customers who may be one person: suggested, done, undone or dismissed. `moved` is what an undo puts back.
merges = Table(
    "merges",
    metadata,
    Column("id", String, primary_key=True),
    Column("kept_id", String, nullable=False, index=True),
    Column("merged_id", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("moved", Json, nullable=False),
    Column("by", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# A file of customers, and how much of it is in: who starts it again goes on there.
imports = Table(
    "imports",
    metadata,
    Column("id", String, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("file_name", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("counts", Json, nullable=False),
    Column("by", String, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# --- what nobody understood -------------------------------------------------------------------------------------------

# Events of an unknown type, with data that do not fit, or of nobody whom we know: as they came, until somebody mends
# what they name. `named` is whom an event names, in whatever way, and `customer_id` whose it was known to be.
quarantined_events = Table(
    "quarantined_events",
    metadata,
    Column("id", String, primary_key=True),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("type", String, nullable=False),
    Column("content", Text, nullable=False),
    Column("timeless", Boolean, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False, index=True),
    Column("tried_at", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("customer_id", String, index=True),
    Column("named", String, index=True),
    UniqueConstraint("source", "source_id"),
    Index("ix_quarantined_events_occurred_at", "occurred_at", "id"),
)

# --- who looked, and who changed --------------------------------------------------------------------------------------

# A chain: `digest` is HMAC(salt, payload), and `mac` HMAC(key, previous mac, seq, at, kind, digest), put on by the one
# process that seals. An erasure takes the payload and the salt, and the chain still holds.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("customer_id", String, index=True),
    Column("at", BigInteger, nullable=False),
    Column("payload", Text),
    Column("salt", String),
    Column("digest", String, nullable=False),
    Column("key_id", String),
    Column("place", BigInteger, unique=True),
    Column("mac", String),
    Index(
        "ix_audit_entries_unsealed",
        "seq",
        sqlite_where=text("place IS NULL"),
        postgresql_where=text("place IS NULL"),
    ),
)
