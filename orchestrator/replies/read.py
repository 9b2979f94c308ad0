"""Replies from documents: the models, their translations, and what only the whole document shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.catalog import read as messages
from orchestrator.documents.source import UNKNOWN_KEY
from orchestrator.domain.errors import DocumentError, did_you_mean, mark
from orchestrator.replies.model import Reply, spoken
from orchestrator.schema import merged

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from orchestrator.catalog.model import Message
    from orchestrator.catalog.voice import Voice
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding

KeyPath = tuple[str | int, ...]

NO_OTHERWISE = "RE101"
UNREACHABLE = "RE102"
OTHER_VARIANTS = "RE103"

# What a translation says anew; the rest is the original's.
_TRANSLATED = ("title", "keywords", "ask", "variables", "not_claims", "variants")
_TRANSLATED_OF = {
    "ask": frozenset({"label", "choices"}),
    "variables": frozenset({"fallback", "example"}),
}
_TRANSLATED_OF_VARIANT = frozenset({"body"})


def read_reply(document: Document, stem: str) -> Reply:
    """A reply whose file is named `stem`. Raises DocumentError."""
    document.expect("reply", stem)
    return document.read(Reply)


def read_translation(document: Document, original: Reply) -> Reply:
    """A translation merged over its original. Raises DocumentError with places in the translation."""
    findings = [*_beyond_words(document, original), *_other_variants(document, original)]
    if findings:
        raise DocumentError(findings)
    said = {key: value for key, value in document.data.items() if key in _TRANSLATED}
    whole = original.model_dump(mode="json", by_alias=True, exclude_unset=True)
    for key in ("not_claims", "keywords"):
        if key in said:
            whole.pop(key, None)  # words of another language
    return document.read(Reply, data=merged(whole, said))


def faults(reply: Reply, voice: Voice, document: Document, facts: Collection[str]) -> Iterator[Finding]:
    """What the schema cannot see: variants that nobody reaches, and in each what is wrong in any message."""
    yield from _order(reply, document)
    for place, message in enumerate(spoken(reply)):
        yield from messages.faults(message, voice, as_message(document, message, place), facts)


def as_message(document: Document, message: Message, place: int) -> Document:
    """A reply's document as the message that one of its variants is: findings stand where the reply says it.

    Of a translation, it holds the texts that this file writes itself.
    """
    said = message.model_dump(mode="json", by_alias=True)
    own: dict[str, Any] = {"content": {}, "channels": {"email": {}, "whatsapp": {}}}
    if "title" in document.data:
        own["content"]["headline"] = own["channels"]["email"]["subject"] = said["title"]
    if _writes_body(document.data, place):
        own["content"]["body"] = own["channels"]["whatsapp"]["body"] = said["content"]["body"]
    return document.seen_as({**document.data, **own}, lambda path: _written_at(path, place, document.data))


# Where a message has what a reply writes once.
_TITLE = {("content", "headline"), ("channels", "email", "subject")}


def _written_at(path: KeyPath, place: int, data: Mapping[str, Any]) -> KeyPath:
    if path in _TITLE:
        return ("title",)
    if path[:1] in (("content",), ("channels",)):
        return ("variants", place, *path[-1:]) if path[-1:] == ("body",) else ("variants", place)
    if path[:1] == ("variables",) and path[1:2] and path[1] in (data.get("ask") or {}):
        return ("ask", *path[1:])
    return path


def _writes_body(data: Mapping[str, Any], place: int) -> bool:
    variants = data.get("variants")
    return isinstance(variants, list) and place < len(variants) and "body" in variants[place]


# --- the order of the variants ----------------------------------------------------------------------------------------


def _order(reply: Reply, document: Document) -> Iterator[Finding]:
    last = len(reply.variants) - 1
    if not any(variant.otherwise for variant in reply.variants):
        yield document.finding(
            ("variants", last),
            mark("No variant is said where none of the conditions is true"),
            code=NO_OTHERWISE,
            help=mark("End with a variant that has `otherwise: true` instead of `when`."),
        )
    before: dict[str, int] = {}
    ended = False
    for place, variant in enumerate(reply.variants):
        same = None if variant.when is None else before.setdefault(" ".join(variant.when.split()), place)
        if ended:
            message, remedy = (
                mark("This variant is never said: the one before is said in every other case"),
                mark("Put `otherwise: true` last."),
            )
        elif same not in (None, place):
            message, remedy = (
                mark("This variant is never said: variant {number} has the same condition"),
                mark("Change its condition, or delete it."),
            )
        else:
            ended = ended or variant.otherwise
            continue
        path: KeyPath = ("variants", place, "otherwise" if variant.otherwise else "when")
        params = {"number": (same or 0) + 1}
        yield document.finding(path, message, code=UNREACHABLE, help=remedy, params=params, on_key=True)


# --- translations -----------------------------------------------------------------------------------------------------


def _beyond_words(document: Document, original: Reply) -> Iterator[Finding]:
    for key, value in document.data.items():
        if key not in {*_TRANSLATED, "kind", "id", "locale"}:
            yield document.finding(
                (key,),
                mark('A translation cannot change "{key}"{hint}'),
                code=UNKNOWN_KEY,
                params={"key": key, "hint": did_you_mean(key, _TRANSLATED)},
                help=mark(
                    "It translates title, keywords, labels, variables, not_claims and the bodies of variants; all else "
                    "is the original's."
                ),
                on_key=True,
            )
        for name, changed in value.items() if key in _TRANSLATED_OF and isinstance(value, dict) else ():
            known: Mapping[str, object] = getattr(original, key)
            if name not in known:
                yield _other(document, (key, name), mark('The original has no "{name}"{hint}'), name, known)
            for part in changed if isinstance(changed, dict) else ():
                if part not in _TRANSLATED_OF[key]:
                    yield _other(
                        document, (key, name, part), mark('A translation cannot change "{name}" here'), part, ()
                    )


def _other_variants(document: Document, original: Reply) -> Iterator[Finding]:
    variants = document.data.get("variants")
    if not isinstance(variants, list):
        return
    if len(variants) != len(original.variants):
        yield document.finding(
            ("variants",),
            mark("The original has {wanted} variants, and this translation {found}"),
            code=OTHER_VARIANTS,
            params={"wanted": len(original.variants), "found": len(variants)},
            help=mark("Translate the body of each, in the original's order."),
            on_key=True,
        )
    for place, variant in enumerate(variants):
        for key in variant if isinstance(variant, dict) else ():
            if key not in _TRANSLATED_OF_VARIANT:
                yield _other(
                    document, ("variants", place, key), mark('A translation cannot change "{name}" here'), key, ()
                )


def _other(document: Document, path: KeyPath, message: str, name: str, known: Collection[str]) -> Finding:
    return document.finding(
        path,
        message,
        code=OTHER_VARIANTS,
        params={"name": name, "hint": did_you_mean(name, known)},
        help=mark("A translation asks, knows and tells apart what the original does."),
        on_key=True,
    )
