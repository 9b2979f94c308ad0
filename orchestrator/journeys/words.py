"""What a step does and why somebody goes a way, in a few words: for the boxes and lines of maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orchestrator.domain.errors import mark

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.journeys.tree import Way

# What a step does, by its key; the first ones are what begins a journey.
STEPS: Final = {
    "trigger": mark("begins with"),
    "quiet": mark("begins after silence"),
    "schedule": mark("begins by the calendar"),
    "enters": mark("begins who enters"),
    "send": mark("send"),
    "wait": mark("wait"),
    "wait_for": mark("wait for"),
    "watch": mark("watch until"),
    "branch": mark("part by conditions"),
    "split": mark("part by chance"),
    "update": mark("change the profile"),
    "emit": mark("say that something happened"),
    "alert": mark("tell a team"),
    "handoff": mark("hand to a person"),
    "exit": mark("end"),
}

# Why somebody goes a way of a journey.
WAYS: Final = {
    "when": mark("if {about}"),
    "otherwise": mark("otherwise"),
    "share": "{about}",
    "timeout": mark("once, after {about}"),
    "react": mark("each time: {about}"),
    "met": mark("it came"),
    "given_up": mark("in vain after {about}"),
}


def way_words(one: Way, say: Callable[[str], str]) -> str:
    """The terms of a way."""
    return say(WAYS[one.kind]).format(about=one.about)
