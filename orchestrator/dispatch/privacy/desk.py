"""What every step of a data subject's request needs, and what the project says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.addresses import InvalidAddress, normalise
from orchestrator.domain.customer import AddressKind
from orchestrator.tokens import TokenPurpose

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.domain.privacy import PrivacyRequest
    from orchestrator.domain.time import Clock, Instant
    from orchestrator.release import PrivacyRules, Release
    from orchestrator.store.port import Transaction
    from orchestrator.tokens import Keyring

DAY_MS = 86_400_000

# LGPD art. 19: the full statement is due in 15 days. The law gives no other right a term; we take the same for all.
LEGAL_DAYS = 15
DUE_DAYS = 3

_PEPPER_SIZE = 32


@dataclass(frozen=True, kw_only=True)
class PrivacyDesk:
    """Where requests are dealt with: under one release, with the keys that links are signed with.

    `quarantine` is the folder of rows that did not fit; people are in there too.
    """

    release: Release
    clock: Clock
    keyring: Keyring
    public_url: str
    quarantine: Path

    @property
    def rules(self) -> PrivacyRules | None:
        """What `templates/project.yaml` says about requests."""
        return self.release.project.privacy

    def due_at(self, now: Instant) -> Instant:
        """When we mean to be done, which is well before the law asks for it."""
        return now + (self.rules.due_days if self.rules else DUE_DAYS) * DAY_MS

    def proof_link(self, request: PrivacyRequest) -> str:
        """What only somebody who reads this address can open."""
        return self._link("v", TokenPurpose.VERIFY, request)

    def result_link(self, request: PrivacyRequest) -> str:
        """Where the person finds what came of it, for as long as the token lives."""
        return self._link("d", TokenPurpose.DOWNLOAD, request)

    def _link(self, page: str, purpose: TokenPurpose, request: PrivacyRequest) -> str:
        token = self.keyring.issue(purpose, {"request": request.id}, now=self.clock.now())
        return f"{self.public_url}/{page}/{token}"


def read_contact(text: str) -> tuple[AddressKind, str]:
    """The address that somebody typed into a form: an e-mail or a phone. Raises InvalidAddress."""
    if not text.strip():
        raise InvalidAddress("Write your e-mail address or your phone number.")
    kind = AddressKind.EMAIL if "@" in text else AddressKind.PHONE
    return kind, normalise(kind, text)


def digest(transaction: Transaction, clock: Clock, kind: AddressKind, value: str) -> str:
    """What stands for an address in what we keep about a request."""
    keep_pepper(transaction, clock)
    return transaction.personal_data.digest((kind, value))


def user_digest(transaction: Transaction, clock: Clock, user_id: str) -> str:
    """The same of an id by which a provider calls somebody."""
    keep_pepper(transaction, clock)
    return transaction.personal_data.user_digest(user_id)


def keep_pepper(transaction: Transaction, clock: Clock) -> None:
    """Have something to make digests with: the first of them brings it, and it stays for good."""
    if transaction.personal_data.pepper() is None:
        transaction.personal_data.keep_pepper(clock.entropy(_PEPPER_SIZE).hex())
