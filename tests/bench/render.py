"""What saying a message costs, beside plain autoescaping Jinja2 on the same texts with values formatted beforehand.

Ours starts from a customer's raw data: it types, formats and cleans values, fills every text of the channel, and reads
all of it back. Plain Jinja2 only fills: what it is given is what ours wrote. MIME is nobody's part here.
"""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import Environment

from orchestrator.catalog import prepare, proof
from orchestrator.catalog.render import render
from orchestrator.catalog.values import values_of, words_of
from orchestrator.domain.customer import Channel
from orchestrator.project import SHIPPED, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.release import Release

MESSAGE = "order_delayed"
CUSTOMERS = 2_000
ROUNDS = 7


@dataclass(frozen=True, kw_only=True)
class Channels:
    """One channel: microseconds a message, ours and plain, and how much of plain's speed ours has.

    `first_us` is ours when every customer is promised something else, so that nothing that was read back is known.
    """

    channel: str
    ours_us: float
    plain_us: float
    ratio: float
    first_us: float


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What was measured, for one message."""

    message: str
    customers: int
    channels: tuple[Channels, ...]
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether every channel was measured."""
        return bool(self.channels)


def measure(message: str = MESSAGE, customers: int = CUSTOMERS, say: Callable[[str], None] = print) -> Figures:
    """Each channel, ours and plain in turns, the fastest of several rounds of each."""
    release = Project(SHIPPED).read()
    people = [_data(number) for number in range(customers)]
    found = []
    for channel in Channel:
        if channel in release.said_on[message]:
            say(f"{message} on {channel.value}")
            found.append(_channel(release, message, channel, people))
    return Figures(
        message=message,
        customers=customers,
        channels=tuple(found),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
    )


def _data(number: int) -> dict[str, Any]:
    """A customer with a name, an order and a page of their own; one of 14 dates, as a campaign has."""
    day = 1 + number % 14
    return {
        "customer": {"first_name": f"Ana{number}"},
        "order": {
            "number": str(10_000 + number),
            "url": f"https://casalume.example/p/{10_000 + number}",
        },
        "shipment": {"promised_date": f"2026-11-{day:02d}", "estimated_date": f"2026-12-{day:02d}"},
    }


def _of_their_own(people: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same customers, each with dates that nobody else has."""
    return [
        {
            **person,
            "shipment": {
                "promised_date": f"{2027 + number // 336}-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}",
                "estimated_date": f"{2127 + number // 336}-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}",
            },
        }
        for number, person in enumerate(people)
    ]


def _channel(release: Release, message: str, channel: Channel, people: Sequence[Mapping[str, Any]]) -> Channels:
    published, voice = release.messages[message], release.voice

    def ours(everybody: Sequence[Mapping[str, Any]]) -> None:
        for data in everybody:
            render(published, voice, voice.locale, channel, data)

    prepared = prepare.prepare(published, voice, voice.locale, channel)
    sources = prepare.sources_of(published, voice, channel)
    environment = Environment(autoescape=True)
    templates = [environment.from_string(source) for source in sources.values()]
    contexts = [_formatted(prepared, data) for data in people]

    def plain() -> None:
        for context in contexts:
            for template in templates:
                template.render(context)

    ours(people)
    plain()
    turns = [(_seconds(lambda: ours(people)), _seconds(plain)) for _ in range(ROUNDS)]
    fastest_ours, fastest_plain = min(own for own, _ in turns), min(other for _, other in turns)
    proof.prove.cache_clear()
    first = _seconds(lambda: ours(_of_their_own(people)))
    each = 1e6 / len(people)
    return Channels(
        channel=channel.value,
        ours_us=fastest_ours * each,
        plain_us=fastest_plain * each,
        ratio=fastest_plain / fastest_ours,
        first_us=first * each,
    )


def _formatted(prepared: prepare.Prepared, data: Mapping[str, Any]) -> dict[str, Any]:
    """Words in the places that plain Jinja2 looks for them."""
    context: dict[str, Any] = {"claims": {}}
    for key, words in values_of(prepared, data).items():
        *parents, leaf = key.split(".")
        place = context
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = words
    for used in prepared.claims:
        context["claims"][used.name] = words_of(prepared, used, data)[1]
    return context


def _seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
