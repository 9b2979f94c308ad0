"""Facts, stops, the local inbox, the auditor, and the one row that everybody reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.channels import InboxCall
    from orchestrator.domain.fact import FactValue, LiveFact
    from orchestrator.domain.pause import Pause, PauseScope
    from orchestrator.domain.pause import Pauses as StandingPauses
    from orchestrator.domain.time import Instant
    from orchestrator.store.port.values import (
        ApiKey,
        BusinessClock,
        ClosedAccount,
        FirstAnswer,
        Look,
        SentMessage,
        Whereabouts,
    )


class Facts(Protocol):
    """Live values and their versions, which count from 1 for each path."""

    def lock(self, paths: Collection[str]) -> None:
        """Nobody puts these until the commit.

        Who holds a message back because of a fact takes this before reading it: else the value that would free the
        message could come between the look and the hold, and nobody would wake it again.
        """
        ...

    def current(self, paths: Collection[str] | None = None) -> dict[str, LiveFact]:
        """The newest version of each of these paths that has one; of every path without an argument."""
        ...

    def history(self, path: str, *, before: int | None = None, limit: int) -> list[LiveFact]:
        """Versions of a path, newest first; with `before`, those older than that version."""
        ...

    def put(
        self, path: str, value: FactValue, *, source: str, as_of: Instant, at: Instant, expected: int | None = None
    ) -> LiveFact:
        """Make a new version. Those who put the same path stand in line, and none overwrites another unseen.

        Raises:
            Stale: the path is not at the version `expected`; 0 stands for a path without any.
        """
        ...


class Pauses(Protocol):
    """What was stopped by hand."""

    def active(self, business_now: Instant, customer_ids: Collection[str] = ()) -> StandingPauses:
        """What is paused now; of pauses of customers, those of these."""
        ...

    def put(self, pause: Pause) -> None:
        """Begin a pause, in place of one of the same scope and subject."""
        ...

    def lift(self, scope: PauseScope, subject: str, at: Instant) -> bool:
        """End a pause; False when there was none."""
        ...

    def page(self, after: str, limit: int, *, business_now: Instant) -> list[Pause]:
        """What is paused now, in id order, after an id."""
        ...

    def over(self, business_now: Instant) -> bool:
        """Whether the end of any is past that was not lifted."""
        ...

    def next_end(self, journeys: Collection[str]) -> Instant | None:
        """When the first hand-off to a person ends by itself that holds something of these journeys (business time)."""
        ...

    def lift_over(self, business_now: Instant, at: Instant) -> list[Pause]:
        """Lift those whose end is past."""
        ...

    def lifted(self, since: Instant) -> list[Pause]:
        """Those that were lifted since (machine time)."""
        ...

    def holds(self, scope: PauseScope, subject: str, *, until: Instant | None = None) -> bool:
        """Whether anything is held that such a pause may have held; with `until`, no later than then."""
        ...

    def release(
        self,
        scope: PauseScope,
        subject: str,
        at: Instant,
        *,
        until: Instant | None = None,
        due_at: Instant | None = None,
    ) -> dict[str, int]:
        """Make what such a pause may have held claimable again, to be decided anew; lane → how many.

        With `until`, only what was held no later than then (machine time). With `due_at`, it is due then: where a past
        is played, each request is decided for the hour at which it is due.
        """
        ...

    def all(self, *, lifted: bool = False) -> list[Pause]:
        """Every pause that was not lifted, oldest first; those that were lifted too, on demand."""
        ...


class Accounts(Protocol):
    """Accounts whose providers want to be left alone."""

    def closed(self) -> dict[str, ClosedAccount]:
        """Account → until when; also those whose time is over and that nobody has tried since."""
        ...

    def close(self, account: str, closed: ClosedAccount) -> None:
        """Leave an account alone, unless somebody did so for longer."""
        ...

    def open(self, accounts: Sequence[str]) -> None:
        """They answer again."""
        ...

    def wake(self, at: Instant, business_now: Instant) -> dict[str, int]:
        """Make what waits for a provider due now; lane → how many. Whose account is still left alone waits again."""
        ...


class Inbox(Protocol):
    """The local inbox."""

    def put(self, calls: Sequence[InboxCall], ids: Sequence[str]) -> None: ...

    def find(self, references: Collection[str]) -> dict[str, str]:
        """Reference → entry id."""
        ...

    def page(
        self,
        *,
        before: int | None,
        limit: int,
        after: int | None = None,
        channel: str | None = None,
        customer_id: str | None = None,
        message: str | None = None,
    ) -> list[dict[str, Any]]:
        """Entries as documents, newest first, each with its `seq`; with `after`, those that came next after it."""
        ...

    def get(self, entry_id: str) -> dict[str, Any] | None: ...


class Audit(Protocol):
    """What must never be found, as questions; see `store.audit` for what each reads."""

    def newest_decision(self) -> int:
        """The number of the newest decision: a mark for the next look."""
        ...

    def broken(self, invariant: str, look: Look, limit: int) -> list[str]:
        """Up to `limit` ids of what breaks an invariant of `store.audit.QUESTIONS`."""
        ...

    def sends(self, look: Look) -> list[SentMessage]:
        """What was sent lately, each by its last decision to send."""
        ...

    def uses(self, customer_ids: Collection[str], since: Instant) -> list[SentMessage]:
        """What frequency caps count of these customers, from an instant of business time on."""
        ...

    def whereabouts(self, customer_ids: Collection[str]) -> list[Whereabouts]:
        """Where these customers live: a line for each of their phones, the preferred one first, or one without."""
        ...


class Ledger(Protocol):
    """The one row that everybody reads: the current release and business time. And what guards the doors."""

    def clock(self) -> BusinessClock: ...

    def set_clock(self, clock: BusinessClock) -> None: ...

    def release_id(self) -> str | None: ...

    def lock_release(self) -> str | None:
        """The same, locked until the commit: of two who bring a release into force, the second sees the first's."""
        ...

    def stays_in_force(self, release_id: str) -> bool:
        """Whether a release is in force; if so, it is until the commit: whoever moves runs by it does so in time."""
        ...

    def release(self, release_id: str) -> str | None:
        """A release's content."""
        ...

    def publish(self, release_id: str, content: str, at: Instant) -> None:
        """Store a release and make it current."""
        ...

    def published(self) -> list[tuple[str, Instant]]:
        """The id of every release that was ever in force, and when it came the first time (machine time)."""
        ...

    def first_answer(self, scope: str, key: str, body_hash: str, at: Instant) -> FirstAnswer | None:
        """Take an Idempotency-Key, waiting for whoever holds it; None when it is ours now."""
        ...

    def keep_answer(self, scope: str, key: str, status: int, answer: str) -> None: ...

    def forget_answers(self, before: Instant) -> int: ...

    def add_key(self, key: ApiKey, secret_hash: str) -> None: ...

    def key_by_hash(self, secret_hash: str) -> ApiKey | None: ...

    def keys(self) -> list[ApiKey]: ...

    def revoke_key(self, key_id: str, at: Instant) -> bool: ...
