"""How we know what a person said. Who controls the data has to prove it (LGPD art. 8 §2), so nothing rests on less."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from orchestrator.consent import CONFIRMED_AT, DOUBLE_OPT_IN
from orchestrator.dispatch.accept.event import unknown_word
from orchestrator.domain.errors import InputError, did_you_mean, mark
from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

PERSON = "person"
"""The actor of what people do themselves, at a door of ours: a link of theirs, or a text from their own phone."""

IMPORT = "import:"
"""How the actor of an import begins: `import:<import id>`."""

ADDRESS_ID = "address_id"
"""Under this name evidence says which of a customer's addresses it is about; else it is the preferred one."""

ENDED = "ended"
"""Under this name the evidence of a withdrawal by STOP says which grant it took back."""

# How far another system's clock may be ahead of ours.
_AHEAD_MS_MAX = 5 * 60_000

_CONSENT = "consent"


class Misdated(Enum):
    """What a time of confirmation cannot be."""

    AHEAD = "ahead"
    BEFORE_SAID = "before_said"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """How we know what a person said.

    Args:
        method: how they said it, such as `form`, `double_opt_in`, `one_click`, `text`.
        source: where: `checkout`, `preferences`, the account that a text came to.
        actor: who told us: `person`, `key:<key id>`, `cli:<user>`, `import:<import id>`, `provider:<account>`.
        wording: the version of the words that they agreed to, such as `optin_ofertas@4`.
        evidence: what else shows it: form, IP address, user agent, the text as it came.
        at: when they said it; None: now.
    """

    method: str
    source: str
    actor: str
    wording: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    at: Instant | None = None

    @property
    def imported(self) -> bool:
        """Whether it comes out of a file: it may be older than anything that the person has told us since."""
        return self.actor.startswith(IMPORT)

    @property
    def confirmed(self) -> bool:
        """Whether it shows a double opt-in to its end."""
        return self.method == DOUBLE_OPT_IN and bool(self.evidence.get(CONFIRMED_AT))

    @property
    def confirmed_at(self) -> Instant | None:
        """When it was confirmed, if it was. ValueError for what is no time with an offset."""
        return instant(datetime.fromisoformat(str(self.evidence[CONFIRMED_AT]))) if self.confirmed else None

    def misdated(self, latest: Instant) -> Misdated | None:
        """What is wrong with when it was confirmed, if it was. `latest`: see `latest_said`. ValueError as above."""
        confirmed_at = self.confirmed_at
        if confirmed_at is None:
            return None
        if confirmed_at > latest:
            return Misdated.AHEAD
        return Misdated.BEFORE_SAID if self.at is not None and confirmed_at < self.at else None

    def said_at(self, now: Instant) -> Instant:
        """When they said it: what was confirmed in spring is not said today."""
        confirmed_at = self.confirmed_at if self.at is None else None
        return confirmed_at or (now if self.at is None else self.at)


def require_proof(transaction: Transaction, release: Release, latest: Instant, topic: str, proof: Proof) -> None:
    """Refuse an agreement to a topic that could not be proven later. `latest`: see `latest_said`.

    Raises:
        InputError: there is no such topic (`unknown_topic`); it rests on consent and no wording is named
            (`wording_missing`); the wording was never published (`unknown_wording`) or is another topic's
            (`wording_of_another_topic`); nobody can have said it yet (`future_time`), or confirmed it then
            (`confirmation_time`).
    """
    topics = release.project.topics
    if topic not in topics:
        raise unknown_topic(release, topic)
    _require_by(latest, proof)
    _require_confirmation(latest, proof)
    if proof.wording is not None:
        _require_wording(transaction, release, topic, proof.wording)
    elif topics[topic].legal_basis == _CONSENT:
        raise _missing(release, topic)


def require_topic(transaction: Transaction, release: Release, customer_id: str, topic: str) -> None:
    """Refuse a topic that the project does not have and this customer never spoke of: it is a misspelt one.

    Raises:
        InputError: `unknown_topic`.
    """
    if topic not in release.project.topics and topic not in {name for name, _ in transaction.consents.of(customer_id)}:
        raise unknown_topic(release, topic)


def unknown_topic(release: Release, topic: str) -> InputError:
    """What says that there is no such topic."""
    return InputError.at(
        "#/topic",
        'There is no topic "{topic}"{hint}',
        code="unknown_topic",
        remedy="Topics are declared in templates/project.yaml.",
        topic=topic,
        hint=did_you_mean(topic, release.project.topics),
    )


def require_said(transaction: Transaction, clock: Clock, proof: Proof) -> None:
    """Refuse what is to be said next year: it would win over all that is said until then.

    Raises:
        InputError: `future_time`.
    """
    _require_by(latest_said(transaction, clock), proof)


def latest_said(transaction: Transaction, clock: Clock) -> Instant:
    """The latest instant at which anybody can have said something, other systems' clocks allowed for."""
    now = clock.now()
    # The later of the two clocks: where a demo has moved business time ahead, its customers speak then.
    return max(now, transaction.ledger.clock().now(now)) + _AHEAD_MS_MAX


def _require_by(latest: Instant, proof: Proof) -> None:
    if proof.at is not None and proof.at > latest:
        raise InputError.at("#/at", "Nobody can have said this yet: the time is in the future", code="future_time")


_MISDATED: Mapping[Misdated, str] = {
    Misdated.AHEAD: mark("Nobody can have confirmed this yet: the time is in the future"),
    Misdated.BEFORE_SAID: mark("Nobody can have confirmed this before they said it"),
}


def _require_confirmation(latest: Instant, proof: Proof) -> None:
    """Any word would be a proof otherwise: "no", and a day that is still to come."""
    try:
        misdated = proof.misdated(latest)
    except (ValueError, OverflowError):
        raise _no_confirmation("This is no time at which it was confirmed") from None
    if misdated is not None:
        raise _no_confirmation(_MISDATED[misdated])


def _no_confirmation(template: str) -> InputError:
    return InputError.at(
        f"#/evidence/{CONFIRMED_AT}", template, code="confirmation_time",
        remedy="Write it as 2026-11-25T15:00:00-03:00, or leave it out: then they are asked.",
    )  # fmt: skip


def _require_wording(transaction: Transaction, release: Release, topic: str, wording: str) -> None:
    known = release.wordings.get(wording) or transaction.consents.wordings([wording]).get(wording)
    if known is None:
        raise InputError(
            'There is no wording "{wording}"{hint}',
            remedy="Wordings are declared in templates/wordings.yaml and published with the project.",
            code="unknown_wording",
            fields=[unknown_word("#/wording", "unknown_wording", wording, release.wordings)],
            wording=wording,
            hint=did_you_mean(wording, release.wordings),
        )
    if known.topic != topic:
        raise InputError.at(
            "#/wording",
            '"{wording}" asks for {other}, and not for {topic}.',
            code="wording_of_another_topic",
            remedy="Consent is for determined purposes (LGPD art. 8 §4): name the words that asked for this topic.",
            wording=wording,
            other=known.topic,
            topic=topic,
        )


def _missing(release: Release, topic: str) -> InputError:
    known = ", ".join(name for name, one in release.wordings.items() if one.topic == topic)
    return InputError.at(
        "#/wording",
        '"{topic}" rests on consent: name the wording that they agreed to.',
        code="wording_missing",
        remedy="There are: {known}." if known else "Declare it in templates/wordings.yaml.",
        known=known,
        topic=topic,
    )
