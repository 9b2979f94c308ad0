"""All facts of a project on one sheet: what a release keeps of them, and what it knows without live values."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.errors import did_you_mean, mark
from orchestrator.facts.calendar import read_calendar
from orchestrator.facts.delivery import BRAZILIAN
from orchestrator.facts.model import (
    DeliveryPromise,
    Live,
    Offer,
    Offers,
    Policy,
    Promises,
    as_amount,
    as_code,
    as_percentage,
)
from orchestrator.facts.moments import as_moment, has_time
from orchestrator.schema import Identifier, Schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding

TWICE = "CL130"
_WRONG_VALUE = "YA104"

# The part of an offer, and what a claim may make of it.
_OFFER: Mapping[str, ClaimKind | None] = {
    "title": None,
    "sku": None,
    "price": ClaimKind.PRICE,
    "was_price": ClaimKind.PRICE,
    "discount": ClaimKind.DISCOUNT,
    "coupon": ClaimKind.COUPON,
    "starts_at": ClaimKind.DEADLINE,
    "ends_at": ClaimKind.DEADLINE,
    "valid_for": None,
    "landing_page": None,
    "stock": None,
    "on_sale": None,
}


# More than anybody stocks: beyond it, somebody sent an id, or another unit.
PIECES_MAX = 1_000_000_000


def _as_pieces(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= PIECES_MAX:
        raise ValueError(f'must be a whole number of pieces, from 0 to {PIECES_MAX:,}, not "{value}"')
    return value


# What the value behind a live part of an offer must be, as it would be written in the file.
_LIVE: Mapping[str, Callable[[Any], object]] = {
    "price": as_amount,
    "was_price": as_amount,
    "discount": as_percentage,
    "coupon": as_code,
    "starts_at": as_moment,
    "ends_at": as_moment,
    "stock": _as_pieces,
}


class Place(Schema):
    """Where a fact is written, and who answers for it."""

    file: str
    line: int
    owner: str


class FactSheet(Schema):
    """Offers, delivery promises and policies by id, and where each is written."""

    model_config = ConfigDict(ignored_types=(cached_property,))

    offers: dict[Identifier, Offer] = {}
    delivery: dict[Identifier, DeliveryPromise] = {}
    policies: dict[Identifier, Policy] = {}
    places: dict[str, Place] = {}

    def known_paths(self) -> tuple[str, ...]:
        """Every path that has a value or may get one, the live ones last."""
        return self._known

    def kind_of(self, path: str) -> ClaimKind | None:
        """What a claim may state from a path; None where it may state nothing, or where there is no such fact."""
        return self._kinds.get(path)

    def live_paths(self, paths: Iterable[str]) -> frozenset[str]:
        """The live values that must be read before these paths can be promised: with an offer, its stock too."""
        return frozenset(live for path in paths for live in self._needs(path))

    def place(self, path: str) -> Place | None:
        """Where a path is written; what is computed stands where the fact does that it belongs to."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path.rpartition(".")[0]
        return None

    def static(self, path: str) -> bool:
        """Whether only a new release changes it: it is written in a file, or computed."""
        return path in self._kinds and path not in self.live and path not in self._readers

    def unfit(self, path: str, value: Any) -> str | None:
        """Why a live path cannot take a value, as the end of a sentence ("must be …"), or None when it can."""
        for name in self._readers.get(path, ()):
            try:
                _LIVE[name](value)
            except ValueError as error:
                return str(error)
        return None

    @cached_property
    def written(self) -> dict[str, str]:
        """The values that never move, by path.

        An hour is not among them: its text depends on the zone. Nor is an end that is counted from the sending.
        """
        values = {path: value for path, value in self._parts() if isinstance(value, str)}
        for offer_id, offer in self.offers.items():
            for name, written in (("starts_at", offer.starts_at), ("ends_at", offer.ends_at)):
                counted = name == "ends_at" and offer.valid_for is not None
                if counted or (isinstance(written, str) and has_time(written)):
                    values.pop(f"offers.{offer_id}.{name}", None)
        return values

    @cached_property
    def translated(self) -> dict[tuple[str, str], str]:
        """The approved words of policies in other languages, by path and locale."""
        return {
            (f"policies.{policy_id}{part}", locale): text
            for policy_id, policy in self.policies.items()
            for locale, text in policy.texts.items()
            for part in ("", ".text")
        }

    @cached_property
    def live(self) -> dict[str, str]:
        """The parts of offers that are read from a live path, and that path."""
        return {path: value.live for path, value in self._parts() if isinstance(value, Live)}

    def _parts(self) -> Iterator[tuple[str, object]]:
        """Every written part of every fact, with its path."""
        for offer_id, offer in self.offers.items():
            for name in _OFFER:
                value = getattr(offer, name, None)
                if value is not None:
                    yield f"offers.{offer_id}.{name}", value
        for policy_id, policy in self.policies.items():
            path = f"policies.{policy_id}"
            yield from ((path, policy.text), (f"{path}.value", policy.value), (f"{path}.text", policy.text))

    @cached_property
    def _kinds(self) -> dict[str, ClaimKind | None]:
        kinds: dict[str, ClaimKind | None] = {}
        for offer_id, offer in self.offers.items():
            for name, kind in _OFFER.items():
                computed = name == "on_sale" or (name == "ends_at" and offer.valid_for is not None)
                if computed or getattr(offer, name, None) is not None:
                    kinds[f"offers.{offer_id}.{name}"] = kind
        for promise_id in self.delivery:
            kinds[f"promises.delivery.{promise_id}"] = ClaimKind.DELIVERY_DATE
        for policy_id in self.policies:
            path = f"policies.{policy_id}"
            kinds |= {path: ClaimKind.POLICY, f"{path}.value": None, f"{path}.text": None}
        for path, live in self.live.items():
            kinds.setdefault(live, kinds[path])
        return kinds

    @cached_property
    def _known(self) -> tuple[str, ...]:
        return tuple(self._kinds)

    @cached_property
    def _readers(self) -> dict[str, tuple[str, ...]]:
        """Live path → the parts of offers that read it."""
        readers: dict[str, tuple[str, ...]] = {}
        for path, live in self.live.items():
            readers[live] = (*readers.get(live, ()), path.rpartition(".")[2])
        return readers

    def _needs(self, path: str) -> Iterator[str]:
        kind, _, rest = path.partition(".")
        if kind == "inventory":
            yield path
        elif kind == "offers":
            offer = f"offers.{rest.partition('.')[0]}"
            for part in (path, *(f"{offer}.{name}" for name in ("stock", "starts_at", "ends_at"))):
                if part in self.live:
                    yield self.live[part]


# --- gathering --------------------------------------------------------------------------------------------------------


def collect(files: Mapping[str, tuple[Document, Offers | Promises]]) -> tuple[FactSheet, list[Finding]]:
    """One sheet from all files of facts, and what only all of them show: an id that is used twice.

    Of two facts with one id the first stays, in the order of `files`.
    """
    gathered = _Gathered()
    for document, facts in files.values():
        gathered.add(document, facts)
    return gathered.sheet(), gathered.findings


class _Gathered:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._offers: dict[str, Offer] = {}
        self._delivery: dict[str, DeliveryPromise] = {}
        self._policies: dict[str, Policy] = {}
        self._places: dict[str, Place] = {}

    def sheet(self) -> FactSheet:
        return FactSheet(offers=self._offers, delivery=self._delivery, policies=self._policies, places=self._places)

    def add(self, document: Document, facts: Offers | Promises) -> None:
        if isinstance(facts, Offers):
            for offer_id, offer in facts.offers.items():
                if self._admit(document, facts.owner, ("offers", offer_id), f"offers.{offer_id}", offer):
                    self._offers[offer_id] = offer
            return
        for promise_id, promise in facts.delivery.items():
            if self._admit(document, facts.owner, ("delivery", promise_id), f"promises.delivery.{promise_id}", promise):
                self._delivery[promise_id] = promise
                self._check_regions(document, promise_id, promise)
        for policy_id, policy in facts.policies.items():
            if self._admit(document, facts.owner, ("policies", policy_id), f"policies.{policy_id}", policy):
                self._policies[policy_id] = policy

    def _admit(self, document: Document, owner: str, at: tuple[str, str], path: str, fact: Schema) -> bool:
        """Note where it is written, unless its id is taken."""
        if path in self._places:
            first = self._places[path]
            finding = document.finding(
                at,
                mark('The fact "{path}" is already in {file}, line {line}'),
                params={"path": path, "file": first.file, "line": first.line},
                code=TWICE,
                help=mark("Give one of them another id: a fact is said in one place."),
                on_key=True,
            )
            self.findings.append(finding)
            return False
        self._places[path] = self._place(document, at, owner)
        # In the model's order: a set has another in every process, and the release's id hashes this.
        for name in type(fact).model_fields:
            value = getattr(fact, name)
            if name in fact.model_fields_set and value is not None:
                self._places[f"{path}.{name}"] = self._place(document, (*at, name), owner)
            if isinstance(value, Live):
                self._places.setdefault(value.live, self._place(document, (*at, name, "live"), owner))
        return True

    def _place(self, document: Document, at: tuple[str, ...], owner: str) -> Place:
        line = document.finding(at, "", code=TWICE, on_key=True).line
        return Place(file=document.file, line=line, owner=owner)

    def _check_regions(self, document: Document, promise_id: str, promise: DeliveryPromise) -> None:
        """Names that only tables know: the carrier's calendar, and in Brazil the regions."""
        if promise.carrier_calendar is None:
            return
        at = ("delivery", promise_id)
        if fault := read_calendar(promise.carrier_calendar).fault():
            where = (*at, "carrier_calendar")
            self.findings.append(document.finding(where, fault.template, params=fault.params, code=_WRONG_VALUE))
        if not promise.carrier_calendar.startswith("BR"):
            return
        for region in promise.business_days:
            if region not in BRAZILIAN:
                finding = document.finding(
                    (*at, "business_days", region),
                    mark('Brazil has no region "{region}"{hint}'),
                    params={"region": region, "hint": did_you_mean(region, BRAZILIAN)},
                    code=_WRONG_VALUE,
                    help=mark("Use a state such as SP, or Norte, Nordeste, Centro-Oeste, Sudeste, Sul."),
                    on_key=True,
                )
                self.findings.append(finding)
