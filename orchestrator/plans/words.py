"""Which messages a release says in other words: their own copy differs, or a fact that they state, or the voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.plans.differences import What

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from orchestrator.plans.differences import Change
    from orchestrator.release import Release

_FACTS: Mapping[str, str] = {"offer": "offers", "delivery": "promises.delivery", "policy": "policies"}
"""What the path of a fact begins with, by the kind of thing that it is read from."""

_SPOKEN = ("formats", "channels", "locales")
"""What of the voice customers read; its rules and terms are for those who write."""


def reworded(before: Release, changes: Iterable[Change]) -> list[str]:
    """The messages that there are and that will be said otherwise, or not any more, in order."""
    differing = [one for one in changes if one.what is not What.ADDED]
    if any(one.kind == "voice" and any(value.path.startswith(_SPOKEN) for value in one.values) for one in differing):
        return sorted(before.messages)
    own = {one.id for one in differing if one.kind == "message"}
    facts = tuple(f"{_FACTS[one.kind]}.{one.id}." for one in differing if one.kind in _FACTS)
    return sorted(
        name
        for name, published in before.messages.items()
        if name in own or any(f"{path}.".startswith(facts) for path in published.claimed.facts)
    )
