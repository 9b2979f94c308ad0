"""Every error that Jogral raises on purpose, and whose fault it is.

An error is a sentence with named places, where it happened, and what to do next; doors print it in the reader's
language and choose the exit code or HTTP status from its class, never from its words.

JogralError
├── InputError            the caller sent something wrong            exit 2   422
│   ├── NotFound          it names a thing that does not exist       exit 2   404
│   └── Conflict          it contradicts what was said before        exit 2   422
│       ├── AlreadyExists  somebody has that name                    exit 2   409
│       └── Stale         it was changed since the caller read it    exit 2   412
├── DocumentError         files do not say something valid           exit 1   carries every finding
├── ConfigurationError    settings or project do not fit together    exit 2   500
├── Unavailable           something we need cannot be reached        exit 3   503
│   └── Overtaken         somebody stored the same just now          exit 3   503, after one more try
└── Refused               refused for safety                         exit 4   403
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


def mark(sentence: str) -> str:
    """A sentence of a table: translated where it is used, and known to the catalogs from here."""
    return sentence


@runtime_checkable
class Told(Protocol):
    """What is itself a sentence, or a piece of one, and comes in the reader's language."""

    def told(self, translate: Callable[[str], str] = str) -> str: ...


class JogralError(Exception):
    """What happened (`template` filled with `params`), where, and what to do (`remedy`).

    `code` is stable and belongs to the public surface: HTTP problems and `--json` documents carry it.
    Templates are English; `told(translate)` gives the sentence in another language.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2
    http_status: ClassVar[int] = 500

    def __init__(self, template: str, *, remedy: str = "", where: str = "", **params: object) -> None:
        self.template = template
        self.remedy_template = remedy
        self.where = where
        self.params = params
        super().__init__(self.told())

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, without place and remedy."""
        return filled(self.template, self.params, translate)

    def remedy(self, translate: Callable[[str], str] = str) -> str:
        """What to do next, or an empty string where nothing better than the sentence is known."""
        return filled(self.remedy_template, self.params, translate) if self.remedy_template else ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = self.remedy()
        return f"{place}{self.told()}{f' {remedy}' if remedy else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One wrong field of a JSON document: `pointer` is an RFC 6901 pointer such as `#/data/order_id`.

    What is wrong is `template` filled with `params`, as in JogralError.
    """

    pointer: str
    code: str
    template: str
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """What is wrong, in English."""
        return self.told()

    def told(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong, in the reader's language."""
        return filled(self.template, self.params, translate)


class InputError(JogralError):
    """The caller sent something wrong; `fields` says which parts, when that is known."""

    code = "invalid_input"
    exit_code = 2
    http_status = 422

    def __init__(
        self,
        template: str,
        *,
        code: str | None = None,
        fields: Sequence[FieldError] = (),
        remedy: str = "",
        where: str = "",
        **params: object,
    ) -> None:
        if code is not None:
            self.code = code  # type: ignore[misc]  # an instance may be more exact than its class
        self.fields = tuple(fields)
        super().__init__(template, remedy=remedy, where=where, **params)

    @classmethod
    def at(cls, pointer: str, template: str, *, code: str, remedy: str = "", **params: Any) -> Self:
        """The error of one field, which says all there is to say: `pointer` as in FieldError."""
        field_ = FieldError(pointer=pointer, code=code, template=template, params=params)
        return cls(template, code=code, fields=[field_], remedy=remedy, **params)


class NotFound(InputError):
    """The named thing does not exist."""

    code = "not_found"
    http_status = 404


class Conflict(InputError):
    """It contradicts what was said before, such as another body under a used Idempotency-Key."""

    code = "conflict"
    http_status = 422


class AlreadyExists(Conflict):
    """A new thing was to have a name that another has."""

    code = "already_exists"
    http_status = 409


class Stale(Conflict):
    """The caller decided on a version that is not the newest any more."""

    code = "version_conflict"
    http_status = 412


@dataclass(frozen=True, kw_only=True, slots=True)
class Fix:
    """A span of a file, end exclusive, and what should stand there instead."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int
    replacement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One fault in one file. Lines and columns count from 1, the end is exclusive; `code` names the rule (`YA101`).

    `message` and `help` are English sentences. Where `params` are given, `template` and `help_template` are the same
    sentences with their places open, and `told` and `remedy` say them in another language.
    """

    code: str
    level: str
    message: str
    file: str
    line: int
    column: int
    help: str = ""
    end_line: int = 0  # 0: where it begins
    end_column: int = 0
    fix: Fix | None = None
    template: str = ""
    help_template: str = ""
    params: Mapping[str, object] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not self.end_line:
            object.__setattr__(self, "end_line", self.line)
            object.__setattr__(self, "end_column", self.column)

    def told(self, translate: Callable[[str], str] = str) -> str:
        """What is wrong, in the reader's language."""
        return filled(self.template, self.params, translate) if self.template else translate(self.message)

    def remedy(self, translate: Callable[[str], str] = str) -> str:
        """What to do about it, in the reader's language."""
        if self.help_template:
            return filled(self.help_template, self.params, translate)
        return translate(self.help) if self.help else ""

    def __str__(self) -> str:
        remedy = f" {self.help}" if self.help else ""
        return f"{self.file}:{self.line}:{self.column}  {self.level}  {self.code}  {self.message}{remedy}"


class DocumentError(JogralError):
    """Files do not say something valid: every finding, not only the first."""

    code = "invalid_document"
    exit_code = 1
    http_status = 422

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("{count} problems in the project's files", count=len(self.findings))

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


class ConfigurationError(JogralError):
    """Settings, project and machine do not fit together."""

    code = "configuration"
    exit_code = 2
    http_status = 500


class Unavailable(JogralError):
    """Something that we need cannot be reached now; nothing was accepted."""

    code = "unavailable"
    exit_code = 3
    http_status = 503


class Overtaken(Unavailable):
    """Another transaction stored the same at the same moment. Doing it again finds what that one stored."""

    code = "overtaken"


class Refused(JogralError):
    """Refused for safety; doing it anyway needs a decision by a person."""

    code = "refused"
    exit_code = 4
    http_status = 403


class Unfit(ValueError):
    """A value that is not what it must be. `said` is the end of a sentence or a whole one: `must be at least 1`.

    Validators raise it: pydantic takes a ValueError for the writer's mistake and keeps it as it is. `path` leads from
    what was validated to the part of it that is wrong.
    """

    path: tuple[str | int, ...] = ()

    def __init__(self, template: str, **params: object) -> None:
        self.said = Phrase(template, **params)
        super().__init__(str(self.said))

    def at(self, *path: str | int) -> Self:
        """The same of a part of what was validated."""
        self.path = path
        return self

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The same in the reader's language."""
        return self.said.told(translate)


class Phrase(str):
    """A piece of a sentence with places of its own, translated with it: ` in item 2 of "steps"`."""

    __slots__ = ("params", "template")

    template: str
    params: dict[str, object]

    def __new__(cls, template: str, /, **params: object) -> Self:
        phrase = super().__new__(cls, filled(template, params))
        phrase.template, phrase.params = template, params
        return phrase

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """What copies are made of: the English words are no template."""
        return (self.template,), self.params

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The piece in the reader's language."""
        return filled(self.template, self.params, translate)


class Word(str):
    """A word or sentence that stands in another one and is translated with it: `price`, `delivery date`."""

    __slots__ = ()

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The same in the reader's language."""
        return translate(str(self))


class Hint(str):
    """A piece of a sentence that is translated with it: `; did you mean "sent"?`, or nothing."""

    __slots__ = ("near",)

    near: str

    def __new__(cls, near: str) -> Self:
        hint = super().__new__(cls, _HINT.format(near=near) if near else "")
        hint.near = near
        return hint

    def told(self, translate: Callable[[str], str] = str) -> str:
        """The piece in the reader's language."""
        return translate(_HINT).format(near=self.near) if self.near else ""


_HINT = '; did you mean "{near}"?'


def did_you_mean(word: str, known: Iterable[str]) -> Hint:
    """`; did you mean "sent"?`, or nothing when no known word is near. Case does not matter."""
    lowered: dict[str, Any] = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return Hint(lowered[near[0]] if near else "")


def surely_meant(word: str, known: Iterable[str]) -> str:
    """The known word of which this one is a misspelling, or nothing where none is that near, or more than one is.

    Words with dots are near one another by what they begin with, so this asks for more than `did_you_mean`; and what
    has other digits is another thing.
    """
    alike = [candidate for candidate in known if _digits(candidate) == _digits(word)]
    near = difflib.get_close_matches(word, alike, n=2, cutoff=0.85)
    return near[0] if len(near) == 1 else ""


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def filled(template: str, params: Mapping[str, object], translate: Callable[[str], str] = str) -> str:
    """A template with its places filled; what is itself a sentence comes in the same language."""
    # Not `isinstance(value, Told)`, which takes ten times as long: a campaign may be held, and each row says why.
    return translate(template).format(
        **{name: value.told(translate) if hasattr(value, "told") else value for name, value in params.items()}
    )
