"""Templates as providers have them: what was submitted, and what they decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from orchestrator.contract.notices import TemplateNews
    from orchestrator.domain.time import Instant

APPROVED = "approved"
"""The only status with which a template may be sent."""

DELETED = "deleted"
"""The status of what the provider has no more: something else may take its name."""

AWAITING = "awaiting_template_approval"
"""The reason code of what waits for one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderTemplate:
    """One template of an account, in one language. Instants are machine time.

    `message` and `locale` say whose words it holds, `release_id` by which release they were said: while newer words
    wait for their approval, those are said on. `category`, `status` and `quality` are the provider's words in lower
    case, empty where it has not said. `content` is the document as it was submitted, as JSON.
    """

    account: str
    name: str
    language: str
    message: str
    locale: str
    release_id: str
    status: str
    content: str
    submitted_at: Instant | None
    template_id: str = ""
    category: str = ""
    quality: str = ""
    reason: str = ""
    approved_at: Instant | None = None

    @property
    def approved(self) -> bool:
        """Whether it may be sent."""
        return self.status == APPROVED


class HeardTemplate(NamedTuple):
    """A template that news changed: as it was, and as it is."""

    before: ProviderTemplate
    after: ProviderTemplate

    @property
    def newly_approved(self) -> bool:
        """Whether it may be sent from now on."""
        return self.after.approved and not self.before.approved

    @property
    def recategorised(self) -> bool:
        """Whether the provider changed its mind about what it is for."""
        return bool(self.before.category) and self.after.category != self.before.category


class Templates(Protocol):
    """The record of templates."""

    def put(self, templates: Sequence[ProviderTemplate]) -> None:
        """Write down what was submitted, in place of what was deleted under the same name and language.

        Every word of the provider's that is heard afterwards counts as newer. What stands there and was not deleted
        stays: whoever wrote it down first may have heard of it since.
        """
        ...

    def said_by(self, templates: Sequence[ProviderTemplate]) -> None:
        """Another release says the same words, maybe in a message of another id, or wants the same with another `ttl`.

        Whose they are, and their content, is written; what the provider said of them stays.
        """
        ...

    def hear(self, account: str, news: Sequence[TemplateNews]) -> list[HeardTemplate]:
        """Apply what a provider said of templates that we know; those that it changed.

        For each of status, category and quality the newest word counts: older news of the same changes nothing, and of
        two in one second the one that comes later does. News of a template of another id is about somebody else's.
        """
        ...

    def of_messages(self, messages: Collection[str], accounts: Collection[str]) -> list[ProviderTemplate]:
        """What was submitted of these messages through these accounts, the newest first."""
        ...

    def all(self, account: str | None = None) -> list[ProviderTemplate]:
        """Every template, by account, message and name."""
        ...

    def wake(self, messages: Collection[str], at: Instant, business_now: Instant) -> dict[str, int]:
        """Make what waits for the approval of a template of these messages due now; lane → how many."""
        ...
