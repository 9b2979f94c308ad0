"""Who is who: what makes two customers one, whose word about a field stands, and what is agreed once they are one.

Pure. Addresses come in their stored form (`addresses.normalise`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from orchestrator.domain.customer import ADDRESS_KINDS, AddressKind, Channel, ConsentState, Customer
from orchestrator.domain.errors import Unfit
from orchestrator.schema import Identifier, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orchestrator.domain.customer import Standing
    from orchestrator.domain.time import Instant

Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _two_systems(systems: tuple[str, str]) -> tuple[str, str]:
    if systems[0] == systems[1]:
        raise Unfit("names two systems that number people alike, such as [shop, crm]")
    return systems


class MergeOn(Schema):
    """What is proof enough that two customers are one. A shared phone never is: families share phones.

    `email` is the same mailbox, `attributes` are those that one person alone has (`cpf_hash`), and `external_ids` are
    pairs of systems that number people alike.
    """

    email: bool = False
    attributes: tuple[Identifier, ...] = ()
    external_ids: tuple[Annotated[tuple[Word, Word], AfterValidator(_two_systems)], ...] = ()


class IdentitySettings(Schema):
    """`identity:` of `templates/project.yaml`. `sources` are the systems that tell about people, the best first."""

    sources: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    merge_on: MergeOn = MergeOn()


# --- two who may be one -----------------------------------------------------------------------------------------------

# Who delivers `ana.souza+ofertas@` to `anasouza@`: under which name, and whether dots count there. Others may have an
# `ana+b@` that is somebody else's.
_GMAIL, _DOTS_COUNT = "gmail.com", True
MAILBOXES: Mapping[str, tuple[str, bool]] = {
    "gmail.com": (_GMAIL, not _DOTS_COUNT),
    "googlemail.com": (_GMAIL, not _DOTS_COUNT),
    "outlook.com": ("outlook.com", _DOTS_COUNT),
    "hotmail.com": ("hotmail.com", _DOTS_COUNT),
    "live.com": ("live.com", _DOTS_COUNT),
    "icloud.com": ("icloud.com", _DOTS_COUNT),
    "me.com": ("icloud.com", _DOTS_COUNT),
    "proton.me": ("proton.me", _DOTS_COUNT),
    "protonmail.com": ("proton.me", _DOTS_COUNT),
    "fastmail.com": ("fastmail.com", _DOTS_COUNT),
}
"""Domain → the name that its mailboxes are compared under, and whether dots count in them."""


def mailbox(email: str) -> str:
    """The mailbox that an address leads to: `a.na+x@googlemail.com` is `ana@gmail.com`."""
    local, _, domain = email.rpartition("@")
    if domain not in MAILBOXES:
        return email
    name, dots_count = MAILBOXES[domain]
    local = local.partition("+")[0] or local
    return f"{local if dots_count else local.replace('.', '')}@{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Face:
    """A customer as far as it tells who they are."""

    customer: Customer
    external_ids: Mapping[str, str] = field(default_factory=dict)

    def values(self, kind: AddressKind) -> set[str]:
        """Their addresses of a kind; of e-mail the mailboxes."""
        of_kind = {one.value for one in self.customer.addresses if one.kind is kind}
        return {mailbox(value) for value in of_kind} if kind is AddressKind.EMAIL else of_kind


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for two being one, and whether that proves it.

    Reasons are `email`, `phone`, `attribute:cpf_hash` and `ids:shop=crm`.
    """

    reasons: tuple[str, ...]
    certain: bool


def likeness(one: Face, other: Face, merge_on: MergeOn) -> Likeness | None:
    """What speaks for two customers being one person, or None: nothing does, or something speaks against it."""
    if _contradicts(one, other, merge_on):
        return None
    proofs = [*_shared_attributes(one, other, merge_on), *_shared_ids(one, other, merge_on)]
    email = bool(one.values(AddressKind.EMAIL) & other.values(AddressKind.EMAIL))
    phone = bool(one.values(AddressKind.PHONE) & other.values(AddressKind.PHONE))
    named_apart = _first_name(one) != _first_name(other) and bool(_first_name(one) and _first_name(other))
    if phone and not email and not proofs and named_apart:
        return None  # a family
    reasons = (*proofs, *(["email"] if email else ()), *(["phone"] if phone else ()))
    if not reasons:
        return None
    # Couples share mailboxes too.
    return Likeness(reasons, certain=bool(proofs) or (email and merge_on.email and not named_apart))


def _contradicts(one: Face, other: Face, merge_on: MergeOn) -> bool:
    """Something that one person alone has, and both have another."""
    mine, theirs = one.customer.attributes, other.customer.attributes
    return any(mine.get(name) and theirs.get(name) and mine[name] != theirs[name] for name in merge_on.attributes)


def _shared_attributes(one: Face, other: Face, merge_on: MergeOn) -> list[str]:
    mine, theirs = one.customer.attributes, other.customer.attributes
    return [f"attribute:{name}" for name in merge_on.attributes if mine.get(name) and mine[name] == theirs.get(name)]


def _shared_ids(one: Face, other: Face, merge_on: MergeOn) -> list[str]:
    def same(first: str, second: str) -> bool:
        return first in one.external_ids and one.external_ids[first] == other.external_ids.get(second)

    return [f"ids:{a}={b}" for a, b in merge_on.external_ids if same(a, b) or same(b, a)]


def _first_name(face: Face) -> str:
    said = face.customer.attributes.get("first_name") or face.customer.attributes.get("name") or ""
    return next(iter(str(said).casefold().split()), "")


# --- whose word stands ------------------------------------------------------------------------------------------------

ADDRESS_FIELDS: Mapping[AddressKind, str] = {
    AddressKind.EMAIL: "emails",
    AddressKind.PHONE: "phones",
    AddressKind.PUSH_TOKEN: "push_tokens",
}
"""Which field of a profile holds the addresses of a kind."""

ATTRIBUTES = "attributes."
"""What the name of a field that is an attribute begins with."""

PLAIN_FIELDS = ("locale", "time_zone")
"""Fields that are one word."""

PERSON = "person"
"""The source that is the person: nobody knows better (LGPD art. 18 III), unless the file gives it a place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """What a source said about a field of a profile, and when. An empty source: nobody wrote down who said it."""

    source: str
    value: Any
    at: Instant


def prevails(new: Stated, standing: Stated | None, sources: Sequence[str]) -> bool:
    """Whether a value takes the place of the one that stands: of a better source, or of one as good and not older.

    What comes without a source was changed by hand, and is put in; any source may overwrite it later.
    """
    if standing is None or not new.source:
        return True
    mine, theirs = _rank(new.source, sources), _rank(standing.source, sources)
    return mine < theirs or (mine == theirs and new.at >= standing.at)


def fields_of(customer: Customer) -> dict[str, Any]:
    """A profile field by field, as sources state it: `locale`, `attributes.name`, `emails`. None is empty."""
    found: dict[str, Any] = {"locale": customer.locale, "time_zone": customer.time_zone}
    found |= {f"{ATTRIBUTES}{name}": value for name, value in customer.attributes.items()}
    for kind, name in ADDRESS_FIELDS.items():
        found[name] = [one.value for one in customer.addresses if one.kind is kind] or None
    return {name: value for name, value in found.items() if value is not None}


def with_fields(customer: Customer, changed: Mapping[str, Any]) -> Customer:
    """The profile with other values in some fields; None takes one away. Addresses are left as they are."""
    attributes = dict(customer.attributes)
    for name, value in changed.items():
        attribute = name.removeprefix(ATTRIBUTES)
        if attribute != name:
            attributes[attribute] = value
    return replace(
        customer,
        locale=changed.get("locale", customer.locale),
        time_zone=changed.get("time_zone", customer.time_zone),
        attributes={name: value for name, value in attributes.items() if value is not None},
    )


def standing(fields: Mapping[str, Any], stated: Mapping[str, Stated]) -> dict[str, Stated]:
    """Who said what stands in a profile. What nobody wrote down, or was changed since, has no source and no time."""
    return {
        name: stated[name] if name in stated and stated[name].value == value else Stated(source="", value=value, at=0)
        for name, value in fields.items()
    }


def stronger(kept: Stated, merged: Stated, sources: Sequence[str]) -> Stated:
    """Which of two values of a field stands, when their profiles become one."""
    return merged if merged.source and prevails(merged, kept, sources) else kept


def _rank(source: str, sources: Sequence[str]) -> int:
    order = sources if PERSON in sources else (PERSON, *sources)
    return order.index(source) if source in order else len(order)


# --- what is agreed once they are one ---------------------------------------------------------------------------------

_STRICTNESS = (None, ConsentState.GRANTED, ConsentState.PENDING, ConsentState.WITHDRAWN)


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """What is in force for a topic on a channel: the state, the event that it rests on, and since when."""

    state: ConsentState
    event_id: str
    at: Instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """What one of two customers allows.

    `open` are the (address id, channel) pairs that may get marketing, `silenced` those that may not.
    """

    consents: Mapping[tuple[str, str], InForce]
    silenced: frozenset[tuple[str, str]] = frozenset()
    open: frozenset[tuple[str, str]] = frozenset()

    def is_silent(self, channel: str) -> bool:
        """Whether they have addresses on a channel, and none that may get marketing."""
        return channel in _channels(self.silenced) and channel not in _channels(self.open)


def side_of(standing: Standing, consents: Mapping[tuple[str, str], InForce]) -> Side:
    """A customer as they stand; any suppression stops marketing."""
    theirs = {
        (one.id, channel.value)
        for channel in Channel
        for one in standing.customer.addresses
        if one.kind is ADDRESS_KINDS[channel]
    }
    silenced = theirs & standing.suppressions.keys()
    return Side(consents=consents, silenced=frozenset(silenced), open=frozenset(theirs - silenced))


def join(kept: Side, merged: Side, is_marketing: Callable[[str], bool], now: Instant) -> dict[tuple[str, str], InForce]:
    """What is in force for the one that two became: the stricter of both, for each topic and channel.

    No marketing is allowed that neither allowed. So a grant does not come along if every address that it could be used
    with is suppressed, and the other one brings an address that is not; nor if it would be used at an address that is
    silent to who gave it, and to which only the one who is kept came back.
    """
    reopened = _channels(merged.silenced & kept.open)
    found: dict[tuple[str, str], InForce] = {}
    for key in sorted({*kept.consents, *merged.consents}):
        topic, channel = key
        mine, theirs = kept.consents.get(key), merged.consents.get(key)
        said = _stricter(mine, theirs, now)
        who_said = [side for side, one in ((kept, mine), (merged, theirs)) if one is not None]
        unused = all(side.is_silent(channel) for side in who_said) and channel in _channels(kept.open | merged.open)
        elsewhere = mine is None and channel in reopened
        if said.state is not ConsentState.GRANTED or not (unused or elsewhere) or not is_marketing(topic):
            found[key] = said
    return found


def _channels(places: Iterable[tuple[str, str]]) -> frozenset[str]:
    return frozenset(channel for _, channel in places)


def _stricter(one: InForce | None, other: InForce | None, now: Instant) -> InForce:
    said = [found for found in (one, other) if found is not None]
    strictest = max(said, key=lambda found: (_STRICTNESS.index(found.state), found.at))
    if len({found.state for found in said}) > 1:
        # They did not say the same: what is older than the merge, and comes in later, does not change it any more.
        return InForce(state=strictest.state, event_id=strictest.event_id, at=max(now, *(found.at for found in said)))
    return strictest
