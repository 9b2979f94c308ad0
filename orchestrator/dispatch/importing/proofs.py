"""Whether what a file says that somebody agreed to can be proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.dispatch.consents import Misdated, Proof, latest_said
from orchestrator.dispatch.importing.rows import Unproven
from orchestrator.domain.customer import ConsentState
from orchestrator.domain.errors import Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from orchestrator.dispatch.importing.rows import Person, Proven
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

# Under this name the evidence of a consent says where in the file it stood.
_LINE = "line"

# Before it no machine wrote a time, and the API takes none (LGPD art. 8 §2: it must be shown).
_EARLIEST = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a consent is measured by: `topic_of` says which topic a wording asks for.

    For `latest` see `consents.latest_said`.
    """

    release: Release
    topic_of: Mapping[str, str]
    latest: Instant
    actor: str

    def doubt(self, one: Proven) -> Unproven | None:
        """What the proof of a grant lacks, or None."""
        if one.state is ConsentState.WITHDRAWN:
            return None
        why = None
        asked = self.topic_of.get(one.wording or "")
        if asked is None:
            why = Phrase(mark("there is no such wording"))
        elif asked != one.topic:
            why = Phrase(mark("the wording asks for {topic}"), topic=asked)
        elif one.at is not None and one.at > self.latest:
            why = Phrase(mark("they agreed in the future"))
        elif one.at is not None and one.at < _EARLIEST:
            why = Phrase(mark("they agreed before 1970"))
        else:
            why = self._unconfirmed(one)
        return None if why is None else Unproven(one.topic, why)

    def proof(self, one: Proven, line: int | None) -> Proof:
        """The proof as every door gives it."""
        return Proof(
            method=one.method,
            source=one.source,
            actor=self.actor,
            wording=one.wording,
            evidence=one.evidence if line is None else {**one.evidence, _LINE: line},
            # An opt-out is never refused: one that bears an hour which cannot be is heard now.
            at=one.at if one.at is not None and _EARLIEST <= one.at <= self.latest else None,
        )

    def _unconfirmed(self, one: Proven) -> Phrase | None:
        """What the confirmation lacks, where there must be one or the row claims it."""
        proof = self.proof(one, None)
        if not proof.confirmed:
            # A file must not make us ask thousands of strangers whether they want mail (CAPEM).
            double = self.release.project.topics[one.topic].double
            why = mark("the topic has double opt-in, and nothing shows that it was confirmed")
            return Phrase(why) if double else None
        misdated = proof.misdated(self.latest)
        return None if misdated is None else Phrase(_MISDATED[misdated])


_MISDATED: Mapping[Misdated, str] = {
    Misdated.AHEAD: mark("they confirmed in the future"),
    Misdated.BEFORE_SAID: mark("they confirmed before they agreed"),
}


def terms_of(transaction: Transaction, release: Release, clock: Clock, people: Sequence[Person], actor: str) -> Terms:
    """What the consents of these people are measured by. Wordings of older releases count: people agreed to them."""
    named = {one.wording for person in people for one in person.said if one.wording is not None}
    published = {name: wording.topic for name, wording in release.wordings.items()}
    older = transaction.consents.wordings(named - published.keys()) if named - published.keys() else {}
    return Terms(
        release=release,
        topic_of={**published, **{name: wording.topic for name, wording in older.items()}},
        latest=latest_said(transaction, clock),
        actor=actor,
    )
