"""Where each value of a JSON text stands, so that an error of a field can be told by line and column."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True)
class Places:
    """A text of valid JSON, and where in it every value begins; of a field of an object, where its name does."""

    text: str
    offsets: Mapping[str, int]

    def of(self, pointer: str) -> tuple[int, int]:
        """Line and column of what an RFC 6901 pointer such as `#/data/order_id` names, or else of what it would be in.

        Both count from 1.
        """
        while pointer not in self.offsets and pointer != "#":
            pointer = pointer.rpartition("/")[0]
        offset = self.offsets.get(pointer, 0)
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)


def places_in(text: str) -> Places:
    """The places of a text that is known to be JSON."""
    offsets: dict[str, int] = {}
    around: list[_Container] = []
    for token in _TOKEN.finditer(text):
        sign = token.group()
        if sign in "]}":
            around.pop()
        elif sign == ",":
            around[-1].passed()
        elif around and around[-1].awaits_name:
            around[-1].name = json.loads(sign)
            offsets[around[-1].pointer] = token.start()
        elif sign != ":":
            pointer = around[-1].pointer if around else "#"
            offsets.setdefault(pointer, token.start())
            if sign in "[{":
                around.append(_Container(pointer, is_object=sign == "{"))
    return Places(text, offsets)


@dataclass(slots=True)
class _Container:
    """A list or an object that is being read, and where in it we are."""

    within: str
    is_object: bool
    place: int = 0
    name: str | None = field(default=None)

    @property
    def awaits_name(self) -> bool:
        """Whether the next text is the name of a field."""
        return self.is_object and self.name is None

    @property
    def pointer(self) -> str:
        """What is read now."""
        part = str(self.place) if self.name is None else self.name
        return f"{self.within}/{part.replace('~', '~0').replace('/', '~1')}"

    def passed(self) -> None:
        """A comma: the next one comes."""
        self.place, self.name = self.place + 1, None
