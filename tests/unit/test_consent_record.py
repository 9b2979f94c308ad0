"""A consent and its entry say the same: whatever was changed in either, added or taken out is found, and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator import audit_chain
from orchestrator.audit_chain import ChainEntry
from orchestrator.dispatch.consent_record import compare, entry_of
from orchestrator.domain.customer import ConsentState
from orchestrator.store.port import ConsentEvent, SaidByCustomer

GRANTED, PENDING, WITHDRAWN = ConsentState.GRANTED, ConsentState.PENDING, ConsentState.WITHDRAWN
EMAIL, SMS = ("reviews", "email"), ("reviews", "sms")
EDITED, MISSING, UNRECORDED, NOT_IN_FORCE = (
    "consent_edited", "consent_missing", "consent_unrecorded", "consent_not_in_force",
)  # fmt: skip


def event(number, state=GRANTED, where=EMAIL, **other):
    topic, channel = where
    said = {
        "customer_id": "cus_ana", "legal_basis": "consent", "method": "form", "source": "checkout",
        "wording": "optin_avaliacoes@1", "evidence": {"form": "rodapé", "page": 2}, "at": 1_000, "actor": "person",
    }  # fmt: skip
    return ConsentEvent(id=f"con_{number}", state=state, topic=topic, channel=channel, **said | other)


def on_record(number, said):
    wanted = entry_of(said)
    written = audit_chain.write(
        wanted.kind, by=wanted.by, customer_id=wanted.customer_id, at=1_000, said=wanted.said, salt=b"s" * 16
    )
    return ChainEntry(seq=number, **written._asdict())


# A yes by e-mail; a yes and a no by text.
EVENTS = (event(1), event(2, where=SMS), event(3, WITHDRAWN, SMS))
SAID = SaidByCustomer(
    customer_id="cus_ana",
    events=EVENTS,
    entries=tuple(on_record(number, one) for number, one in enumerate(EVENTS, start=11)),
    in_force={EMAIL: (GRANTED, "con_1"), SMS: (WITHDRAWN, "con_3")},
    merged=False,
)


def found(said):
    return [tuple(one) for one in compare(said)]


def with_event(place, **changed):
    events = list(EVENTS)
    events[place] = replace(events[place], **changed)
    return replace(SAID, events=tuple(events))


def test_what_was_put_on_record_and_stands_is_right():
    assert found(SAID) == []


def test_nothing_said_is_nothing_wrong():
    assert found(SaidByCustomer(customer_id="cus_x", events=(), entries=(), in_force={}, merged=False)) == []


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"method": "double_opt_in"}, "method"),
        ({"wording": None}, "wording"),
        ({"actor": "cli:eve"}, "actor"),
        ({"at": 999}, "proof"),
        ({"source": "event"}, "proof"),
        ({"legal_basis": "contract"}, "proof"),
        ({"evidence": {"form": "rodapé", "page": 3}}, "proof"),
        ({"evidence": {}}, "proof"),
    ],
)
def test_a_row_that_was_changed_is_named_with_what_differs(changed, differs):
    """By its own id, and that of its entry: some shops number people by their addresses."""
    assert found(with_event(0, **changed)) == [(EDITED, "con_1", 11, (differs,))]


@pytest.mark.parametrize("changed", [{"state": WITHDRAWN}, {"topic": "offers"}, {"channel": "push"}])
def test_a_row_that_says_another_thing_is_in_force_no_more(changed):
    """The state that rests on it has lost its ground."""
    (name,) = changed
    edited, *rest = found(with_event(0, **changed))
    assert edited == (EDITED, "con_1", 11, (name,))
    assert {kind for kind, *_ in rest} == {NOT_IN_FORCE}


def test_numbers_of_evidence_are_compared_by_their_value():
    """PostgreSQL keeps 1e20 as 100000000000000000000."""
    said = event(1, evidence={"seconds": 1e20})
    kept = replace(said, evidence={"seconds": 10**20})
    assert found(replace(SAID, events=(kept, *EVENTS[1:]), entries=(on_record(11, said), *SAID.entries[1:]))) == []


def test_a_row_that_is_gone_is_missed():
    assert found(replace(SAID, events=EVENTS[1:])) == [(MISSING, "con_1", 11, ()), (NOT_IN_FORCE, "con_1", None, ())]


def test_a_row_that_was_put_in_has_no_entry():
    put_in = event(4, where=("reviews", "push"))
    said = replace(SAID, events=(*EVENTS, put_in), in_force={**SAID.in_force, ("reviews", "push"): (GRANTED, "con_4")})
    assert found(said) == [(UNRECORDED, "con_4", None, ())]


def test_a_second_entry_that_fits_does_not_hide_the_first():
    """Whoever changes a row can append an entry; the one that was sealed before still tells."""
    changed = with_event(0, actor="cli:eve")
    assert found(replace(changed, entries=(*SAID.entries, on_record(14, changed.events[0])))) == [
        (EDITED, "con_1", 11, ("actor",))
    ]


def test_an_entry_that_says_nothing_is_named_by_its_number():
    """That it was edited is for the chain to say."""
    for payload in ("{}", "{", "[]"):
        broken = replace(SAID.entries[0], payload=payload)
        assert found(replace(SAID, entries=(broken, *SAID.entries[1:]))) == [
            (MISSING, "entry 11", 11, ()), (UNRECORDED, "con_1", None, ()),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "stands"),
    [
        (SMS, (GRANTED, "con_3")),
        (SMS, (GRANTED, "con_2")),
        (SMS, (PENDING, "con_2")),
        (SMS, None),
        (EMAIL, None),
        (EMAIL, (PENDING, "con_1")),
        (EMAIL, (GRANTED, "con_3")),
        (("offers", "email"), (GRANTED, "con_1")),
    ],
)
def test_what_is_in_force_was_said_last(key, stands):
    """A no never becomes a yes, and nothing is in force that was not said."""
    in_force = {one: what for one, what in {**SAID.in_force, key: stands}.items() if what is not None}
    assert [kind for kind, *_ in compare(replace(SAID, in_force=in_force))] == [NOT_IN_FORCE]


def test_a_merge_may_leave_out_a_yes_and_never_a_no():
    """A yes that could be used with no address of either is not brought along."""
    assert found(replace(SAID, merged=True, in_force={SMS: (WITHDRAWN, "con_3")})) == []
    assert found(replace(SAID, merged=True, in_force={EMAIL: (GRANTED, "con_1")})) != []


def test_an_older_yes_may_stand_behind_a_newer_one():
    """A form of last year that comes in today does not change what rests on this year's."""
    late = event(4, at=500)
    assert found(replace(SAID, events=(*EVENTS, late), entries=(*SAID.entries, on_record(14, late)))) == []


def test_what_an_erasure_left_is_missed_by_nobody():
    """Only where it says nothing of anybody any more, and nothing rests on it."""
    emptied = event(1, customer_id="erased_1", method="", source="", evidence={}, actor="")
    left = SaidByCustomer(customer_id="erased_1", events=(emptied,), entries=(), in_force={}, merged=False)
    assert found(left) == []
    assert found(replace(left, in_force={EMAIL: (GRANTED, "con_1")})) == [(NOT_IN_FORCE, "con_1", None, ())]
    assert found(replace(left, events=(replace(emptied, actor="person"),)))[0] == (UNRECORDED, "con_1", None, ())
    assert found(replace(left, events=(replace(emptied, customer_id="cus_ana"),)))[0][0] == UNRECORDED
