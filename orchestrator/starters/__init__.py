"""Starters: journeys that are ready to be copied into a project, with all that they need to be checked and tested.

What only a starter has lies in the folder of its name, as in a project's `templates/`; the rest is the sample shop's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.folder import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent
_SHOP = SHIPPED / "templates"


@dataclass(frozen=True, kw_only=True, slots=True)
class Starter:
    """A journey of this name. `takes`: files of the sample shop that it needs, without their ending.

    `says_anew`: journeys of the sample shop that say some of the same; with both, customers would be told twice.
    """

    name: str
    takes: tuple[str, ...]
    says_anew: tuple[str, ...] = ()

    def files(self) -> dict[str, Path]:
        """Where each file goes, below the project's `templates/`, and what it is a copy of; translations too."""
        own = {path.relative_to(FOLDER / self.name).as_posix(): path for path in _yaml(FOLDER / self.name)}
        taken = {path.relative_to(_SHOP).as_posix(): path for path in self._taken()}
        return {**taken, **own}

    def _taken(self) -> Iterator[Path]:
        for one in self.takes:
            folder, _, stem = one.partition("/")
            yield _SHOP / folder / f"{stem}.yaml"
            yield from sorted((_SHOP / folder).glob(f"{stem}.*.yaml")) if folder == "messages" else ()


def _yaml(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))


STARTERS = {
    one.name: one
    for one in (
        Starter(
            name="abandoned_cart",
            takes=(
                "messages/cart_offer",
                "messages/cart_reminder",
                "events/cart.updated",
                "events/order.placed",
                "facts/offers",
                "personas/ana",
                "personas/gui",
            ),
        ),
        Starter(
            name="deadline_reminder",
            takes=(
                "messages/deadline_reminder",
                "events/order.placed",
                "facts/offers",
                "personas/ana",
            ),
        ),
        Starter(
            name="post_purchase",
            takes=(
                "messages/csat_survey",
                "messages/order_cancelled",
                "messages/order_confirmed",
                "messages/order_delayed",
                "messages/order_delivered",
                "messages/order_late",
                "messages/order_lost",
                "messages/order_shipped",
                "events/order.cancelled",
                "events/order.placed",
                "events/shipment.delivered",
                "events/shipment.dispatched",
                "events/shipment.estimate_missed",
                "events/shipment.eta_changed",
                "events/shipment.lost",
                "events/support.requested",
                "events/survey.due",
                "events/survey.fair",
                "events/survey.good",
                "events/survey.poor",
                "events/ticket.closed",
                "facts/promises",
                "personas/ana",
            ),
            says_anew=("orders_simple",),
        ),
        Starter(
            name="win_back",
            takes=(
                "messages/preference_checkin",
                "messages/win_back",
                "events/order.placed",
                "events/ticket.closed",
                "events/ticket.opened",
                "facts/offers",
                "personas/ana",
            ),
        ),
    )
}
