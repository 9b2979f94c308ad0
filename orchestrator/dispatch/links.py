"""The links of one delivery: to the pages where a person ends, chooses or understands what we write to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from orchestrator.catalog.links import EXAMPLES
from orchestrator.catalog.values import look_up
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Purpose
from orchestrator.tokens import TokenPurpose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.domain.delivery import Request
    from orchestrator.tokens import Keyring

# Where the page of each purpose stands under the public URL: `/u/<token>`.
PATHS: Final[Mapping[TokenPurpose, str]] = {
    TokenPurpose.UNSUBSCRIBE: "u",
    TokenPurpose.PREFERENCES: "p",
    TokenPurpose.WHY: "w",
    TokenPurpose.CONFIRM: "c",
    TokenPurpose.VERIFY: "v",
    TokenPurpose.DOWNLOAD: "d",
}

# The links that copy may read, and what each of their tokens is about.
_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    TokenPurpose.UNSUBSCRIBE: ("customer", "address", "topic", "delivery"),
    TokenPurpose.PREFERENCES: ("customer", "address"),
    TokenPurpose.WHY: ("customer", "address", "delivery"),
    TokenPurpose.CONFIRM: ("customer", "address", "topic", "delivery"),
}

# The question of a double opt-in is about another topic than its own. It names it in its data, and no other delivery
# has a link to confirm by.
_ASKED_ABOUT: Final = ("consent", "topic")


class LinksOf(Protocol):
    """`Links`, or `ExampleLinks` where nothing is sent."""

    def of(self, request: Request, address_id: str) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of deliveries.

    `keyring` says what they are signed with, and is asked for each: keys are rotated while a worker runs. `public_url`
    is where customers reach our pages, without a slash at its end.
    """

    keyring: Callable[[], Keyring]
    public_url: str

    def of(self, request: Request, address_id: str) -> dict[str, str]:
        """Name → URL, each made when it is first read: most texts read none of them.

        They depend on the request alone: whoever says it again says the same.
        """
        return _Made(self, request, address_id)

    def to(self, purpose: TokenPurpose, token: str) -> str:
        """The address of the page of a purpose."""
        return f"{self.public_url}/{PATHS[purpose]}/{token}"


class _Made(dict[str, str]):
    def __init__(self, links: Links, request: Request, address_id: str) -> None:
        self._links, self._request, self._address_id = links, request, address_id

    def __missing__(self, name: str) -> str:
        subject, purpose = self._subject(name), TokenPurpose(name)
        token = self._links.keyring().issue(purpose, subject, now=self._request.accepted_at)
        self[name] = url = self._links.to(purpose, token)
        return url

    def _subject(self, name: str) -> dict[str, str]:
        """Raises KeyError where this delivery has no such link."""
        request = self._request
        ids = {
            "customer": request.customer_id,
            "address": self._address_id,
            "topic": request.topic,
            "delivery": request.id,
        }
        if name == TokenPurpose.CONFIRM:
            ids["topic"] = look_up(request.data, _ASKED_ABOUT)
            if not isinstance(ids["topic"], str):
                raise KeyError(name)
        return {one: ids[one] for one in _ABOUT[name]}


class ExampleLinks:
    """Links that lead nowhere."""

    def of(self, request: Request, address_id: str) -> Mapping[str, str]:  # noqa: ARG002  # nobody's
        return EXAMPLES


EXAMPLE_LINKS: Final = ExampleLinks()


def unsubscribe_url(links: Mapping[str, str], purpose: Purpose, channel: Channel) -> str:
    """Where one click ends the topic, for the headers of a marketing e-mail (RFC 8058); otherwise nothing."""
    marketing_mail = purpose is Purpose.MARKETING and channel is Channel.EMAIL
    return links[TokenPurpose.UNSUBSCRIBE] if marketing_mail else ""
