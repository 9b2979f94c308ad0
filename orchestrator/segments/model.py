"""The YAML of a segment: a filter made of tests, and `all`, `any` and `not` around them.

It is closed on purpose: each part of it is a condition of one SQL query, so that a segment of a million customers is
counted, paged and sampled by the database (decisions, section 3). What an operand lacks makes a test false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from orchestrator.domain.customer import Channel, ConsentState
from orchestrator.domain.errors import Unfit
from orchestrator.schema import ClockDuration, Dotted, Identifier, Schema
from orchestrator.segments.operators import Operator, fitting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TESTS_MAX = 50
"""Tests of one segment: a filter that nobody can read is one that nobody can check."""

DEPTH_MAX = 8

CUSTOMER = "customer"
"""The root of the fields that are tested outside of `where`."""

EVENT = "event"
"""The root of the fields of an event's own data."""


class AllOf(Schema):
    """True where all of its parts are."""

    all: Annotated[tuple[Filter, ...], Field(min_length=1)]

    def parts(self) -> Iterator[tuple[tuple[str | int, ...], Filter]]:
        return ((("all", place), part) for place, part in enumerate(self.all))


class AnyOf(Schema):
    """True where one of its parts is."""

    any: Annotated[tuple[Filter, ...], Field(min_length=1)]

    def parts(self) -> Iterator[tuple[tuple[str | int, ...], Filter]]:
        return ((("any", place), part) for place, part in enumerate(self.any))


class Not(Schema):
    """True where its part is false, also because an operand is missing."""

    not_: Annotated[Filter, Field(alias="not")]

    def parts(self) -> Iterator[tuple[tuple[str | int, ...], Filter]]:
        yield ("not",), self.not_


class FieldTest(Schema):
    """A value of the customer (`customer.orders_count`), or in a `where` of the event or the object, compared.

    `op` is one of `operators.OPERATORS`, each of which takes a `value` of its own kind.
    """

    field: Dotted
    op: Operator
    value: Any = None

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        wrong = fitting(self.op, self.value)
        if wrong is not None:
            raise wrong.at("value")
        return self

    @property
    def root(self) -> str:
        """What the field belongs to: `customer`, `event`, or a kind of object."""
        return self.field.partition(".")[0]

    @property
    def keys(self) -> tuple[str, ...]:
        """The way from there to the value."""
        return tuple(self.field.split(".")[1:])


class Happened(Schema):
    """An event of the customer, within so long (without it: ever), as often as `at_least` says."""

    event: Dotted
    within: ClockDuration | None = None
    at_least: Annotated[int, Field(ge=1, le=10_000)] = 1
    where: Filter | None = None


class Owns(Schema):
    """An object that is the customer's: an order, a cart, a ticket; as many as `at_least` says."""

    object: Identifier
    at_least: Annotated[int, Field(ge=1, le=10_000)] = 1
    where: Filter | None = None


class Consented(Schema):
    """What the customer said about a topic: on this channel, or on any."""

    consent: Identifier
    state: ConsentState = ConsentState.GRANTED
    channel: Channel | None = None


class Engaged(Schema):
    """A message that the customer was sent and that came at least so far, within so long since it was due."""

    engaged: Literal["sent", "delivered", "read", "clicked"]
    message: Identifier | None = None
    topic: Identifier | None = None
    channel: Channel | None = None
    within: ClockDuration | None = None


KINDS: Mapping[str, type[Schema]] = {
    "all": AllOf,
    "any": AnyOf,
    "not": Not,
    "field": FieldTest,
    "event": Happened,
    "object": Owns,
    "consent": Consented,
    "engaged": Engaged,
}
"""Key of a part → what it is."""


def kind_of(part: Any) -> str | None:
    """Which of `KINDS` a part is, by its one key; None when it has none of them, or several."""
    if isinstance(part, Schema):
        return next(kind for kind, model in KINDS.items() if isinstance(part, model))
    found = [kind for kind in KINDS if isinstance(part, dict) and kind in part]
    return found[0] if len(found) == 1 else None


def _no_expression(value: Any) -> Any:
    """Journeys ask in CEL, and so did sketches of segments: who writes that here learns what to write instead."""
    if isinstance(value, str):
        raise Unfit(
            "is a filter here, not an expression: write `{{field: customer.orders_count, op: at_least, value: 1}}`,"
            " with `all`, `any` and `not` around several"
        )
    return value


Filter = Annotated[
    Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[FieldTest, Tag("field")]
    | Annotated[Happened, Tag("event")]
    | Annotated[Owns, Tag("object")]
    | Annotated[Consented, Tag("consent")]
    | Annotated[Engaged, Tag("engaged")],
    Discriminator(kind_of),
]


class Segment(Schema):
    """`templates/segments/<id>.yaml`: the customers whom a filter fits, at whatever moment it is asked."""

    kind: Literal["segment"]
    id: Identifier
    title: str
    owner: str
    where: Annotated[Filter, BeforeValidator(_no_expression)]

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        placed = list(self.placed())
        if len(placed) > TESTS_MAX:
            raise Unfit("has {count} parts; at most {most} are allowed", count=len(placed), most=TESTS_MAX).at("where")
        for path, part, root in placed:
            if sum(isinstance(key, str) for key in path) > DEPTH_MAX:
                raise Unfit("stands too deep: at most {most} levels are allowed", most=DEPTH_MAX).at(*path)
            _ensure_in_place(path, part, root)
        return self

    def placed(self) -> Iterator[tuple[tuple[str | int, ...], Filter, str]]:
        """Every part with its path through the file and the root of what it may test there, outermost first."""
        return _placed(("where",), self.where, CUSTOMER)

    def tests(self) -> Iterator[tuple[tuple[str | int, ...], FieldTest]]:
        """Every comparison of a field."""
        return ((path, part) for path, part, _ in self.placed() if isinstance(part, FieldTest))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the customer that it reads, each once: what tells why somebody is in it."""
        named = (part.field for _, part in self.tests() if part.root == CUSTOMER)
        return tuple(dict.fromkeys(named))


EVERYBODY: Filter = FieldTest(field="customer.id", op="exists")


def _placed(
    path: tuple[str | int, ...], part: Filter, root: str
) -> Iterator[tuple[tuple[str | int, ...], Filter, str]]:
    yield path, part, root
    match part:
        case AllOf() | AnyOf() | Not():
            for further, inner in part.parts():
                yield from _placed((*path, *further), inner, root)
        case Happened(where=where) if where is not None:
            yield from _placed((*path, "where"), where, EVENT)
        case Owns(object=kind, where=where) if where is not None:
            yield from _placed((*path, "where"), where, kind)


def _ensure_in_place(path: tuple[str | int, ...], part: Filter, root: str) -> None:
    """Raises Unfit for a field of something else, and for what is asked of a customer within an event or an object."""
    if isinstance(part, FieldTest):
        if part.root != root:
            raise Unfit('must begin with "{root}." here', root=root).at(*path, "field")
    elif root != CUSTOMER and not isinstance(part, (AllOf, AnyOf, Not)):
        raise Unfit("holds fields only, with `all`, `any` and `not` around them").at(*path)


for _model in (AllOf, AnyOf, Not, Happened, Owns, Segment):
    _model.model_rebuild()
