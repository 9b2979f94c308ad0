"""Facts at the doors: how each stands, and a new value of a live one with what it does to messages that wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.promised import book_of
from orchestrator.domain.delivery import State
from orchestrator.domain.errors import Conflict, FieldError, InputError, NotFound, did_you_mean
from orchestrator.domain.time import rfc3339
from orchestrator.facts.book import FactBook
from orchestrator.schema import nest
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.domain.claim import ClaimKind
    from orchestrator.domain.fact import FactValue, LiveFact
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.facts.book import FactBook, Obstacle
    from orchestrator.facts.sheet import Place
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

# What a part of an offer must be, for whoever gave its live value another.
_WANTED: Mapping[str, str] = {
    "price": mark("Use an amount such as 129.90 BRL"),
    "was_price": mark("Use an amount such as 129.90 BRL"),
    "discount": mark("Use a percentage such as 20%"),
    "coupon": mark("Use letters, digits, - and _, such as LUME20"),
    "starts_at": mark("Use a date such as 2026-11-30, or one with a time, 2026-11-30T18:00"),
    "ends_at": mark("Use a date such as 2026-11-30, or one with a time, 2026-11-30T18:00"),
    "stock": mark("Use a whole number of pieces from 0 to 1,000,000,000, such as 52"),
}

# How far another machine's clock may be ahead of ours, in milliseconds.
AHEAD_MAX = 5 * 60_000


class NotLive(Conflict):
    """A fact was given a value, and has it from elsewhere."""

    code = "fact_not_live"
    http_status = 409


class OlderFact(Conflict):
    """News from before the version that holds, such as an export that was late."""

    code = "older_fact"
    http_status = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownFact:
    """A fact as it stands. `value` is None where nobody knows it now; `live` is the version that it was read from."""

    path: str
    value: Any | None
    kind: ClaimKind | None
    place: Place | None
    live: LiveFact | None
    is_live: bool

    @property
    def owner(self) -> str:
        """Who answers for it."""
        return self.place.owner if self.place is not None else ""

    @property
    def written_at(self) -> str:
        """File and line of its declaration."""
        return _written_at(self.place)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a delivery promise is asked for: an order placed `at`, to a `region`. Other facts are asked for `at`."""

    at: Instant | None = None
    region: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Effects:
    """What a new value did: how many requests wait for another one (`reason`), and how many it set free, by lane."""

    held: int = 0
    reason: str = ""
    released: Mapping[str, int] = field(default_factory=dict)


def read_fact(transaction: Transaction, release: Release, clock: Clock, path: str, asked: Asked) -> KnownFact:
    """One fact. Raises NotFound."""
    _require_known(release, path)
    book = book_of(release, transaction.facts.current(release.facts.live_paths([path])))
    return _known(book, path, _business_now(transaction, clock), asked)


def read_facts(transaction: Transaction, release: Release, clock: Clock) -> list[KnownFact]:
    """Every fact of the release, by path."""
    book, now = book_of(release, transaction.facts.current()), _business_now(transaction, clock)
    return [_known(book, path, now, Asked()) for path in sorted(release.facts.known_paths())]


def history_path(release: Release, path: str) -> str:
    """The path whose versions tell how a fact came to its value; one that a file says has none. Raises NotFound."""
    _require_known(release, path)
    return release.facts.live.get(path, path)


def put_fact(
    transaction: Transaction,
    release: Release,
    clock: Clock,
    path: str,
    value: FactValue,
    *,
    source: str,
    as_of: Instant | None = None,
    expected: int | None = None,
) -> tuple[LiveFact, Effects]:
    """A new version of a live fact, and what it does to requests that wait.

    Raises:
        NotFound: the release has no such fact.
        NotLive: a file says its value, or another path does.
        InputError: the value is not what the file declares, or `as_of` is still to come.
        Stale: it is not at the version that the caller expected.
        OlderFact: the version that holds was true later than `as_of`.
    """
    _require_known(release, path)
    _require_live(release, path)
    _require_fit(release, path, value)
    zone, now = release.project.timezone, clock.now()
    if as_of is not None:
        _require_past(as_of, max(now, _business_now(transaction, clock)), zone)
    fact = transaction.facts.put(
        path, value, source=source, as_of=now if as_of is None else as_of, at=now, expected=expected
    )
    if as_of is not None:
        _require_newer(transaction, fact, zone)
    return fact, _effects(transaction, release, clock, path)


# --- what may be asked and put ----------------------------------------------------------------------------------------


def _require_known(release: Release, path: str) -> None:
    known = release.facts.known_paths()
    if path not in known:
        raise NotFound(
            'There is no fact "{path}"{hint}',
            remedy="See all: jogral facts get",
            code="unknown_fact",
            path=path,
            hint=did_you_mean(path, known),
        )


def _require_live(release: Release, path: str) -> None:
    if release.facts.static(path):
        raise NotLive(
            "{path} is written in {place}.",
            remedy="Change it there: it comes into force with the next release.",
            path=path,
            place=_written_at(release.facts.place(path)),
        )
    other = release.facts.live.get(path)
    if other is not None:
        raise NotLive("{path} is read from {live}.", remedy="Give {live} the new value.", path=path, live=other)


def _require_fit(release: Release, path: str, value: FactValue) -> None:
    if release.facts.unfit(path, value) is None:
        return
    reader = next(part for part, live in release.facts.live.items() if live == path)
    template = _WANTED[reader.rpartition(".")[2]]
    wrong = FieldError(pointer="#/value", code="unfit_fact", template=template)
    raise InputError(
        mark('"{value}" cannot be the value of {path}: {wanted}.'),
        code="unfit_fact",
        fields=[wrong],
        value=value,
        path=path,
        wanted=wrong,
    )


def _require_past(as_of: Instant, now: Instant, zone: str) -> None:
    """A value from tomorrow would keep out everything that is said until then."""
    if as_of <= now + AHEAD_MAX:
        return
    wrong = FieldError(
        pointer="#/as_of",
        code="as_of_in_the_future",
        template=mark("{as_of} is still to come: it is {now} now"),
        params={"as_of": rfc3339(as_of, zone), "now": rfc3339(now, zone)},
    )
    raise InputError(
        "A fact holds as of now or before: {wrong}.",
        remedy="Leave as_of out, and it is now.",
        code="as_of_in_the_future",
        fields=[wrong],
        wrong=wrong,
    )


def _require_newer(transaction: Transaction, fact: LiveFact, zone: str) -> None:
    """Asked once it is stored, when nobody else can store another; the error takes it back."""
    for before in transaction.facts.history(fact.path, before=fact.version, limit=1):
        if fact.as_of < before.as_of:
            raise OlderFact(
                "{path} is at v{version}, as of {newest}: {as_of} is older news.",
                remedy="Nothing was stored. Send what holds now.",
                path=fact.path,
                version=before.version,
                newest=rfc3339(before.as_of, zone),
                as_of=rfc3339(fact.as_of, zone),
            )


def _written_at(place: Place | None) -> str:
    return f"{place.file}:{place.line}" if place is not None else ""


# --- how it stands ----------------------------------------------------------------------------------------------------


def _business_now(transaction: Transaction, clock: Clock) -> Instant:
    return transaction.ledger.clock().now(clock.now())


def _known(book: FactBook, path: str, now: Instant, asked: Asked) -> KnownFact:
    sheet = book.sheet
    at = now if asked.at is None else asked.at
    return KnownFact(
        path=path,
        value=book.value(path, _order_of(book, path, at, asked.region), at),
        kind=sheet.kind_of(path),
        place=sheet.place(path),
        live=book.live.get(sheet.live.get(path, path)),
        is_live=not sheet.static(path),
    )


def _order_of(book: FactBook, path: str, at: Instant, region: str | None) -> dict[str, Any]:
    """The data from which a delivery promise reads when and to where something was ordered."""
    promise = book.sheet.delivery.get(path.removeprefix("promises.delivery."))
    data: dict[str, Any] = {}
    if promise is not None:
        if promise.counts_from != "now":
            nest(data, promise.counts_from, rfc3339(at, book.zone))
        nest(data, promise.region, region)
    return data


# --- what a new value does --------------------------------------------------------------------------------------------


def _effects(transaction: Transaction, release: Release, clock: Clock, path: str) -> Effects:
    """Set free what need not wait any more, and count what will have to."""
    standing = _standing(transaction, release, clock, path)
    released: Counter[str] = Counter()
    for subject in _subjects(release, path):
        reason = f"fact_unavailable:{subject}"
        if not _holds_everybody(reason, subject, standing):
            released.update(transaction.deliveries.release_held(reason, clock.now()))
    held = {one.message: one.obstacle for one in standing if one.obstacle and one.obstacle.state is State.HELD}
    return Effects(
        held=transaction.deliveries.waiting_of(held) if held else 0,
        reason=min((obstacle.reason for obstacle in held.values()), default=""),
        released=released,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A message, the facts that it states, and what stands against them now."""

    message: str
    paths: tuple[str, ...]
    obstacle: Obstacle | None


def _standing(transaction: Transaction, release: Release, clock: Clock, path: str) -> list[_Standing]:
    """The messages that depend on a live path."""
    sheet = release.facts
    depending = {
        message_id: published.claimed.facts
        for message_id, published in release.messages.items()
        if path in sheet.live_paths(published.claimed.facts)
    }
    needed = sheet.live_paths(one for paths in depending.values() for one in paths)
    book, now = book_of(release, transaction.facts.current(needed)), _business_now(transaction, clock)
    return [_Standing(message_id, paths, book.obstacle(paths, now)) for message_id, paths in depending.items()]


def _subjects(release: Release, path: str) -> list[str]:
    """What a message can be held for because of a live path: the path itself, and the offers that read it."""
    offers = {part.rpartition(".")[0] for part, live in release.facts.live.items() if live == path}
    return sorted({path, *offers})


def _holds_everybody(reason: str, subject: str, standing: Sequence[_Standing]) -> bool:
    """Whether all messages about a subject would be held for the same reason again.

    Then they stay where they are: a shop that counts its stock down, one by one, would wake a whole campaign each time.
    """
    about = [one for one in standing if any(path == subject or path.startswith(f"{subject}.") for path in one.paths)]
    return bool(about) and all(one.obstacle is not None and one.obstacle.reason == reason for one in about)
