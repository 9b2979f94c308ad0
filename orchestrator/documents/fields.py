"""Which keys a model knows at a place in a document. Asked only after a mistake, to say what was probably meant."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, RootModel

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

# Keys and indexes from the top of a document down to one value.
KeyPath = tuple[str | int, ...]


def known_keys(model: type[BaseModel], path: KeyPath, mapping: Mapping[str, Any]) -> list[str]:
    """The keys of the model that describes the mapping at `path`.

    Where a union offers several models, those count that the mapping resembles most.
    """
    models = list(dict.fromkeys(_models_at(model, path)))
    scores = [_resemblance(candidate, mapping) for candidate in models]
    best = [candidate for candidate, score in zip(models, scores, strict=True) if score == max(scores)]
    return list(dict.fromkeys(key for candidate in best for key in _keys(candidate)))


def all_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys of every model that could stand at `path`."""
    return list(dict.fromkeys(key for candidate in _models_at(model, path) for key in _keys(candidate)))


def telling_keys(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys that tell the models at `path` apart: each is required by one of them, and unknown to all others."""
    models = [_keys(candidate) for candidate in dict.fromkeys(_models_at(model, path))]
    return [
        key
        for keys in models
        for key, field in keys.items()
        if field.is_required() and sum(key in others for others in models) == 1
    ]


def _models_at(model: type[BaseModel], path: KeyPath) -> Iterator[type[BaseModel]]:
    annotations: list[Any] = [model]
    for part in path:
        annotations = [inner for outer in annotations for inner in _inside(outer, part)]
    for annotation in annotations:
        for member in _members(annotation):
            if isinstance(member, type) and issubclass(member, BaseModel):
                yield member


def _inside(annotation: Any, part: str | int) -> Iterator[Any]:  # an annotation can be any object
    """The annotations of what an annotated value holds under a key or index."""
    for member in _members(annotation):
        origin, arguments = get_origin(member), get_args(member)
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield from (field.annotation for key, field in _keys(member).items() if key == part)
        elif not isinstance(origin, type) or not arguments:
            continue
        elif issubclass(origin, Mapping):
            yield arguments[-1]
        elif origin is tuple and len(arguments) > 1 and arguments[-1] is not Ellipsis:
            yield from arguments[part : part + 1] if isinstance(part, int) else ()
        elif issubclass(origin, Sequence | AbstractSet) and isinstance(part, int):
            yield arguments[0]


def _members(annotation: Any) -> Iterator[Any]:  # an annotation can be any object
    """What an annotation comes down to: without `Annotated`, alias, root model and union around it."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _members(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for argument in get_args(annotation):
            yield from _members(argument)
    elif hasattr(annotation, "__value__"):  # a TypeAliasType, which Python 3.11 has in typing_extensions only
        yield from _members(annotation.__value__)
    elif isinstance(annotation, type) and issubclass(annotation, RootModel):
        yield from _members(annotation.model_fields["root"].annotation)
    else:
        yield annotation


def _keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {_key(name, field): field for name, field in model.model_fields.items()}


def _key(name: str, field: FieldInfo) -> str:
    """The key as YAML writes it."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        alias = next((choice for choice in alias.choices if isinstance(choice, str)), None)
    return alias if isinstance(alias, str) else name


def _resemblance(model: type[BaseModel], mapping: Mapping[str, Any]) -> tuple[bool, int]:
    """Whether the mapping contradicts no `Literal` of the model, then how many of its keys the model knows."""
    known = _keys(model)
    agrees = all(
        mapping[key] in get_args(field.annotation)
        for key, field in known.items()
        if key in mapping and get_origin(field.annotation) is Literal
    )
    return agrees, sum(key in known for key in mapping)
