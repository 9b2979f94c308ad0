"""What reviewers see above a template's text: a file, uploaded before the template that shows it is submitted.

Three calls: whose app the token is, a session for the file, and its bytes; the last answer is the handle that goes into
the template. https://developers.facebook.com/docs/graph-api/guides/upload (November 2026)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from orchestrator.contract.calls import HttpCall
from orchestrator.contract.meta.reading import word
from orchestrator.contract.meta.templates import Trouble, document
from orchestrator.domain.errors import InputError, Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.contract.calls import Answer
    from orchestrator.contract.meta.templates import TemplateDesk

_MEGABYTE = 1_000_000

# Format of a header → how many bytes a message may show of it.
SIZES_MAX: Mapping[str, int] = MappingProxyType({
    "IMAGE": 5 * _MEGABYTE,
    "VIDEO": 16 * _MEGABYTE,
    "DOCUMENT": 100 * _MEGABYTE,
})  # fmt: skip

# How a file begins, from which byte → its type, and the format it is for.
_BEGINNINGS: Final = (
    (0, b"\xff\xd8\xff", "image/jpeg", "IMAGE"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "IMAGE"),
    (4, b"ftyp", "video/mp4", "VIDEO"),
    (0, b"%PDF-", "application/pdf", "DOCUMENT"),
)

# An upload's id is a part of an address: `upload:MTphdHRhY2htZW50…?sig=ARZq…`.
_UPLOAD = re.compile(r"upload:[A-Za-z0-9_=+/-]+(\?[A-Za-z0-9_=&.~+-]+)?")
_HANDLE = re.compile(r"[!-~]+(\s+[!-~]+)*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A file as a reviewer sees it."""

    name: str
    content: bytes = field(repr=False)
    type: str


def header_format(template: Mapping[str, Any]) -> str:
    """IMAGE, VIDEO or DOCUMENT; empty where a template shows nothing above its text."""
    found = (str(one.get("format", "")) for one in template["components"] if one.get("type") == "HEADER")
    return next((one for one in found if one in SIZES_MAX), "")


def sample_of(name: str, content: bytes, wanted: str) -> Sample:
    """A file for a header of this format, known by how it begins.

    Raises:
        InputError: it is something else, or Meta takes none of that size.
    """
    kinds = [(kind, shown) for at, begins, kind, shown in _BEGINNINGS if content[at : at + len(begins)] == begins]
    kind, shown = kinds[0] if kinds else ("", "")
    if shown != wanted:
        raise InputError(
            "{file} is no example of a header of type {kind}.",
            remedy="An image is a JPEG or PNG file, a video MP4, a document PDF.",
            file=name,
            kind=wanted.lower(),
        )
    if len(content) > SIZES_MAX[wanted]:
        raise InputError(
            "{file} is too large: Meta takes {megabytes} MB at most.",
            file=name,
            megabytes=SIZES_MAX[wanted] // _MEGABYTE,
        )
    return Sample(name=name, content=content, type=kind)


def whose_app(desk: TemplateDesk) -> HttpCall:
    """Ask to which app the token belongs: files are uploaded to that."""
    return HttpCall("GET", f"{desk.root}/debug_token?{urlencode({'input_token': desk.token})}", desk.headers, b"")


def app_of(answer: Answer) -> str | Trouble:
    """The app's id."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    app = word(read, "data", "app_id")
    return app if app.isascii() and app.isdigit() else Trouble(said=Phrase("Meta does not say whose app the token is"))


def begin(desk: TemplateDesk, app: str, sample: Sample) -> HttpCall:
    """Announce a file."""
    told = {"file_name": sample.name, "file_length": str(len(sample.content)), "file_type": sample.type}
    return HttpCall("POST", f"{desk.root}/{app}/uploads?{urlencode(told)}", desk.headers, b"")


def session_of(answer: Answer) -> str | Trouble:
    """Where its bytes go."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    session = word(read, "id")
    return session if _UPLOAD.fullmatch(session) else Trouble(said=Phrase("Meta's answer names no upload"))


def upload(desk: TemplateDesk, session: str, sample: Sample) -> HttpCall:
    """The bytes, all at once. Here the token is announced as OAuth, and not as Bearer."""
    headers = {"Authorization": f"OAuth {desk.token}", "file_offset": "0", "Content-Type": sample.type}
    return HttpCall("POST", f"{desk.root}/{session}", headers, sample.content)


def handle_of(answer: Answer) -> str | Trouble:
    """The handle of a file that was uploaded."""
    read = document(answer)
    if isinstance(read, Trouble):
        return read
    handle = word(read, "h").strip()
    return handle if _HANDLE.fullmatch(handle) else Trouble(said=Phrase("Meta's answer holds no handle"))


def with_handle(template: Mapping[str, Any], handle: str) -> dict[str, Any]:
    """A template that shows this upload above its text."""
    shown = [
        {**one, "example": {"header_handle": [handle]}} if one.get("type") == "HEADER" else one
        for one in template["components"]
    ]
    return {**template, "components": shown}
