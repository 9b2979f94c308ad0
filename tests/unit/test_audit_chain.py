"""The chain finds whatever was done to it: an edit, a deletion, a reorder, a truncation, and what they hide behind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.audit_chain import (
    ERASED,
    FINDINGS_SHOWN,
    START,
    ChainEntry,
    ChainFinding,
    ChainKey,
    Head,
    read_head,
    seal,
    verify,
    write,
)

KEY = ChainKey("k1", b"1" * 32)
NEWER = ChainKey("k2", b"2" * 32)
KEYS = dict([KEY, NEWER])


def written(kind="customer.read", customer="cus_ana", **said):
    salt = len(said).to_bytes(16)
    return write(kind, by="cli:bia", customer_id=customer, at=1_000, said=said, salt=salt)


def read(entries):
    """Entries as they lie in the ledger, before anybody sealed them."""
    return [ChainEntry(seq=seq, **entry._asdict()) for seq, entry in enumerate(entries, start=1)]


def sealed(entries, after=START, key=KEY):
    seals = {one.seq: one for one in seal(entries, after, key)}
    return [
        replace(one, key_id=seals[one.seq].key_id, place=seals[one.seq].place, mac=seals[one.seq].mac)
        for one in entries
    ]


@pytest.fixture
def chain():
    """Five entries about Ana, each saying another thing."""
    return sealed(read([written(number=number) for number in range(5)]))


def found(entries, heads=()):
    return [tuple(one) for one in verify(entries, KEYS, heads).findings]


def head_of(entries):
    return Head(entries[-1].place, entries[-1].mac)


def erased(entry):
    return replace(entry, payload=None, salt=None, customer_id=None)


# --- a chain in order -------------------------------------------------------------------------------------------------


def test_a_chain_in_order_holds(chain):
    """It says how long it is and where it ends."""
    checked = verify(chain, KEYS, [head_of(chain[:2]), head_of(chain)])

    assert checked.holds
    assert (checked.sealed, checked.erased, checked.head) == (5, 0, head_of(chain))


def test_an_empty_chain_holds():
    assert verify([], KEYS).holds


def test_an_entry_says_who_did_it_and_whom_it_is_about(chain):
    assert chain[0].said() == {"by": "cli:bia", "customer": "cus_ana", "number": 0}


def test_sealing_goes_on_where_it_ended():
    """In as many pieces as there may be, under as many keys: old seals stay as they are."""
    entries = read([written(number=number) for number in range(3)])
    first = sealed(entries[:1])
    rest = sealed(entries[1:], after=head_of(first), key=NEWER)

    assert found([*first, *rest]) == []
    assert [one.place for one in [*first, *rest]] == [1, 2, 3]


def test_the_same_words_have_another_digest_each_time():
    """By their salt: who knows a customer's id cannot look for them in what an erasure left."""
    one = write("customer.read", by="cli:bia", customer_id="cus_ana", at=1, said={}, salt=b"a" * 16)
    other = write("customer.read", by="cli:bia", customer_id="cus_ana", at=1, said={}, salt=b"b" * 16)
    assert one.digest != other.digest


# --- what was done to it ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"payload": '{"by":"cli:eva","customer":"cus_ana","number":2}'}, "edited"),
        ({"payload": "nothing"}, "edited"),
        ({"payload": "[]"}, "edited"),
        ({"payload": None}, "edited"),
        ({"salt": "not hex"}, "edited"),
        ({"salt": None}, "edited"),
        ({"customer_id": "cus_bruno"}, "edited"),
        ({"customer_id": None}, "edited"),
        ({"kind": "customer.changed"}, "out_of_place"),
        ({"at": 999}, "out_of_place"),
        ({"mac": "0" * 64}, "out_of_place"),
        ({"key_id": "k2"}, "out_of_place"),
        ({"key_id": "k9"}, "unknown_key"),
        ({"key_id": None}, "unknown_key"),
    ],
)
def test_an_edit_is_found(chain, change, finding):
    """Of any column that says something, and at its place."""
    chain[2] = replace(chain[2], **change)
    assert (finding, 3) in found(chain)


def test_an_edit_with_its_digest_made_anew_is_found(chain):
    """Who can write the digest cannot write the seal."""
    chain[2] = replace(chain[2], **written(number=7)._asdict())
    assert found(chain) == [("out_of_place", 3)]


def test_a_deletion_is_found(chain):
    """Of the first entry too."""
    assert found([chain[0], *chain[2:]]) == [("missing", 3)]
    assert found(chain[1:]) == [("missing", 2)]


def test_a_deletion_with_the_places_closed_up_is_found(chain):
    """Their places are sealed with them."""
    closed = [chain[0], *(replace(one, place=one.place - 1) for one in chain[2:])]
    assert ("out_of_place", 2) in found(closed)


def test_a_reorder_is_found(chain):
    """With places changed, or with all but places changed."""
    moved = [*chain[:1], replace(chain[2], place=2), replace(chain[1], place=3), *chain[3:]]
    assert found(moved)[:2] == [("out_of_place", 2), ("out_of_place", 3)]
    said = [replace(chain[1], payload=chain[2].payload), replace(chain[2], payload=chain[1].payload)]
    assert found([chain[0], *said, *chain[3:]]) == [("edited", 2), ("edited", 3)]


def test_an_entry_that_was_put_in_is_found(chain):
    """Nobody without the key can seal one."""
    forged = sealed(read([written(number=9)]), after=head_of(chain), key=ChainKey("k1", b"x" * 32))
    assert found([*chain, *forged]) == [("out_of_place", 6)]


def test_a_truncation_is_found_by_a_head(chain):
    """And by no other way: what is left is a chain in order."""
    assert found(chain[:3]) == []
    assert found(chain[:3], [head_of(chain)]) == [("truncated", 3)]
    assert found([], [head_of(chain)]) == [("truncated", 0)]


def test_a_chain_that_was_written_anew_is_found_by_a_head(chain):
    """Even by somebody who has the key."""
    anew = sealed(read([written(number=number + 9) for number in range(5)]))
    assert found(anew) == []
    assert found(anew, [head_of(chain)]) == [("rewritten", 5)]


def test_the_first_findings_are_named_and_all_are_counted(chain):
    many = [replace(one, mac="0" * 64) for one in chain for _ in range(10)]
    checked = verify([replace(one, place=place) for place, one in enumerate(many, 1)], KEYS)
    assert (len(checked.findings), checked.count) == (FINDINGS_SHOWN, 50)


@given(
    place=st.integers(0, 4), column=st.sampled_from(["kind", "at", "payload", "salt", "digest", "mac"]), bit=st.data()
)
def test_no_bit_can_be_changed_unseen(place, column, bit):
    """Of anything that is written into an entry."""
    chain = sealed(read([written(number=number) for number in range(5)]))
    value = getattr(chain[place], column)
    if isinstance(value, int):
        changed = value ^ (1 << bit.draw(st.integers(0, 40)))
    else:
        text = bytearray(value.encode())
        text[bit.draw(st.integers(0, len(text) - 1))] ^= 1 << bit.draw(st.integers(0, 3))
        changed = text.decode("ascii")
    chain[place] = replace(chain[place], **{column: changed})
    assert found(chain)


# --- erasure ----------------------------------------------------------------------------------------------------------


def test_an_erased_entry_holds_and_says_so(chain):
    """Where an entry tells how many an erasure took."""
    entries = [erased(chain[0]), erased(chain[3]), *sealed(read([written(ERASED, None, entries=2)]), head_of(chain))]
    chain = [entries[0], chain[1], chain[2], entries[1], chain[4], entries[2]]
    checked = verify(chain, KEYS)
    assert (checked.holds, checked.erased) == (True, 2)
    assert chain[0].said() == {}


def test_an_entry_that_was_emptied_without_an_erasure_is_found(chain):
    """Else emptying it would be how to hide it."""
    chain[1] = erased(chain[1])
    assert found(chain) == [("emptied", 5)]


def test_an_erasure_tells_of_no_more_than_it_says(chain):
    """An entry that was edited to tell of more tells of none."""
    told = sealed(read([written(ERASED, None, entries=0)]), head_of(chain))
    told = [replace(told[0], payload='{"by":"cli:bia","entries":1}')]
    assert ChainFinding("emptied", 6) in verify([erased(chain[0]), *chain[1:], *told], KEYS).findings


# --- heads ------------------------------------------------------------------------------------------------------------


def test_a_head_is_read_as_it_is_written(chain):
    head = head_of(chain)
    assert read_head(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "5", "0:" + "a" * 64, "5:" + "A" * 64, "5:" + "a" * 63, "-5:" + "a" * 64, "x"])
def test_what_is_no_head_is_none(text):
    assert read_head(text) is None
