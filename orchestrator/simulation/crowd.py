"""Who lives through a simulation: people made after the project's personas, or the customers of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Protocol

from orchestrator.domain.errors import NotFound
from orchestrator.domain.object import Object
from orchestrator.scenarios.model import Given
from orchestrator.simulation.cast import standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from orchestrator.dispatch.current import Current
    from orchestrator.domain.customer import Standing
    from orchestrator.domain.time import Instant
    from orchestrator.mapping import Persona
    from orchestrator.store.port import Transaction

PAGE = 500
"""How many customers of a ledger are read at once."""

_NO_OBJECTS: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Somebody:
    """A customer as the simulation finds them, and what the shop knows of their things."""

    standing: Standing
    objects: Sequence[Object] = field(default=_NO_OBJECTS)


class Crowd(Protocol):
    """Customers, one after the other: never all at once."""

    def __call__(self) -> Iterator[Somebody]: ...


def like_personas(personas: Mapping[str, Persona], current: Current, count: int, seed: str, start: Instant) -> Crowd:
    """So many people, each like one of the personas: its consents, its address kinds, its profile and its zone.

    Raises:
        NotFound: the project has no persona.
    """
    if not personas:
        raise NotFound(
            "This project has no persona to make people after.",
            remedy="Write one under templates/personas/, or simulate the customers of the ledger: --real",
            code="no_personas",
        )
    models = [standing_of(one, Given(), current.release, start) for _, one in sorted(personas.items())]

    def crowd() -> Iterator[Somebody]:
        chance = Random(f"{seed}/crowd")  # noqa: S311  # the same crowd from the same seed, and nobody's secret
        for number in range(count):
            model = chance.choice(models)
            yield Somebody(replace(model, customer=replace(model.customer, id=f"cus_{number:07d}")))

    return crowd


def of_ledger(
    read: Callable[[], AbstractContextManager[Transaction]], current: Current, count: int, start: Instant
) -> Crowd:
    """Up to so many customers of a ledger, in the order of their ids. They are read, and nothing is written."""
    topics = sorted(current.release.project.topics)
    kinds = {rule.object for rule in current.rules.suppress_rules}
    since = start - current.counts_since_ms if current.counts_since_ms is not None else None

    def crowd() -> Iterator[Somebody]:
        left, after = count, ""
        while left > 0:
            with read() as transaction:
                ids = [one.id for one in transaction.customers.page(after, min(PAGE, left))]
                standings = transaction.customers.standings(ids, topics, uses_since=since, kinds=kinds)
            yield from (Somebody(standings[one], _objects(standings[one], kinds)) for one in ids if one in standings)
            if len(ids) < min(PAGE, left):
                return
            left, after = left - len(ids), ids[-1]

    return crowd


def _objects(standing: Standing, kinds: Collection[str]) -> Sequence[Object]:
    return [
        Object(
            kind=kind,
            id=str(data["id"]),
            customer_id=standing.customer.id,
            data={name: value for name, value in data.items() if name != "id"},
            field_times=dict.fromkeys(data, 0),
        )
        for kind in sorted(kinds)
        for data in standing.objects.get(kind, ())
    ]
