"""Which topics are marketing, for what ends all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.domain.message import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.store.port import ConsentEvent, Transaction


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of the release that runs: name → (purpose, legal basis).

    What is in none any more counts as marketing: nobody can say now that it was more than that.
    """

    known: Mapping[str, tuple[str, str]]

    @classmethod
    def current(cls, transaction: Transaction) -> Topics:
        """Those of now; none before the first release."""
        release_id = transaction.ledger.release_id()
        if release_id is None:
            return cls({})
        if release_id not in _read:
            content = json.loads(transaction.ledger.release(release_id) or "{}")
            topics = content.get("project", {}).get("topics", {})
            _read.clear()
            _read[release_id] = cls({name: (one["purpose"], one["legal_basis"]) for name, one in topics.items()})
        return _read[release_id]

    def is_marketing(self, topic: str) -> bool:
        """Whether a STOP ends it."""
        return self.known.get(topic, (Purpose.MARKETING.value, ""))[0] == Purpose.MARKETING

    def legal_basis(self, topic: str) -> str:
        """On what it rests."""
        return self.known.get(topic, ("", "consent"))[1]

    def marketing_of(self, customer_id: str, said: Iterable[ConsentEvent]) -> list[str]:
        """All marketing topics, those of an earlier project too that a customer has spoken about."""
        spoken_of = [one.topic for one in said if one.customer_id == customer_id]
        return [name for name in dict.fromkeys((*self.known, *spoken_of)) if self.is_marketing(name)]


# A STOP reads no release: doors hear hundreds in a minute after a campaign, and the topics are all they need of it. An
# id is a hash of what it names, so what was read stays right.
_read: dict[str, Topics] = {}
