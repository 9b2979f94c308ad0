"""Reading what a provider tells by itself: the signature over the raw bytes first, then its words by a table.

A notice is one piece of news or a list of them. News with a word that the recipe does not translate is passed over.
So is news without any word, or that lacks something else that the recipe says stands there, where other news beside it
can be read. Where none can, the whole notice is refused, so that the provider keeps it until the recipe is mended.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestrator.contract.notices import Received
from orchestrator.contract.recipes.reading import NotThere, at, check_keys, path, text_of, word_at
from orchestrator.contract.recipes.signatures import SCHEMES, HmacOfBody
from orchestrator.domain.errors import ConfigurationError, InputError, did_you_mean
from orchestrator.domain.receipt import Receipt, ReceiptKind
from orchestrator.domain.time import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.notices import Notice
    from orchestrator.contract.recipes.reading import Path
    from orchestrator.contract.recipes.signatures import Scheme
    from orchestrator.domain.time import Instant

KEYS = (
    "signature", "signature_header", "signature_prefix", "algorithm", "list_at", "event_at", "reference_at",
    "provider_id_at", "status_at", "at_at", "detail_at", "words", "permanent", "reply",
)  # fmt: skip
ALGORITHMS = ("sha256", "sha512")
DETAIL_LENGTH_MAX = 300

# Times of today have ten digits in seconds and thirteen in milliseconds.
_MILLISECONDS_FROM = 100_000_000_000
_PART = "receipts"

# Kinds that a recipe may call permanent: those that say why a message did not arrive.
_MAY_BE_PERMANENT = frozenset({ReceiptKind.BOUNCED, ReceiptKind.FAILED})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptsRecipe:
    """How one provider signs and words its receipts; paths are those of the recipe, compiled."""

    secret: str = field(repr=False)
    scheme: Scheme
    list_at: Path
    event_at: Path | None
    reference_at: Path | None
    provider_id_at: Path | None
    status_at: Path
    at_at: Path | None
    detail_at: Path | None
    words: Mapping[str, ReceiptKind]
    permanent: frozenset[str]
    reply: str

    def received(self, notice: Notice, now: Instant) -> Received:
        """The news of a notice. Raises Refused for one that is not signed with our secret, InputError for nonsense."""
        try:
            said, once = self.scheme(notice, self.secret, now)
        except NotThere as error:
            raise _unreadable(str(error)) from error
        items = self._items(said)
        receipts, unknown, nonsense = list[Receipt](), dict[str, None](), list[InputError]()
        for item in items:
            try:
                word = self._word(item)
                if word in self.words:
                    receipts.append(self._receipt(item, word, now, once))
                else:
                    unknown[word] = None
            except InputError as error:
                nonsense.append(error)
        if nonsense and len(nonsense) == len(items):
            raise nonsense[0]
        passed_over = len(items) - len(receipts)
        return Received(receipts=tuple(receipts), passed_over=passed_over, unknown=tuple(unknown), reply=self.reply)

    def _items(self, whole: Any) -> list[Any]:
        try:
            said = at(whole, self.list_at)
        except NotThere as error:
            raise _unreadable(str(error)) from error
        return said if isinstance(said, list) else [said]

    def _word(self, item: Any) -> str:
        try:
            return word_at(item, self.status_at)
        except NotThere as error:
            raise _unreadable(str(error)) from error

    def _receipt(self, item: Any, word: str, now: Instant, once: str) -> Receipt:
        reference, provider_id = _optional(item, self.reference_at), _optional(item, self.provider_id_at)
        if not reference and not provider_id:
            raise _unreadable("which message it is about")
        try:
            event_key = once or (word_at(item, self.event_at) if self.event_at is not None else _digest(item))
        except NotThere as error:
            raise _unreadable(str(error)) from error
        return Receipt(
            event_key=event_key,
            kind=self.words[word],
            at=_time(item, self.at_at, now),
            reference=reference,
            provider_id=provider_id,
            permanent=word in self.permanent,
            detail=_detail(item, self.detail_at),
        )


def _optional(item: Any, steps: Path | None) -> str:
    """A word, or nothing where there is none."""
    if steps is None:
        return ""
    try:
        return word_at(item, steps)
    except NotThere:
        return ""


def _digest(item: Any) -> str:
    """Where the provider gives its news no id, the same words are the same news."""
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()


def _time(item: Any, steps: Path | None, now: Instant) -> Instant:
    """When it happened; where that is not told, or cannot be, when we heard of it."""
    if steps is None:
        return now
    try:
        told = at(item, steps)
        found = _instant(float(told)) if _is_number(told) else instant(datetime.fromisoformat(told))
    except (NotThere, ValueError, TypeError, OverflowError):
        return now
    return found if 0 < found <= now else now


def _is_number(told: Any) -> bool:
    if isinstance(told, str):
        return told.replace(".", "", 1).isdecimal()
    return isinstance(told, int | float) and not isinstance(told, bool)


def _instant(number: float) -> Instant:
    return int(number if number >= _MILLISECONDS_FROM else number * 1000)


def _detail(item: Any, steps: Path | None) -> str:
    try:
        told = at(item, steps) if steps is not None else ""
    except NotThere:
        return ""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
    return text[:DETAIL_LENGTH_MAX].encode("utf-8", "replace").decode().replace("\0", "")


def _unreadable(what: str) -> InputError:
    return InputError(
        "The notice is signed, but does not say: {what}.",
        remedy="Compare the provider's documentation with the account's recipe.",
        code="unreadable_notice",
        what=what,
    )


# --- compiling the recipe -------------------------------------------------------------------------------------------


def receipts_recipe(written: Any, secret: str) -> ReceiptsRecipe:
    """The recipe's `receipts`, compiled.

    Raises:
        ConfigurationError: what is wrong with it, and what to write.
    """
    if isinstance(written, dict) and "secret" in written:
        raise ConfigurationError(
            "receipts.secret stands in a file", remedy="Put it into JOGRAL_ACCOUNTS__<ACCOUNT>__RECEIPTS_SECRET."
        )
    said = check_keys(_PART, written, KEYS, ("status_at", "words"))
    if not secret:
        raise ConfigurationError(
            "receipts has no secret to check signatures with",
            remedy="Put the one that the provider shows into JOGRAL_ACCOUNTS__<ACCOUNT>__RECEIPTS_SECRET.",
        )
    if "reference_at" not in said and "provider_id_at" not in said:
        raise ConfigurationError(
            "receipts does not say which message a receipt is about",
            remedy="Write reference_at: where our reference comes back, or provider_id_at: where the provider's id is.",
        )
    words = _words(said["words"])
    return ReceiptsRecipe(
        secret=secret,
        scheme=_scheme(said),
        list_at=path(text_of(_PART, said, "list_at")),
        event_at=_path(said, "event_at"),
        reference_at=_path(said, "reference_at"),
        provider_id_at=_path(said, "provider_id_at"),
        status_at=path(text_of(_PART, said, "status_at")),
        at_at=_path(said, "at_at"),
        detail_at=_path(said, "detail_at"),
        words=words,
        permanent=_permanent(said.get("permanent", []), words),
        reply=text_of(_PART, said, "reply"),
    )


def _path(said: Mapping[str, Any], key: str) -> Path | None:
    written = text_of(_PART, said, key)
    if key in said and not written:
        raise ConfigurationError(
            "receipts.{key} is empty", remedy="Write where it stands, such as data.0.id, or leave the key out.", key=key
        )
    return path(written) if written else None


def _scheme(said: Mapping[str, Any]) -> Scheme:
    """One provider's own way of signing (`signature: sendgrid`), or an HMAC of the body in a header."""
    named = text_of(_PART, said, "signature")
    if not named and "signature_header" in said:
        header = _header(text_of(_PART, said, "signature_header"))
        prefix = text_of(_PART, said, "signature_prefix")
        return HmacOfBody(header, prefix, _algorithm(text_of(_PART, said, "algorithm", "sha256")))
    if named in SCHEMES and "signature_header" not in said:
        return SCHEMES[named]
    raise ConfigurationError(
        "receipts does not say how its notices are signed{hint}",
        remedy="Write signature_header: X-Signature for an HMAC of the body, or signature: one of {known}.",
        hint=did_you_mean(named, SCHEMES) if named else "",
        known=", ".join(SCHEMES),
    )


def _header(written: str) -> str:
    if not written.isascii() or not written.replace("-", "").isalnum():
        raise ConfigurationError(
            'receipts.signature_header "{name}" is not the name of a header',
            remedy="Write the one that the provider documents: X-Signature.",
            name=written,
        )
    return written.lower()


def _algorithm(written: str) -> str:
    if written not in ALGORITHMS:
        raise ConfigurationError(
            'receipts.algorithm "{algorithm}" is not one of {known}{hint}',
            remedy="It is the hash of an HMAC in hexadecimal.",
            algorithm=written,
            known=", ".join(ALGORITHMS),
            hint=did_you_mean(written, ALGORITHMS),
        )
    return written


def _words(written: Any) -> dict[str, ReceiptKind]:
    if not isinstance(written, dict) or not written:
        raise ConfigurationError(
            "receipts.words does not translate any word",
            remedy="Write the provider's words and ours: {example}",
            example="words: {DELIVRD: delivered, UNDELIV: bounced}",
        )
    return {_word(word): _kind(word, kind) for word, kind in written.items()}


def _word(written: Any) -> str:
    # YAML reads a bare true, yes or on as something else than a word, and no answer could then be told apart.
    if isinstance(written, bool) or not isinstance(written, str | int):
        raise ConfigurationError("receipts.words: {word} is not a word", remedy="Put it in quotes.", word=repr(written))
    return str(written)


def _kind(word: Any, written: Any) -> ReceiptKind:
    try:
        return ReceiptKind(written)
    except ValueError as error:
        raise ConfigurationError(
            'receipts.words: "{word}" means "{kind}", which is no kind of receipt{hint}',
            remedy="Kinds are: {known}.",
            word=word,
            kind=written,
            hint=did_you_mean(str(written), ReceiptKind),
            known=", ".join(ReceiptKind),
        ) from error


def _permanent(written: Any, words: Mapping[str, ReceiptKind]) -> frozenset[str]:
    if not isinstance(written, list):
        raise ConfigurationError("receipts.permanent is not a list", remedy="Write permanent: [hard_bounce].")
    for word in map(str, written):
        if word not in words or words[word] not in _MAY_BE_PERMANENT:
            raise ConfigurationError(
                'receipts.permanent names "{word}", which words does not call bounced or failed{hint}',
                remedy="Name words of the provider for which trying again is no use.",
                word=word,
                hint=did_you_mean(word, [known for known, kind in words.items() if kind in _MAY_BE_PERMANENT]),
            )
    return frozenset(map(str, written))
