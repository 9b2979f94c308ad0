"""AWS Signature Version 4: what proves to Amazon who asks. Pure: the hour is an argument.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.time import Instant

ALGORITHM = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Whose requests they are, for one service in one region. `session_token` belongs to keys that run out."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str
    session_token: str = field(default="", repr=False)

    def signed(self, method: str, url: str, headers: Mapping[str, str], body: bytes, now: Instant) -> dict[str, str]:
        """The headers with those that prove them, body and URL. `Host` is signed as every client writes it."""
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now // 1000))
        proven = {**headers, "X-Amz-Date": stamp}
        if self.session_token:
            proven["X-Amz-Security-Token"] = self.session_token
        lines = {name.lower(): " ".join(value.split()) for name, value in proven.items()} | {"host": _host(url)}
        names = ";".join(sorted(lines))
        canonical = "\n".join(
            (
                method,
                quote(urlsplit(url).path or "/", safe="/-_.~%"),
                _query(url),
                "".join(f"{name}:{lines[name]}\n" for name in sorted(lines)),
                names,
                hashlib.sha256(body).hexdigest(),
            )
        )
        scope = f"{stamp[:8]}/{self.region}/{self.service}/aws4_request"
        told = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = _key(self.secret_key, stamp[:8], self.region, self.service)
        signature = hmac.new(key, told.encode(), hashlib.sha256).hexdigest()
        authorization = (
            f"{ALGORITHM} Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return {**proven, "Authorization": authorization}


@lru_cache(maxsize=16)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for said in (day, region, service, "aws4_request"):
        key = hmac.new(key, said.encode(), hashlib.sha256).digest()
    return key


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    bracketed = f"[{host}]" if ":" in host else host
    port = parts.port
    return bracketed if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f"{bracketed}:{port}"


def _query(url: str) -> str:
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(pairs))
