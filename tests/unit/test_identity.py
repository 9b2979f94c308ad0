"""Who is who: what is compared, what proves anything, whose word stands, and the stricter of two words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import consent
from orchestrator.domain.customer import Address, AddressKind, Channel, ConsentState, Customer, Standing
from orchestrator.domain.message import Purpose
from orchestrator.identity import (
    Face,
    InForce,
    MergeOn,
    Stated,
    fields_of,
    join,
    likeness,
    mailbox,
    prevails,
    side_of,
    with_fields,
)


@pytest.mark.parametrize(
    ("email", "same"),
    [
        ("ana.souza@gmail.com", "anasouza@gmail.com"),
        ("ana.souza+ofertas@googlemail.com", "anasouza@gmail.com"),
        ("ana.souza+x@outlook.com", "ana.souza@outlook.com"),
        ("ana@me.com", "ana@icloud.com"),
        ("ana.souza+x@example.com", "ana.souza+x@example.com"),
        ("+@gmail.com", "+@gmail.com"),
    ],
)
def test_mailboxes_are_compared_as_their_provider_delivers(email, same):
    """Only where we know how that is: elsewhere a dot or a plus may be somebody else."""
    assert mailbox(email) == same


def face(emails=(), phones=(), ids=None, **attributes):
    addresses = [*((AddressKind.EMAIL, one) for one in emails), *((AddressKind.PHONE, one) for one in phones)]
    return Face(
        customer=Customer(
            id="cus",
            attributes=attributes,
            addresses=tuple(Address(id=value, kind=kind, value=value) for kind, value in addresses),
        ),
        external_ids=ids or {},
    )


ONE, PHONE = "ana@example.com", "+5511912345678"
EVERYTHING = MergeOn(email=True, attributes=("cpf_hash",), external_ids=(("shop", "crm"),))


@pytest.mark.parametrize(
    ("one", "other", "merge_on", "found"),
    [
        (face(["a.na@gmail.com"]), face(["ana@gmail.com"]), MergeOn(), (("email",), False)),
        (face(["a.na@gmail.com"]), face(["ana@gmail.com"]), EVERYTHING, (("email",), True)),
        (face([ONE], first_name="Ana"), face([ONE], first_name="Rui"), EVERYTHING, (("email",), False)),
        (face(phones=[PHONE]), face(phones=[PHONE]), EVERYTHING, (("phone",), False)),
        (face(phones=[PHONE], first_name="Ana"), face(phones=[PHONE], first_name="Rui"), EVERYTHING, None),
        (face(phones=[PHONE], first_name="Ana B"), face(phones=[PHONE], name="ANA C"), EVERYTHING, (("phone",), False)),
        (face(cpf_hash="1"), face(cpf_hash="1"), EVERYTHING, (("attribute:cpf_hash",), True)),
        (face([ONE], cpf_hash="1"), face([ONE], cpf_hash="2"), EVERYTHING, None),
        (face(ids={"shop": "7"}), face(ids={"crm": "7"}), EVERYTHING, (("ids:shop=crm",), True)),
        (face(ids={"shop": "7"}), face(ids={"crm": "8"}), EVERYTHING, None),
        (face(), face(), EVERYTHING, None),
    ],
)  # fmt: skip
def test_what_speaks_for_two_being_one(one, other, merge_on, found):
    """And it is the same from both sides."""
    for likely in (likeness(one, other, merge_on), likeness(other, one, merge_on)):
        assert (None if likely is None else (likely.reasons, likely.certain)) == found


@pytest.mark.parametrize(
    ("new", "standing", "wins"),
    [
        (("form", 2), None, True),
        (("crm", 1), ("form", 2), True),
        (("form", 2), ("crm", 1), False),
        (("crm", 2), ("crm", 1), True),
        (("crm", 1), ("crm", 2), False),
        (("crm", 2), ("person", 1), False),
        (("other", 2), ("form", 1), False),
        (("other", 2), ("", 1), True),
        (("", 2), ("person", 1), True),
    ],
)
def test_a_better_source_wins_then_the_newer_word(new, standing, wins):
    """The person knows best; what was changed by hand is put in, and may be overwritten."""
    old = None if standing is None else Stated(source=standing[0], value=1, at=standing[1])
    assert prevails(Stated(source=new[0], value=2, at=new[1]), old, ("crm", "checkout", "form")) is wins


def test_a_profile_can_be_taken_apart_and_put_together():
    """Field by field; None takes one away."""
    customer = Customer(id="cus", locale="pt-BR", attributes={"city": "Recife", "vip": False})
    assert fields_of(customer) == {"locale": "pt-BR", "attributes.city": "Recife", "attributes.vip": False}
    changed = with_fields(customer, {"attributes.city": None, "time_zone": "America/Recife", "locale": None})
    assert fields_of(changed) == {"time_zone": "America/Recife", "attributes.vip": False}


# --- consent ----------------------------------------------------------------------------------------------------------

TOPICS = {"offers": Purpose.MARKETING, "orders": Purpose.TRANSACTIONAL}
CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP)
KINDS = (AddressKind.EMAIL, AddressKind.PHONE)

addresses = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("abc")), unique=True, max_size=4)
words = st.dictionaries(
    st.tuples(st.sampled_from(sorted(TOPICS)), st.sampled_from([one.value for one in CHANNELS])),
    st.tuples(st.sampled_from(ConsentState), st.integers(1, 9)),
)
suppressed = st.dictionaries(
    st.tuples(
        st.tuples(st.sampled_from(KINDS), st.sampled_from("abc")), st.sampled_from([one.value for one in CHANNELS])
    ),
    st.sampled_from(["stop", "bounce"]),
)


def allowed(standing):
    """The topics and channels on which marketing may leave, to whichever address."""
    return {
        (topic, channel)
        for topic, purpose in TOPICS.items()
        for channel in CHANNELS
        if purpose is Purpose.MARKETING and consent.refusal(standing, topic, purpose, channel) is None
        if any(consent.suppression(standing, one, channel, purpose) is None for one in reached(standing, channel))
    }


def reached(standing, channel):
    kind = AddressKind.EMAIL if channel is Channel.EMAIL else AddressKind.PHONE
    return [one for one in standing.customer.addresses if one.kind is kind]


@given(addresses, addresses, words, words, suppressed)
def test_no_merge_allows_marketing_that_neither_allowed(mine, theirs, my_words, their_words, silenced):
    """Unless one agreed and could not be reached at all: an address is news, no change of mind."""
    suppressions = {(str(address), channel): reason for (address, channel), reason in silenced.items()}
    sides, standings = [], []
    for own, said in ((mine, my_words), (theirs, their_words)):
        standings.append(standing_of(own, {key: state for key, (state, _) in said.items()}, suppressions))
        in_force = {key: InForce(state=state, event_id=f"con_{at}", at=at) for key, (state, at) in said.items()}
        sides.append(side_of(standings[-1], in_force))
    joined = join(*sides, lambda topic: TOPICS[topic] is Purpose.MARKETING, 10)
    after = standing_of({*mine, *theirs}, {key: one.state for key, one in joined.items()}, suppressions)

    unreached = {
        (topic, channel)
        for standing in standings
        for topic in TOPICS
        for channel in CHANNELS
        if standing.consents.get((topic, channel)) is ConsentState.GRANTED and not reached(standing, channel)
    }
    assert allowed(after) <= allowed(standings[0]) | allowed(standings[1]) | unreached
    for key in {*my_words, *their_words}:
        states = {said[key][0] for said in (my_words, their_words) if key in said}
        if ConsentState.WITHDRAWN in states:
            assert joined[key].state is ConsentState.WITHDRAWN


def standing_of(own, consents, suppressions):
    return Standing(
        customer=Customer(
            id="cus", addresses=tuple(Address(id=str(one), kind=one[0], value=one[1]) for one in sorted(own))
        ),
        consents=consents,
        suppressions=suppressions,
    )
