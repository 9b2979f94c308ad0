"""The items: each puts faults into a shop that runs, and says which promises held.

    @item()
    def kills(setting: Setting) -> Item:
        '''Workers die 200 times: nothing is lost, nothing is sent twice.'''
        ...
        return judged("kills", figures, {"Nothing is lost.": figures["lost"] == 0})

The docstring's first line is what the documentation says of it. An item runs once for each of its databases; small and
full size share all code and differ in `Setting.size` alone.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.ledgers import Ledgers
    from tests.preloaded import Preloaded

SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = (SQLITE, POSTGRESQL)

# Where items are registered, in the order in which they run.
MODULES = (
    "kills", "journeys", "opt_outs", "caps", "stops", "timers", "zones", "receipts", "providers",
    "redis_away", "postgres_away", "disk_full", "beside_a_campaign",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What an item is given: a kind of database to take empty ledgers from, a folder, a size, and chance.

    Its processes are forked from `preloaded`.
    """

    database: str
    ledgers: Ledgers
    preloaded: Preloaded
    folder: Path
    fast: bool
    seed: int
    say: Callable[[str], None]

    def size(self, full: int, *, fast: int) -> int:
        """How much of something there is."""
        return fast if self.fast else full

    @cached_property
    def random(self) -> random.Random:
        """The item's chance; the same seed draws the same."""
        return random.Random(self.seed)


@dataclass(frozen=True)
class Item:
    """What was found. `broken` names the promises that did not hold, as sentences."""

    name: str
    ok: bool
    figures: Mapping[str, Any]
    broken: tuple[str, ...] = ()


def judged(name: str, figures: Mapping[str, Any], promises: Mapping[str, bool]) -> Item:
    """An item that is ok when every promise (sentence → held) held."""
    broken = tuple(sentence for sentence, held in promises.items() if not held)
    return Item(name, not broken, figures, broken)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A registered item."""

    name: str
    run: Callable[[Setting], Item]
    databases: tuple[str, ...] = DATABASES
    fast: bool = True

    @property
    def sentence(self) -> str:
        """What it does and promises."""
        return (self.run.__doc__ or "").strip().partition("\n")[0]


@dataclass
class _Registry:
    entries: dict[str, Entry] = field(default_factory=dict)


_REGISTRY = _Registry()


def item(*, databases: tuple[str, ...] = DATABASES, fast: bool = True) -> Callable[..., Callable[[Setting], Item]]:
    """Register a function under its own name. `fast` False leaves it out of `--fast`."""

    def register(run: Callable[[Setting], Item]) -> Callable[[Setting], Item]:
        entry = Entry(name=run.__name__, run=run, databases=databases, fast=fast)
        assert entry.sentence, f"{entry.name} needs a docstring: the documentation quotes it"
        _REGISTRY.entries[entry.name] = entry
        return run

    return register


def registered() -> dict[str, Entry]:
    """Every item by its name, in the order in which they run."""
    for module in MODULES:
        import_module(f"tests.faults.{module}")
    return _REGISTRY.entries
