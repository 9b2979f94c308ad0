"""What a customer has been promised before, on whichever channel, and which of it still holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.formats import UnfitValue, state
from orchestrator.catalog.values import look_up
from orchestrator.dispatch.current import data_of
from orchestrator.dispatch.promised import book_of
from orchestrator.domain.claim import ClaimKind
from orchestrator.domain.delivery import State
from orchestrator.domain.fact import names_fact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.customer import Customer
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.release import Release
    from orchestrator.store.evidence import PromiseMade
    from orchestrator.store.port import Transaction

PROMISES_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Promised:
    """What this customer has been promised before. `holds`: it is still so, as far as that is known here."""

    made: PromiseMade
    holds: bool


def already_promised(
    transaction: Transaction,
    release: Release,
    customer: Customer,
    claims: Iterable[StatedClaim],
    about: Mapping[str, str],
    now: Instant,
) -> tuple[Promised, ...]:
    """The newest promises first. `claims` are what a reply states now, `about` what it is about (kind → id)."""
    made = transaction.explanations.promised_to(customer.id, PROMISES_SHOWN_MAX)
    facts = {one.fact for one in made if names_fact(one.fact)}
    paths = release.facts.live_paths(facts) if facts else frozenset()
    objects = transaction.events.data_of({pair for one in made for pair in one.objects.items()}) if made else {}
    sources = _Sources(release, customer, objects, book_of(release, transaction.facts.current(paths) if paths else {}))
    return promises_held(made, claims, about, lambda one: sources.still_say(one, now))


def promises_held(
    made: Sequence[PromiseMade],
    claims: Iterable[StatedClaim],
    about: Mapping[str, str],
    still_said: Callable[[PromiseMade], bool] = lambda _: True,
) -> tuple[Promised, ...]:
    """Which promises still hold: those that nothing newer contradicts.

    What a reply states of the same thing is the newest; without it, the newest promise about the thing. And what a
    promise was read from must say the same today: `still_said`.

    `made` is newest first. What was named only to be taken back is no promise.
    """
    newest = {_thing(claim.kind.value, claim.fact, about): claim.value for claim in claims if not claim.superseded}
    promised: list[Promised] = []
    for one in made:
        if not one.taken_back:
            stated = newest.setdefault(_thing(one.kind, one.fact, one.objects), one.value)
            promised.append(Promised(one, one.value == stated and still_said(one)))
    return tuple(promised)


# What a promise is about: two promises about the same thing cannot both hold.
_Thing = tuple[str, str]


def _thing(kind: str, fact: str, about: Mapping[str, str]) -> _Thing:
    """A fact by its path; of what data says, all that is said of one kind about one order: its date, wherever read."""
    if names_fact(fact):
        return kind, fact
    return kind, about.get(fact.partition(".")[0]) or next(iter(about.values()), fact)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What promises are read from, as it is now."""

    release: Release
    customer: Customer
    objects: Mapping[tuple[str, str], Mapping[str, Any]]
    book: FactBook

    def still_say(self, one: PromiseMade, now: Instant) -> bool:
        """Whether a promise would be made with the same value today; where nobody can know any more, it would."""
        fact, data = one.fact, data_of(self.customer, one.objects, self.objects, {})
        if names_fact(fact):
            obstacle = self.book.obstacle([fact], now)
            if obstacle is not None and obstacle.state is State.EXPIRED:
                return False
            # A delivery time counts from the day on which it was promised.
            data |= self.book.nested([fact], data, one.at if fact.startswith("promises.") else now)
        value = look_up(data, tuple(fact.split(".")))
        return value is None or self._canonical(ClaimKind(one.kind), value) in (None, one.value)

    def _canonical(self, kind: ClaimKind, value: Any) -> str | None:
        voice = self.release.voice
        try:
            return state(kind, value, voice.formats, "long", voice.locale)[0]
        except UnfitValue:
            return None  # it says nothing of the kind
