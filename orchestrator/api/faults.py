"""What pydantic found wrong in a body, as fields with a JSON pointer and a sentence that can be translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from orchestrator.documents.fields import known_keys
from orchestrator.documents.wording import either, listed_words, quoted
from orchestrator.domain.errors import FieldError, InputError, did_you_mean
from orchestrator.translations import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)

# pydantic's word, or one of our own validators → our code, and a sentence that is filled with pydantic's context.
FAULTS: Mapping[str, tuple[str, str]] = {
    "missing": ("missing_field", mark("This field is required")),
    "extra_forbidden": ("unknown_field", mark("Unknown field{hint}")),
    "string_type": ("wrong_type", mark("Use a text")),
    "dict_type": ("wrong_type", mark("Use an object")),
    "model_type": ("wrong_type", mark("Use an object")),
    "model_attributes_type": ("wrong_type", mark("Use an object")),
    "list_type": ("wrong_type", mark("Use a list")),
    "tuple_type": ("wrong_type", mark("Use a list")),
    "int_type": ("wrong_type", mark("Use a whole number")),
    "int_parsing": ("wrong_type", mark("Use a whole number")),
    "int_from_float": ("wrong_type", mark("Use a whole number")),
    "string_too_short": ("too_short", mark("Use at least {min_length} characters")),
    "string_too_long": ("too_long", mark("Use at most {max_length} characters")),
    "too_short": ("too_short", mark("Use at least {min_length} entries")),
    "too_long": ("too_long", mark("Use at most {max_length} entries")),
    "string_pattern_mismatch": ("wrong_format", mark("This is not written as it must be (pattern {pattern})")),
    "greater_than_equal": ("out_of_range", mark("Use at least {ge}")),
    "less_than_equal": ("out_of_range", mark("Use at most {le}")),
    "enum": ("unknown_value", mark("Use one of {expected}")),
    "literal_error": ("unknown_value", mark("Use one of {expected}")),
    "time_format": ("time_format", mark("Use a time with its offset, such as 2026-11-25T09:12:00-03:00")),
    "time_range": ("out_of_range", mark("Use a time of the years {first} to {last}")),
    "wall_format": (
        "time_format",
        mark("Use a local time such as 2026-12-01T09:00, or one with its offset, 2026-12-01T09:00:00-03:00"),
    ),
    "zone_word_format": ("time_zone_format", mark("Use customer, project, or a time zone such as America/Sao_Paulo")),
    "zone_needs_wall": ("zone_needs_wall", mark("zone is for a send_at without an offset, such as 2026-12-01T09:00")),
    "email_format": ("invalid_address", mark("This is not an e-mail address")),
    "phone_format": ("invalid_address", mark("This is not a phone number; write it as +5511912345678")),
    "push_token_format": ("invalid_address", mark("This is not a push token: 8 to 4,096 visible ASCII characters")),
    "time_zone_format": ("time_zone_format", mark("Use a time zone such as America/Sao_Paulo")),
    "locale_format": ("locale_format", mark("Use a language such as pt-BR")),
    "cursor_format": ("wrong_value", mark("Use the next_cursor of the page before")),
    "customer_named_once": (
        "customer_named_once",
        mark("Name the customer in exactly one way: id, email, phone, or external_id with its source"),
    ),
    "person_named_once": ("customer_named_once", mark("Name the person in exactly one way: customer, or user_id")),
    "consent_named": (
        "missing_field",
        mark("A grant names its topic and its channels; only a withdrawal may be about all of them"),
    ),
    "order_named_once": ("order_named_once", mark("Name the order once: as order_id, or under objects")),
    "subject_unless_all": (
        "subject_unless_all",
        mark("Name which one in subject; the scope all has none"),
    ),
    "chosen_once": ("chosen_once", mark("Choose events in exactly one way: ids, type, or all")),
    "reason_if_refused": ("reason_if_refused", mark("Give a reason for a refusal, and for nothing else")),
    "fact_value": ("wrong_type", mark("Use a text, a number, true or false")),
    "channels_named_once": ("channels_named_once", mark("Name channels under all or first_reachable, each only once")),
    "attribute_name": (
        "unknown_field",
        mark("The name of a CloudEvents attribute is lower-case letters and digits{hint}"),
    ),
    "json_data": ("json_data", mark("Only JSON data is read")),
    "storable_text": ("unstorable_text", mark("This text holds a character that cannot be stored")),
    "storable_number": ("unstorable_number", mark("This number is too large")),
}


QUERY = "?"
"""Where the query is, in the place of a pointer."""


def fault(kind: str, **params: object) -> NoReturn:
    """Refuse a value, in a validator."""
    raise PydanticCustomError(kind, FAULTS[kind][1], params)


def as_model(model: type[M], document: object, *, at: str = "#") -> M:
    """A document as one of our models.

    Args:
        model: what it must be.
        document: parsed JSON.
        at: the pointer of the document in the whole body.

    Raises:
        InputError: every field that is wrong.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        fields = [_field(details, model, document, at) for details in _said_once(error.errors(include_url=False))]
        raise refused(fields) from None


def refused(fields: list[FieldError]) -> InputError:
    """One error for all fields."""
    template = "{pointer}: {first}" if len(fields) == 1 else mark("{count} problems in the body.")
    return InputError(template, fields=fields, count=len(fields), pointer=fields[0].pointer, first=fields[0])


def pointer(at: str, *parts: str | int) -> str:
    """A JSON pointer below another (RFC 6901); of a query, `?limit`."""
    if at == QUERY:
        return QUERY + "".join(str(part) for part in parts[:1])
    return "/".join([at, *(str(part).replace("~", "~0").replace("/", "~1") for part in parts)])


def _said_once(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that are too short only because pydantic leaves out the entries that are wrong."""
    return [
        one
        for one in errors
        if one["type"] != "too_short"
        or not any(other["loc"][: len(one["loc"])] == one["loc"] for other in errors if other is not one)
    ]


def _field(details: ErrorDetails, model: type[BaseModel], document: object, at: str) -> FieldError:
    kind, params = details["type"], dict(details.get("ctx", {}))
    path = tuple(part for part in details["loc"] if part != "[key]")
    if kind in ("extra_forbidden", "attribute_name"):
        name = str(params.get("name", path[-1] if path else ""))
        holder = path if kind == "attribute_name" else path[:-1]
        path = (*holder, name)
        params = {"hint": did_you_mean(name, known_keys(model, holder, _inside(document, holder)))}
    if expected := listed_words(str(params.get("expected", ""))):
        params["expected"] = either(tuple(map(quoted, expected)))
    # A word of a later pydantic: better its own English than nothing.
    code, template = FAULTS.get(kind, ("wrong_value", "{said}"))
    return FieldError(
        pointer=pointer(at, *path), code=code, template=template, params={"said": details["msg"], **params}
    )


def _inside(document: Any, path: tuple[str | int, ...]) -> Mapping[str, Any]:  # any JSON value
    for part in path:
        document = document[part]
    return document if isinstance(document, dict) else {}
