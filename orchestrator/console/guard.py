"""Who may look. The inbox shows addresses, so until there are console sessions it opens on this machine alone.

There is no setting that opens it: whoever runs the server elsewhere reaches it through a tunnel, and is a person of
that machine then.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from yarl import URL

from orchestrator.domain.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

# A proxy on this machine would make the whole world look local. Those that say what they are, are believed.
_PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def require_local(arrived_at: object, host: str, headers: Mapping[str, str]) -> None:
    """Refuse a request that did not come straight from a browser on this machine. Raises Refused.

    Args:
        arrived_at: the server's own end of the connection, as the socket names it.
        host: the `Host` header. Somebody else's page whose name was pointed at 127.0.0.1 carries its own name here.
        headers: all headers.
    """
    local = isinstance(arrived_at, tuple) and _is_loopback(str(arrived_at[0])) and _names_loopback(host)
    if not local or any(name in headers for name in _PROXY_HEADERS):
        raise Refused(
            "This page shows addresses, so it opens only in a browser on the machine that runs Jogral.",
            remedy="Open it there as http://localhost, or through a tunnel: ssh -L 8080:localhost:8080 your-server",
        )


def _names_loopback(host: str) -> bool:
    try:
        name = URL.build(scheme="http", authority=host).host or ""
    except ValueError:
        return False
    return name.rstrip(".").lower() == "localhost" or _is_loopback(name)


def _is_loopback(name: str) -> bool:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    # A server that listens on [::] meets IPv4 in this disguise.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
