"""The release that runs, and those before it, for processes that live longer than one release."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import ConfigurationError
from orchestrator.release import read_release

if TYPE_CHECKING:
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

# Old messages are asked about for months, but most of them are of the last releases.
_KEPT: Final = 4


class CurrentRelease:
    """The release that runs. It is read anew when another was published, while the server goes on."""

    def __init__(self, release: Release | None = None) -> None:
        self._known = (release.id, release) if release is not None else None
        self._past: OrderedDict[str, Release] = OrderedDict()

    def read(self, transaction: Transaction) -> Release:
        """The current release, at the cost of one short query. Raises ConfigurationError before the first."""
        release_id = transaction.ledger.release_id()
        known = self._known
        if known is not None and known[0] == release_id:
            return known[1]
        content = transaction.ledger.release(release_id) if release_id else None
        if release_id is None or content is None:
            raise ConfigurationError("The ledger holds no release yet.", remedy="Run: jogral up (or serve, or demo)")
        release = read_release(content)
        self._known = (release_id, release)
        return release

    def of(self, transaction: Transaction, release_id: str | None) -> Release:
        """The release by whose rules something was decided; the current one, where that is not known any more."""
        if release_id is None or release_id == transaction.ledger.release_id():
            return self.read(transaction)
        found = self._past.get(release_id)
        if found is not None:
            return found
        content = transaction.ledger.release(release_id)
        if content is None:
            return self.read(transaction)
        release = read_release(content)
        self._past[release_id] = release
        while len(self._past) > _KEPT:
            self._past.popitem(last=False)
        return release
