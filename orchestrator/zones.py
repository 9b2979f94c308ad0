"""Where a customer's clock is: as their profile says, else by the area code of their phone, else as the project's."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from orchestrator.domain.customer import AddressKind
from orchestrator.domain.time import zone_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.domain.customer import Customer

CUSTOMER, PROJECT = "customer", "project"
"""Zones that are looked up: the customer's own, and the project's. Any other is an IANA name."""

# Brazilian area codes, as the metadata of `phonenumbers` 9.0.43 places mobile numbers, but for one: Fernando de Noronha
# shares 81 with Recife, and so do its four thousand people with four million. Codes that are not here do not exist.
_AREA_CODES: Mapping[str, tuple[int, ...]] = {
    "America/Sao_Paulo": (
        *range(11, 20), 21, 22, 24, 27, 28, *range(31, 36), 37, 38, *range(41, 50), 51, 53, 54, 55,
        61, 62, 63, 64, 71, 73, 74, 75, 77, 79, *range(82, 90), 91, 96, 98, 99,
    ),
    "America/Recife": (81,),
    "America/Manaus": (65, 66, 67, 69, 92, 93, 94, 95, 97),
    "America/Rio_Branco": (68,),
}  # fmt: skip

_ZONES: Mapping[str, str] = {str(code): zone for zone, codes in _AREA_CODES.items() for code in codes}
_BRAZIL = "+55"


def zone_of(customer: Customer, project_zone: str) -> str:
    """The IANA name of a customer's time zone."""
    own = customer.time_zone
    if own is not None and _exists(own):
        return own
    for address in customer.addresses:
        if address.kind is AddressKind.PHONE:
            return zone_of_phone(address.value) or project_zone
    return project_zone


def is_guessed(customer: Customer) -> bool:
    """Whether nothing tells a customer's zone, though their phone says that it may not be the project's."""
    if customer.time_zone is not None and _exists(customer.time_zone):
        return False
    phone = next((address.value for address in customer.addresses if address.kind is AddressKind.PHONE), None)
    return phone is not None and zone_of_phone(phone) is None


def zone_of_phone(phone: str) -> str | None:
    """Where the area code of a Brazilian E.164 phone is; None for any other phone."""
    if not phone.startswith(_BRAZIL):
        return None
    code = len(_BRAZIL)
    return _ZONES.get(phone[code : code + 2])


@lru_cache(maxsize=512)
def _exists(zone: str) -> bool:
    """A mapping may have told us a zone that nobody has: then it is as if it had told none."""
    try:
        zone_info(zone)
    except (KeyError, ValueError, OSError):
        return False
    return True
