"""Meta's resumable uploads: a session for a file, its bytes, and the handle that a template names as its example."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.simulators.meta_templates import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TYPES = {
    "image/jpeg": "IMAGE", "image/jpg": "IMAGE", "image/png": "IMAGE", "video/mp4": "VIDEO",
    "application/pdf": "DOCUMENT",
}  # fmt: skip


@dataclass(frozen=True)
class _Session:
    name: str
    type: str
    length: int


@dataclass
class Uploads:
    """Those of one app. `handles` are of files that are there whole, with the format of a header that each fits."""

    handles: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, _Session] = field(default_factory=dict)

    def begin(self, query: Mapping[str, str]) -> dict[str, str]:
        """A session. Raises GraphError."""
        length = query.get("file_length", "")
        if not length.isdigit() or not int(length):
            raise GraphError(100, "The parameter file_length is required.")
        if query.get("file_type") not in _TYPES:
            raise GraphError(100, "Param file_type must be one of {pdf, jpeg, jpg, png, mp4}")
        drawn = base64.urlsafe_b64encode(secrets.token_bytes(30)).decode()
        id_ = f"upload:{drawn}?sig={secrets.token_urlsafe(12)}"
        self._sessions[id_] = _Session(query.get("file_name", ""), query["file_type"], int(length))
        return {"id": id_}

    def put(self, id_: str, headers: Mapping[str, str], content: bytes) -> dict[str, str]:
        """The bytes of a session, all at once. Raises GraphError."""
        session = self._sessions.get(id_)
        if session is None:
            raise GraphError(100, f"Unsupported post request. Object with ID '{id_}' does not exist.", subcode=33)
        if headers.get("file_offset") != "0":
            raise GraphError(100, "The header file_offset is required.")
        if len(content) != session.length:
            raise GraphError(100, f"{len(content)} bytes came of {session.length}")
        drawn = base64.b64encode(secrets.token_bytes(45)).decode()
        handle = f"4::{base64.b64encode(session.type.encode()).decode()}:ARY{drawn}:e:1795275600:1:100:ARbx"
        self.handles[handle] = _TYPES[session.type]
        return {"h": handle}
