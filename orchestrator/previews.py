"""A message for a persona on every channel, as values: what the terminal, `--json` and the preview page show."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.model import example_data
from orchestrator.catalog.render import render
from orchestrator.dispatch.promised import with_facts
from orchestrator.domain.errors import InputError
from orchestrator.schema import nest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.catalog.model import Message
    from orchestrator.domain.claim import StatedClaim
    from orchestrator.domain.customer import Channel
    from orchestrator.domain.message import Rendered
    from orchestrator.domain.time import Instant
    from orchestrator.facts.book import FactBook
    from orchestrator.mapping import Persona
    from orchestrator.release import Release


@dataclass(frozen=True, kw_only=True)
class Preview:
    """`said` holds what each channel says, why it cannot (InputError), or None where it is silent on purpose.

    `locale` is the language that it is said in. `examples` are the variables that the persona does not know, filled
    from the message's own examples.
    """

    message: Message
    purpose: str
    persona: Persona
    locale: str
    said: Mapping[Channel, Rendered | InputError | None]
    examples: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether every channel that should speak can."""
        return not any(isinstance(one, InputError) for one in self.said.values())

    @property
    def rendered(self) -> dict[Channel, Rendered]:
        """What can be said."""
        return {
            channel: one for channel, one in self.said.items() if one is not None and not isinstance(one, InputError)
        }

    @property
    def claims(self) -> dict[str, dict[Channel, StatedClaim]]:
        """Claim → the channels that state it."""
        found: dict[str, dict[Channel, StatedClaim]] = {}
        for channel, rendered in self.rendered.items():
            for claim in rendered.claims:
                found.setdefault(claim.name, {})[channel] = claim
        return found

    def documents(self, translate: Callable[[str], str]) -> list[dict[str, Any]]:
        """One item a channel that speaks, or should."""
        about = {"message": self.message.id, "persona": self.persona.id}
        return [
            {**about, "channel": channel.value, "error": _refused(one, translate)}
            if isinstance(one, InputError)
            else about | _shown(one)
            for channel, one in self.said.items()
            if one is not None
        ]


def preview_of(
    release: Release,
    message_id: str,
    persona: Persona,
    channels: Sequence[Channel],
    book: FactBook,
    now: Instant,
    *,
    locale: str = "",
) -> Preview:
    """Render it as the dispatcher would, with the persona's data, the facts of now, and a language.

    Without a `locale` it is the persona's own, as the dispatcher would choose it.
    """
    published = release.messages[message_id]
    message = published.message
    locale = release.locale_of(message_id, locale or persona.customer.get("locale"))
    data, examples = _filled(persona.data, message)
    data = with_facts(data, published.claimed, book, now, locale)
    said: dict[Channel, Rendered | InputError | None] = {}
    for channel in channels:
        if channel not in release.said_on[message_id]:
            said[channel] = None
            continue
        try:
            said[channel] = render(published, release.voice, locale, channel, data, today=book.today(now))
        except InputError as error:
            said[channel] = error
    return Preview(
        message=message,
        purpose=release.purpose(message.topic),
        persona=persona,
        locale=locale,
        said=said,
        examples=examples,
    )


def _refused(error: InputError, translate: Callable[[str], str]) -> dict[str, Any]:
    document: dict[str, Any] = {"code": error.code, "message": error.told(translate)}
    if error.fields:
        document["fields"] = [
            {"pointer": field.pointer, "code": field.code, "detail": field.told(translate)} for field in error.fields
        ]
    return document


def _shown(rendered: Rendered) -> dict[str, Any]:
    document = asdict(rendered)
    del document["masked"]
    return document


def _filled(data: Mapping[str, Any], message: Message) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The persona's data over the message's examples, and the paths that only the examples knew.

    A variable with a fallback is left out: what is sent without its value is what should be seen.
    """
    examples = example_data(message)
    missing = [
        path
        for path, variable in message.variables.items()
        if variable.fallback is None and _at(data, path) is None and _at(examples, path) is not None
    ]
    filled: dict[str, Any] = {name: dict(value) if isinstance(value, dict) else value for name, value in data.items()}
    for path in missing:
        nest(filled, path, _at(examples, path))
    return filled, tuple(missing)


def _at(data: Mapping[str, Any], path: str) -> Any:
    place: Any = data
    for part in path.split("."):
        place = place.get(part) if isinstance(place, dict) else None
    return place
