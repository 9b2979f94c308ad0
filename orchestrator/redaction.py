"""What a log line may hold: our own words and ids, and nothing that a person, a customer or a provider wrote.

Three rules (reliability, S14 and S15). Values under a few names pass as they are, because we make them. Values under
a few others never do. All the rest goes through patterns that take out addresses, documents and secrets. Exceptions
are told by kind and place: their words repeat what people sent, and no pattern knows a name from a noun.
"""

from __future__ import annotations

import errno
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

from orchestrator.domain.errors import JogralError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

    Line = MutableMapping[str, Any]
    Processor = Callable[[Any, str, Line], Line]

WITHHELD = "[withheld]"

# Made by us alone: ids that we drew, names out of the project's own files, places in our code. Customers' ids are not
# among them: the shop chooses those, and some shops choose e-mail addresses.
OUR_OWN = frozenset({
    "account", "at", "deliveries", "delivery", "error", "head", "invariant", "lane", "lease", "level", "method",
    "release_id", "route", "socket", "timestamp", "worker",
})  # fmt: skip

# Instants: business time, in milliseconds. They look like telephone numbers, and are none between 2001 and 2100.
INSTANTS = frozenset({"until"})
_INSTANTS = range(1_000_000_000_000, 4_102_444_800_000)

# Never told, whatever stands in them: somebody else's words, and secrets under the names that they usually have.
NEVER = frozenset({
    "address", "answer", "api_key", "attributes", "authorization", "body", "claims", "content", "cookie", "cpf", "data",
    "database_url", "detail", "email", "first_name", "headers", "html", "idempotency_key", "key", "name", "params",
    "password", "phone", "query", "query_string", "recipient", "rendered", "said", "secret", "subject", "text", "title",
    "token", "username", "value", "words",
})  # fmt: skip

FRAMES_SHOWN = 12
DEPTH_MAX = 6
LENGTH_MAX = 2_000


# --- lines of ours --------------------------------------------------------------------------------------------------


def redacted(_logger: Any, _method: str, line: Line) -> Line:
    """A structlog processor: the same line without what nobody should read in a log."""
    _tell_exception(line)
    for name, value in line.items():
        if name in NEVER:
            line[name] = WITHHELD
        elif name not in OUR_OWN and not (name in INSTANTS and isinstance(value, int) and value in _INSTANTS):
            line[name] = _clean(value)
    return line


def _tell_exception(line: Line) -> None:
    """`exc_info`, in every form that structlog takes, as kind and places."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    line.pop("stack_info", None)
    if isinstance(error, BaseException):
        line["error"] = kinds_of(error)
        line["at"] = places_of(error)


def _clean(value: Any, depth: int = 0) -> Any:
    """A value without addresses and secrets, whatever it is."""
    if isinstance(value, str):
        return without_secrets(value)
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return value if abs(value) < _TELEPHONE_MIN else WITHHELD
    if depth < DEPTH_MAX and isinstance(value, Mapping):
        return {
            without_secrets(str(name)): WITHHELD if name in NEVER else _clean(inner, depth + 1)
            for name, inner in value.items()
        }
    if depth < DEPTH_MAX and isinstance(value, (list, tuple, set, frozenset)):
        return [_clean(inner, depth + 1) for inner in value]
    # Not its own words: those of a call may be a letter, and those of a secret somebody's idea of a mask.
    return f"<{type(value).__qualname__}>"


# Numbers from here on may be somebody's.
_TELEPHONE_MIN = 10_000_000


# --- exceptions -----------------------------------------------------------------------------------------------------


def kinds_of(error: BaseException) -> str:
    """What it was, and what it came from: `sqlalchemy.exc.IntegrityError < psycopg.errors.UniqueViolation`.

    Of our own errors the sentence is told with its places open, and of the system's the code.
    """
    kinds = []
    seen = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        kinds.append(_kind(cause))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return " < ".join(kinds)


def places_of(error: BaseException) -> list[str]:
    """Where it happened, innermost last; files and functions, no source and no values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES_SHOWN:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _kind(error: BaseException) -> str:
    name = f"{type(error).__module__}.{type(error).__qualname__}"
    if isinstance(error, JogralError):
        return f"{name} ({error.template})"
    code = errno.errorcode.get(error.errno or 0) if isinstance(error, OSError) else None
    return f"{name} ({code})" if code else name


# --- words ----------------------------------------------------------------------------------------------------------

_SECRETS = "passw(?:or)?d|pwd|secret|token|api[_-]?key|authorization|credential"
_SECRET_IS = rf"\b([\w-]{{0,40}}(?:{_SECRETS})[\w-]{{0,40}}['\"]?\s?[=:]\s?)"

# One after the other: the login of a URL goes before the e-mail address that it looks like. Repetitions are bounded, so
# that no text takes long.
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@'\"]{1,200}@", r"\1[login]@"),
        (r"\?[\w.%\[\]-]{1,64}=[^\s'\"]*", "?[query]"),
        (r"\b(bearer|basic)\s+[\w.~+/=:-]{6,}", r"\1 [secret]"),
        (_SECRET_IS + r"(?!\[)(?:'[^']*'|\"[^\"]*\"|[^\s,;&)]+)", r"\1[secret]"),
        (r"\bjgl_[\w-]+", "[secret]"),
        (r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?", "[secret]"),
        (r"[^\s@<>\"'(),:;\[\]=/]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)*", "[email]"),
        (r"(?<!\d)\d{2}\.?\d{3}\.?\d{3}/\d{4}-?\d{2}(?!\d)", "[document]"),
        (r"(?<!\d)\d{3}\.\d{3}\.\d{3}-?\d{2}(?!\d)", "[document]"),
        # Ten digits or more, but for those of a date and its hour.
        (r"(?<![\d.])(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[ ()-]{0,2}\d){9,}(?!\d)", "[number]"),
        (r"(?<!\d)9?\d{4}-\d{4}(?!\d)", "[number]"),
        (r"\b(?=[\w+=-]*\d)(?=[\w+=-]*[a-z])[\w+=-]{32,}", "[secret]"),
    )
)


def without_secrets(text: str) -> str:
    """A text without e-mail addresses, phone numbers, documents, credentials, queries of URLs, and opaque tokens."""
    text = text[:LENGTH_MAX]
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


# `/p/<key id>.<seal>`: see `tokens`.
_TOKEN = re.compile(r"(/[a-z]/)[\w-]{1,32}\.[\w-]{20,}")


def without_tokens(said: Any) -> Any:
    """What was said to a person, with its links as everybody may see them: who has the token in one acts as the person.

    A message with the proof of a request is among them: whoever reads it could fetch all that we hold.
    """
    if isinstance(said, str):
        return _TOKEN.sub(r"\1…", said)
    if isinstance(said, Mapping):
        return {name: without_tokens(value) for name, value in said.items()}
    return [without_tokens(value) for value in said] if isinstance(said, (list, tuple)) else said


# --- lines of libraries ---------------------------------------------------------------------------------------------

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class LibraryLines(logging.Formatter):
    """Records of the standard library's logging in the form of ours: `event` is the template, and only numbers fill it.

    What a library puts into its words is data as often as not: an address that was refused, a statement with values.
    """

    def __init__(self, processors: Sequence[Processor], render: Callable[[Any, str, Line], str | bytes]) -> None:
        super().__init__()
        self._processors = processors
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        line: Line = {"event": _told(record), "logger": record.name, "level": record.levelname.lower()}
        if record.exc_info:
            line["exc_info"] = record.exc_info
        for process in self._processors:
            line = process(None, record.levelname.lower(), line)
        told = self._render(None, record.levelname.lower(), line)
        return told if isinstance(told, str) else told.decode()


def _told(record: logging.LogRecord) -> str:
    template = str(record.msg)
    if not record.args:
        # A text that is ready already: its first line, without what stands in quotes.
        return _QUOTED.sub("'…'", template.partition("\n")[0])
    given = record.args if isinstance(record.args, Mapping) else tuple(map(_number, record.args))
    if isinstance(given, Mapping):
        given = {name: _number(value) for name, value in given.items()}
    try:
        return re.sub(r"%(\(\w+\))?[-#0 +]*\d*(\.\d+)?[diouxXeEfFgGcra]", r"%\1s", template) % given
    except (TypeError, ValueError, KeyError):
        return template


def _number(value: object) -> object:
    return value if isinstance(value, (int, float)) and abs(value) < _TELEPHONE_MIN else "…"


# --- the last resort ------------------------------------------------------------------------------------------------


def tell_crashes() -> None:
    """What nobody caught is told by kind and place too: Python would print its words, and the source around it."""
    log = structlog.get_logger()

    def main(_kind: type[BaseException], error: BaseException, _traceback: object) -> None:
        log.error("crashed", exc_info=error)

    def thread(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None and not isinstance(what.exc_value, SystemExit):
            log.error("crashed", thread=what.thread.name if what.thread else "", exc_info=what.exc_value)

    sys.excepthook = main
    threading.excepthook = thread
