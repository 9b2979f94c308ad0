"""A message in another language: its overlay, `<id>.<locale>.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.catalog.model import Message
from orchestrator.catalog.read import CODES
from orchestrator.documents.source import UNKNOWN_KEY
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import DocumentError, did_you_mean, mark
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding

OTHER_VARIABLE = "VA160"
OTHER_CHANNEL = "CH170"

# What a translation says anew; the rest is the original's: who sends what to whom, and what it claims.
_TRANSLATED = ("title", "variables", "not_claims", "content", "channels")
_TRANSLATED_OF_VARIABLE = ("fallback", "example")


def read_translation(document: Document, original: Message) -> Message:
    """A translation merged over its original. Raises DocumentError with places in the translation."""
    findings = [
        *_beyond_text(document),
        *_other_variables(document, original),
        *_other_channels(document, original),
    ]
    if findings:
        raise DocumentError(findings)
    said = {key: value for key, value in document.data.items() if key in _TRANSLATED}
    whole = original.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if "not_claims" in said:
        whole.pop("not_claims", None)  # phrases of another language
    return document.read(Message, codes=CODES, data=merged(whole, said))


def _beyond_text(document: Document) -> Iterator[Finding]:
    for key in document.data:
        if key not in {*_TRANSLATED, "kind", "id", "locale"}:
            yield document.finding(
                (key,),
                mark('A translation cannot change "{key}"{hint}'),
                code=UNKNOWN_KEY,
                params={"key": key, "hint": did_you_mean(key, _TRANSLATED)},
                help=mark(
                    "It translates title, variables, not_claims, content and channels; all else is the original's."
                ),
                on_key=True,
            )


def _other_variables(document: Document, original: Message) -> Iterator[Finding]:
    variables = document.data.get("variables")
    for path, variable in variables.items() if isinstance(variables, dict) else ():
        if path not in original.variables:
            yield document.finding(
                ("variables", path),
                mark('The original has no variable "{path}"{hint}'),
                code=OTHER_VARIABLE,
                params={"path": path, "hint": did_you_mean(path, original.variables)},
                help=mark("A translation has the variables of the original."),
                on_key=True,
            )
        for key in variable if isinstance(variable, dict) else ():
            if key not in _TRANSLATED_OF_VARIABLE:
                yield document.finding(
                    ("variables", path, key),
                    mark('A translation cannot change "{key}" of a variable'),
                    code=OTHER_VARIABLE,
                    params={"key": key},
                    help=mark("It may have another fallback and another example."),
                    on_key=True,
                )


def _other_channels(document: Document, original: Message) -> Iterator[Finding]:
    channels = document.data.get("channels")
    for name, copy in channels.items() if isinstance(channels, dict) else ():
        if name in set(Channel) and (copy is not None) != (name in original.said_on):
            yield document.finding(
                ("channels", name),
                mark('"{message}" says nothing on {channel}, so there is nothing to translate')
                if copy is not None
                else mark('"{message}" speaks on {channel}, and so must its translation'),
                code=OTHER_CHANNEL,
                params={"message": original.id, "channel": name},
                on_key=True,
            )
