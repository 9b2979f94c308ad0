"""Text and JSON with places to be filled in: values enter as data, wherever they go.

Into a JSON structure before it is encoded, percent-encoded into a URL and never into its host, into a header only when
they are one line. Braces of one's own are written twice.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from orchestrator.domain.errors import ConfigurationError, InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    # Fills a recipe's part from what it is filled with: a delivery, a reference.
    Read = Callable[[Any], Any]
    Places = Mapping[str, Read]

# Headers that frame the request: the transport writes them.
FRAMING_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})

_BREAKS = re.compile(r"[\r\n\x00]")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Nothing of a delivery, no user name and no odd character may stand before the path.
_URL = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(?:[/?](?:(?![#\\\"<>])[!-~])*)?")


def url(written: str, places: Places, *, allow_private: bool) -> Read:
    """What fills a URL in. Raises ConfigurationError for one that a recipe must not call."""
    if not _URL.fullmatch(written):
        raise ConfigurationError(
            '"{url}" is not a URL that a recipe can call',
            remedy="Write scheme and host without placeholders, user name or #: https://api.provider.example/send.",
            url=written,
        )
    try:
        parts = urlsplit(written)
        standard = parts.scheme == "https" and parts.port in (None, 443)
    except ValueError as error:
        raise ConfigurationError('"{url}" has no valid host and port', url=written) from error
    if not standard and not allow_private:
        raise ConfigurationError(
            '"{url}" is not https on its usual port',
            remedy="For a provider on your own network write allow_private: true.",
            url=written,
        )
    return _text(written, places, _into_url)


def headers(written: Mapping[str, Any], places: Places) -> tuple[tuple[str, Read], ...]:
    """What fills each header in. Raises ConfigurationError for one that a recipe cannot set."""
    for name, value in written.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in FRAMING_HEADERS:
            raise ConfigurationError('a recipe cannot set the header "{name}"', name=name)
        if not isinstance(value, str) or _BREAKS.search(value):
            raise ConfigurationError('the header "{name}" must be one line of text', name=name)
    return tuple((name, _text(value, places, _into_header)) for name, value in written.items())


def structure(value: object, places: Places) -> Read:
    """What builds the same structure with the places filled in. A string that is one place keeps the value's type."""
    match value:
        case str():
            return _text(value, places, None)
        case dict():
            members = tuple((str(key), structure(member, places)) for key, member in value.items())
            return lambda source: {key: build(source) for key, build in members}
        case list():
            items = tuple(structure(item, places) for item in value)
            return lambda source: [build(source) for build in items]
        case None | bool() | int() | float():
            return lambda _: value
        case _:
            raise ConfigurationError("a recipe's body cannot hold {value}", value=repr(value))


def _text(written: str, places: Places, enter: Callable[[object], str] | None) -> Read:
    """What fills one string in; `enter` makes a value fit for the place where it goes."""
    parts = list(_parts(written, places))
    if not any(callable(part) for part in parts):
        constant = "".join(str(part) for part in parts)
        return lambda _: constant
    if enter is None and len(parts) == 1:
        return parts[0]  # type: ignore[return-value]  # the line above leaves only a reader
    fit = enter or str
    return lambda source: "".join([part if isinstance(part, str) else fit(part(source)) for part in parts])


def _parts(written: str, places: Places) -> Iterable[str | Read]:
    try:
        parsed = list(string.Formatter().parse(written))
    except ValueError as error:
        raise _unknown_place(written, "", places) from error
    for literal, name, specification, conversion in parsed:
        if literal:
            yield literal
        if name is None:
            continue
        if name not in places or specification or conversion:
            raise _unknown_place(written, name, places)
        yield places[name]


def _unknown_place(written: str, name: str, places: Places) -> ConfigurationError:
    return ConfigurationError(
        '"{written}" has a placeholder that a recipe does not know{hint}',
        remedy="Known: {known}. Braces of your own are written twice.",
        written=written,
        hint=did_you_mean(name, places),
        known=", ".join(places),
    )


def _into_url(value: object) -> str:
    try:
        encoded = quote(str(value), safe="")
    except UnicodeEncodeError as error:
        raise InputError("a value for the URL contains half a character") from error
    if encoded in (".", ".."):
        raise InputError("a value for the URL would change its path", code="value_in_url")
    return encoded


def _into_header(value: object) -> str:
    text = str(value)
    if _BREAKS.search(text):
        raise InputError("a value for a header contains a line break", code="line_break_in_header")
    return text
