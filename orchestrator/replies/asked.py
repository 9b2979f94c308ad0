"""What the agent answers to the questions of a reply: read by its type, or named as what does not fit. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from orchestrator.catalog.text import strip_controls
from orchestrator.domain.errors import InputError, Unfit, did_you_mean, mark
from orchestrator.replies.missing import OPEN_PLACE, lacking
from orchestrator.replies.model import AskType
from orchestrator.schema import nest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from orchestrator.replies.missing import Missing
    from orchestrator.replies.model import Ask, Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What an agent said, by the path that asks for it: the `values` that fit, and why the others do not.

    `reply` is as the customer's language has it, and so are the choices; conditions know those by the `original`'s.
    """

    reply: Reply
    original: Reply
    values: Mapping[str, Any]
    unfit: Mapping[str, Missing]

    @property
    def own(self) -> dict[str, Any]:
        """The values nested, as data is."""
        return _nested(self.values)

    @property
    def known(self) -> dict[str, Any]:
        """The same as conditions read it."""
        return _nested({path: self._as_written(path, value) for path, value in self.values.items()})

    def in_words(self, paths: Collection[str]) -> dict[str, str]:
        """What is words among these paths, and no number or date."""
        return {
            path: value
            for path, value in self.values.items()
            if path in paths and self.reply.ask[path].type in _IN_WORDS
        }

    def _as_written(self, path: str, value: Any) -> Any:
        here, there = self.reply.ask[path], self.original.ask[path]
        return there.choices[here.choices.index(value)] if here.type is AskType.CHOICE else value


_IN_WORDS = frozenset({AskType.STRING, AskType.CHOICE})


def read_asked(reply: Reply, original: Reply, asked: Mapping[str, Any]) -> Said:
    """What the agent says; blank is not said. Raises InputError for what nobody asks for."""
    values: dict[str, Any] = {}
    unfit: dict[str, Missing] = {}
    for path, said in asked.items():
        if path not in reply.ask:
            raise InputError(
                'The reply "{reply}" does not ask for "{path}"{hint}',
                code="unknown_ask",
                remedy="It asks for: {known}." if reply.ask else "It asks for nothing.",
                reply=reply.id,
                path=path,
                hint=did_you_mean(path, reply.ask),
                known=", ".join(reply.ask),
            )
        words = "" if said is None else strip_controls(str(said))
        if not words:
            continue
        ask = reply.ask[path]
        try:
            values[path] = _READ[ask.type](words, ask, original.ask[path])
        except Unfit as error:
            unfit[path] = lacking(path, ask.label, _UNFIT, why=error.said)
    return Said(reply=reply, original=original, values=values, unfit=unfit)


_UNFIT = mark('"{label}" {why}.')


def _string(said: str, ask: Ask, _original: Ask) -> str:
    if len(said) > ask.max_length:
        raise Unfit("has {count} characters, and at most {most} fit", count=len(said), most=ask.max_length)
    if place := OPEN_PLACE.search(said):
        raise Unfit("still holds {place}", place=place[0])
    return said


def _date(said: str, _ask: Ask, _original: Ask) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise Unfit('must be a date such as 2026-11-27, not "{said}"', said=said) from error


def _number(said: str, _ask: Ask, _original: Ask) -> int | float:
    try:
        number = Decimal(said.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Unfit('must be a number, not "{said}"', said=said)
    return int(number) if number == number.to_integral_value() else float(number)


def _choice(said: str, ask: Ask, original: Ask) -> str:
    """In the customer's words, in whichever language it was chosen."""
    for choices in (ask.choices, original.choices):
        if said in choices:
            return ask.choices[choices.index(said)]
    raise Unfit('must be one of {choices}, not "{said}"', choices=", ".join(ask.choices), said=said)


_READ: Mapping[AskType, Callable[[str, Ask, Ask], Any]] = {
    AskType.STRING: _string,
    AskType.DATE: _date,
    AskType.NUMBER: _number,
    AskType.CHOICE: _choice,
}


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, value in values.items():
        nest(nested, path, value)
    return nested
