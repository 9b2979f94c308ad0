"""The audit chain in a ledger: written by every door, sealed by one process, emptied by an erasure, and checked."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from orchestrator.audit_chain import ERASED, ChainKey, Head
from orchestrator.dispatch import consent_record, sealing
from orchestrator.dispatch.reads import reader, record_reads
from orchestrator.dispatch.record import KINDS, Entry, forget, record, record_all
from orchestrator.dispatch.sealing import carried_heads, carry_head, chain_keys, check_chain, seal_chain
from orchestrator.domain.errors import ConfigurationError, InputError
from orchestrator.store.port import ChainQuery
from orchestrator.tokens import Keyring, SigningKey

KEY = ChainKey("k1", b"1" * 32)
NEWER = ChainKey("k2", b"2" * 32)


@pytest.fixture
def chain(store, clock):
    """Twelve entries, sealed: four about Ana, eight about nobody."""
    with store.write() as transaction:
        record_all(transaction, clock, [Entry(kind="key.created", by="cli:bia", said={"key": n}) for n in range(8)])
        record_reads(transaction, clock, reader("key:key_1", "ticket 8841"), "profile", ["cus_ana"])
        for _ in range(3):
            record(transaction, clock, "consent.granted", by="person", customer_id="cus_ana", topic="offers")
    assert seal_chain(store, KEY) == 12
    return store


def found(store, *heads, keys=(KEY, NEWER)):
    return [one.kind for one in check_chain(store, keys, heads).found.findings]


def change(store, sql, **values):
    with store.engine.begin() as connection:
        assert connection.execute(text(sql), values).rowcount


def page(store, **wanted):
    with store.read() as transaction:
        return transaction.chain.page(ChainQuery(limit=wanted.pop("limit", 50), **wanted))


# --- writing and sealing ----------------------------------------------------------------------------------------------


def test_an_entry_says_who_did_what_to_whom(chain):
    """What was not said is left out."""
    granted, *_ = page(chain)
    assert (granted.kind, granted.customer_id) == ("consent.granted", "cus_ana")
    assert granted.said() == {"by": "person", "customer": "cus_ana", "topic": "offers"}


def test_what_is_undone_is_not_on_record(store, clock):
    """An entry and what it tells of are one transaction."""

    def fails():
        with store.write() as transaction:
            record(transaction, clock, "key.created", by="cli:bia", key="key_1", scopes=None)
            raise InputError("No.")

    with pytest.raises(InputError):
        fails()
    assert page(store) == []


def test_entries_are_sealed_in_order_and_once(store, clock):
    """In batches, each behind the one before."""
    with store.write() as transaction:
        record_all(transaction, clock, [Entry(kind="key.created", by="cli:bia")] * (sealing.BATCH + 5))
    rests = []
    assert seal_chain(store, KEY, rest=rests.append) == sealing.BATCH + 5
    assert len(rests) == 1
    assert seal_chain(store, KEY) == 0
    checked = check_chain(store, [KEY], [])
    assert (checked.found.holds, checked.found.sealed, checked.waiting) == (True, sealing.BATCH + 5, 0)


def test_two_who_seal_at_once_make_one_chain(store, clock):
    """One of them finds the seal taken, or nothing left."""
    with store.write() as transaction:
        record_all(transaction, clock, [Entry(kind="key.created", by="cli:bia")] * 500)
    with ThreadPoolExecutor(4) as threads:
        sealed = list(threads.map(lambda _: seal_chain(store, KEY), range(8)))
    seal_chain(store, KEY)
    assert sum(sealed) <= 500
    assert found(store) == []
    assert check_chain(store, [KEY], []).found.sealed == 500


def test_nobody_seals_while_another_does(store, clock):
    """On SQLite nobody even writes meanwhile."""
    with store.write() as transaction:
        record(transaction, clock, "key.created", by="cli:bia")
    with store.write() as transaction:
        assert transaction.chain.take_the_seal()
        if store.serves_writers_together:
            assert seal_chain(store, KEY) == 0


def test_what_was_not_sealed_yet_waits(chain, clock):
    with chain.write() as transaction:
        record(transaction, clock, "key.revoked", by="cli:bia", key="key_1")
    assert check_chain(chain, [KEY], []).waiting == 1


def test_keys_are_changed_and_old_seals_stay(chain, clock):
    """As long as the old key is kept."""
    with chain.write() as transaction:
        record(transaction, clock, "key.revoked", by="cli:bia", key="key_1")
    seal_chain(chain, NEWER)
    assert found(chain) == []
    assert found(chain, keys=[NEWER]) == ["unknown_key"] * 12


def test_the_keys_are_no_keys_of_links():
    """Each is derived for the chain alone."""
    ring = Keyring(keys=(SigningKey(id="b", secret=b"b" * 32), SigningKey(id="a", secret=b"a" * 32)))
    keys = chain_keys(ring)
    assert [key.id for key in keys] == ["b", "a"]
    assert not {key.secret for key in keys} & {b"a" * 32, b"b" * 32}


# --- what somebody did to it ------------------------------------------------------------------------------------------


def test_a_chain_in_order_holds(chain):
    assert found(chain) == []


@pytest.mark.parametrize(
    ("sql", "finding"),
    [
        ("UPDATE audit_entries SET payload = '{}' WHERE place = 3", "edited"),
        ("UPDATE audit_entries SET customer_id = 'cus_bruno' WHERE place = 12", "edited"),
        ("UPDATE audit_entries SET at = at - 1 WHERE place = 3", "out_of_place"),
        ("UPDATE audit_entries SET kind = 'key.revoked' WHERE place = 3", "out_of_place"),
        ("DELETE FROM audit_entries WHERE place = 3", "missing"),
        ("DELETE FROM audit_entries WHERE place = 1", "missing"),
        ("UPDATE audit_entries SET place = NULL, mac = NULL, key_id = NULL WHERE place = 3", "missing"),
        ("UPDATE audit_entries SET payload = NULL, salt = NULL, customer_id = NULL WHERE place = 12", "emptied"),
    ],
)
def test_what_was_changed_in_the_database_is_found(chain, sql, finding):
    """By whoever can write into it."""
    change(chain, sql)
    assert found(chain) == [finding]


def test_a_reorder_in_the_database_is_found(chain):
    change(chain, "UPDATE audit_entries SET place = 100 WHERE place = 3")
    change(chain, "UPDATE audit_entries SET place = 3 WHERE place = 4")
    change(chain, "UPDATE audit_entries SET place = 4 WHERE place = 100")
    assert found(chain)[:2] == ["out_of_place", "out_of_place"]


def test_a_truncation_is_found_by_a_head_that_was_carried_away(chain, tmp_path, clock):
    """And by nothing else."""
    head = carry_head(chain, tmp_path / "heads", clock.now())
    change(chain, "DELETE FROM audit_entries WHERE place > 9")
    assert found(chain) == []
    assert found(chain, head) == ["truncated"]


# --- erasure ----------------------------------------------------------------------------------------------------------


def test_an_erasure_empties_a_persons_entries_and_the_chain_holds(chain, clock):
    """Nobody can tell any more whom they were about, and those of others stay."""
    with chain.write() as transaction:
        assert forget(transaction, clock, ["cus_ana", "cus_nobody"], by="key:key_1") == 4
    seal_chain(chain, KEY)
    checked = check_chain(chain, [KEY], [])
    assert (checked.found.holds, checked.found.erased) == (True, 4)
    newest, *rest = page(chain)
    assert (newest.kind, newest.said()) == (ERASED, {"by": "key:key_1", "entries": 4})
    assert Counter(one.erased for one in rest) == {True: 4, False: 8}
    with chain.engine.connect() as connection:
        left = connection.execute(text("SELECT * FROM audit_entries")).all()
    assert "cus_ana" not in str(left)


def test_an_erasure_that_waits_for_its_seal_is_believed(chain, clock):
    """What it emptied was sealed long ago; whoever looks in these seconds is told of nothing wrong."""
    with chain.write() as transaction:
        forget(transaction, clock, ["cus_ana"], by="key:key_1")
    assert found(chain) == []
    change(chain, "UPDATE audit_entries SET payload = NULL, salt = NULL WHERE place = 2")
    assert found(chain) == ["emptied"]


def test_an_entry_that_is_not_sealed_yet_is_emptied_too(store, clock):
    with store.write() as transaction:
        record(transaction, clock, "customer.read", by="cli:bia", customer_id="cus_ana")
        forget(transaction, clock, ["cus_ana"], by="person")
    seal_chain(store, KEY)
    assert check_chain(store, [KEY], []).found.holds


def test_who_is_in_no_entry_leaves_none(store, clock):
    with store.write() as transaction:
        assert forget(transaction, clock, ["cus_nobody"], by="person") == 0
    assert page(store) == []


# --- reading it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 12),
        ({"limit": 3}, 3),
        ({"customer_id": "cus_ana"}, 4),
        ({"customer_id": "cus_bruno"}, 0),
        ({"kind": "consent.granted"}, 3),
        ({"kind": "consent"}, 3),
        ({"kind": "cons"}, 0),
        ({"by": "person"}, 3),
        ({"by": "cli:bia"}, 8),
        ({"by": "cli:b%"}, 0),
        ({"by": "cli:bia", "kind": "consent"}, 0),
    ],
)
def test_entries_are_found_by_what_they_say(chain, wanted, count):
    assert len(page(chain, **wanted)) == count


def test_entries_are_found_by_their_time_and_page_by_page(chain, clock):
    """Newest first."""
    began = clock.now()
    clock.advance(minutes=1)
    with chain.write() as transaction:
        record(transaction, clock, "key.revoked", by="cli:bia", key="key_1")
    assert [one.kind for one in page(chain, since=clock.now())] == ["key.revoked"]
    assert len(page(chain, until=clock.now())) == 12
    assert len(page(chain, since=began)) == 13
    first = page(chain, limit=5)
    assert [one.seq for one in first] == sorted((one.seq for one in first), reverse=True)
    assert first[-1].seq > page(chain, limit=5, before=first[-1].seq)[0].seq


def test_numbers_that_were_swapped_by_hand_do_not_change_the_order(chain, clock):
    """The seals guard places, and no numbers: the log is read by place, and what waits for its seal is newest."""
    with chain.write() as transaction:
        record(transaction, clock, "key.revoked", by="cli:bia", key="key_1")
    in_order = [None, *range(12, 0, -1)]
    assert [one.place for one in page(chain)] == in_order
    change(chain, "UPDATE audit_entries SET seq = -seq WHERE place IN (2, 9)")
    change(chain, "UPDATE audit_entries SET seq = CASE place WHEN 2 THEN 9 ELSE 2 END WHERE place IN (2, 9)")
    assert found(chain) == []
    assert [one.place for one in page(chain)] == in_order
    first = page(chain, limit=5)
    assert [one.place for one in [*first, *page(chain, before=first[-1].seq)]] == in_order


def test_a_read_is_written_down_once_for_each_person(store, clock):
    """With what was looked at, and why."""
    with store.write() as transaction:
        record_reads(transaction, clock, reader("cli:bia", " ticket 8841 "), "inbox", ["cus_a", "cus_b", "cus_a"])
        record_reads(transaction, clock, reader("cli:bia", ""), "inbox", [])
    assert [one.said() for one in reversed(page(store))] == [
        {"by": "cli:bia", "customer": "cus_a", "what": "inbox", "reason": "ticket 8841"},
        {"by": "cli:bia", "customer": "cus_b", "what": "inbox", "reason": "ticket 8841"},
    ]


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "\udce9"])
def test_a_reason_is_a_line(reason):
    with pytest.raises(InputError) as raised:
        reader("cli:bia", reason)
    assert raised.value.code == "reason_format"


# --- heads ------------------------------------------------------------------------------------------------------------


def test_the_head_is_carried_away_once_a_day(chain, tmp_path, clock):
    """Into a file that only this user reads, and into the log; not where nothing was added."""
    file = tmp_path / "heads.jsonl"
    with capture_logs() as lines:
        first = carry_head(chain, file, clock.now())
    assert first.place == 12
    assert [(line["event"], line["head"]) for line in lines] == [("audit_head", str(first))]
    assert file.stat().st_mode & 0o777 == 0o600
    with chain.write() as transaction:
        record(transaction, clock, "key.revoked", by="cli:bia", key="key_1")
    seal_chain(chain, KEY)
    assert carry_head(chain, file, clock.now()) is None
    clock.advance(days=1)
    second = carry_head(chain, file, clock.now())
    clock.advance(days=1)
    assert carry_head(chain, file, clock.now()) is None
    assert [one.head for one in carried_heads(file)] == [first, second]
    assert found(chain, first, second) == []


def test_a_chain_without_entries_has_no_head_to_carry(store, tmp_path, clock):
    assert carry_head(store, tmp_path / "heads.jsonl", clock.now()) is None
    assert carried_heads(tmp_path / "heads.jsonl") == []


@pytest.mark.parametrize(
    "line", ["{", "[]", "{}", json.dumps({"at": 1, "head": "x"}), json.dumps({"head": f"1:{'a' * 64}"})]
)
def test_a_line_that_is_no_head_is_named(tmp_path, line):
    file = tmp_path / "heads.jsonl"
    file.write_text(json.dumps({"at": 1, "head": str(Head(1, "a" * 64))}) + "\n" + line)
    with pytest.raises(ConfigurationError, match="Line 2 of"):
        carried_heads(file)


def test_a_file_of_heads_that_is_a_folder_is_an_error(chain, tmp_path, clock):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        carry_head(chain, tmp_path, clock.now())
    with pytest.raises(ConfigurationError, match="cannot be written"):
        carry_head(chain, tmp_path / "no" / "heads", clock.now())


def test_every_kind_that_is_written_is_known():
    """Else nobody could look for it, and it would have no words."""
    root = Path(sealing.__file__).parents[1]
    source = "\n".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py"))
    written = set(re.findall(r'record\([^()"]*"([a-z]+\.[a-z_]+)"', source))
    written |= set(re.findall(r'Entry\(\s*kind="([a-z]+\.[a-z_]+)"', source))
    written |= set(consent_record.KINDS.values())
    assert {"customer.read", "consent.withdrawn", "key.created"} <= written
    assert written <= KINDS.keys()
