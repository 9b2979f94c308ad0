"""Which addresses a call may connect to when its URL was written in a recipe (server-side request forgery)."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from orchestrator.domain.errors import Phrase

if TYPE_CHECKING:
    from yarl import URL

# IPv6 forms that carry an IPv4 address: what counts is the address inside.
_NAT64 = IPv6Network("64:ff9b::/96")
# Special networks (IANA) that the standard library of Python 3.11 takes for public.
_SPECIAL = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, retired
    IPv6Network("::/96"),  # IPv4-compatible, retired
    IPv6Network("64:ff9b:1::/48"),  # NAT64 run locally
    IPv6Network("2001::/23"),  # protocol assignments: ORCHID, benchmarking
    IPv6Network("3fff::/20"),  # documentation
    IPv6Network("5f00::/16"),  # segment routing
)


class AddressRefused(PermissionError):
    """The name of a guarded call leads to an address that is not public."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """What a guarded call may reach: https on the usual port, and public addresses only."""

    scheme: str = "https"
    ports: frozenset[int] = frozenset({443})

    def objection(self, url: URL) -> str:
        """Why this URL is not called at all, or nothing."""
        if url.scheme != self.scheme:
            return Phrase("{scheme} is not {wanted}", scheme=url.scheme, wanted=self.scheme)
        if url.port not in self.ports:
            return Phrase("port {port} is not open to recipes", port=url.port)
        return ""

    def open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """The socket for one resolved address, as aiohttp's `socket_factory`.

        The check stands here because this is the very address that will be connected to: whatever a name resolves
        to the next time, and however the URL spelled it, nothing private is dialled.
        """
        family, kind, protocol, _, destination = address
        reason = not_public(destination[0])
        if reason:
            raise AddressRefused(f"{destination[0]} is {reason}")
        return socket.socket(family, kind, protocol)


def not_public(text: str) -> str:
    """What makes this address private, or nothing when it is a public host's."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return "not an address"
    inner = _inner(address)
    return _kind(address if inner is None else inner)


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _kind(address: IPv4Address | IPv6Address) -> str:
    """The first property that a public host's address does not have, in words."""
    properties = (
        (address.is_unspecified, "unspecified"),
        (address.is_loopback, "loopback"),
        (address.is_link_local, "link-local"),
        (address.is_multicast, "multicast"),
        (isinstance(address, IPv6Address) and address.is_site_local, "site-local"),
        (address.is_reserved, "reserved"),
        (address.is_private, "private"),
        # Shared address space (carrier-grade NAT) is neither private nor global to the standard library.
        (not address.is_global, "not global"),
        (any(address in network for network in _SPECIAL), "special"),
    )
    return next((word for holds, word in properties if holds), "")
