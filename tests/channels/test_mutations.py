"""Ten thousand notices of each provider with something changed: none is believed. As they came: none is refused."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.channels import Received, adapter_names
from orchestrator.domain.errors import InputError, Refused
from tests.channels.genuine import GENUINE, NOW, SILENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from orchestrator.channels import Adapter, Notice

MUTATIONS = 10_000


def test_every_adapter_that_signs_is_tried():
    """A new adapter comes with genuine notices in `genuine.py`, or takes none."""
    assert set(GENUINE) | SILENT >= set(adapter_names())


@pytest.mark.parametrize("provider", sorted(GENUINE))
def test_what_was_changed_is_not_believed(provider):
    genuine, chance = GENUINE[provider](), random.Random(provider)
    said = {genuine.says(notice) for notice in genuine.notices}
    believed, tried = [], 0
    while tried < MUTATIONS:
        part = chance.choice(genuine.covers)
        changed = _changed(chance.choice(genuine.notices), part, genuine.notices, chance)
        if genuine.says(changed) in said:
            continue  # another way of writing what was said indeed
        tried += 1
        if _is_believed(genuine.adapter, changed):
            believed.append(changed)

    assert believed == []


@pytest.mark.parametrize("provider", sorted(GENUINE))
def test_what_is_genuine_is_not_refused(provider):
    genuine = GENUINE[provider]()
    for notice in genuine.notices:
        assert genuine.adapter.receive(notice, NOW).needs is None


@pytest.mark.parametrize("provider", sorted(GENUINE))
def test_what_is_not_signed_at_all_is_not_believed(provider):
    genuine = GENUINE[provider]()
    for notice in genuine.notices:
        for part in genuine.covers:
            for nothing in ("", "0", "\udcff"):
                bare = _put(notice, part, nothing)
                assert genuine.says(bare) == genuine.says(notice) or not _is_believed(genuine.adapter, bare)


def _is_believed(adapter: Adapter, notice: Notice) -> bool:
    """Whether anything but a refusal came of it. To ask for the document that would prove it is no belief yet."""
    try:
        received = adapter.receive(notice, NOW)
    except Refused:
        return False
    except InputError:
        return True  # it was taken for genuine before it was read
    return received != Received(needs=received.needs) or received.needs is None


def _changed(notice: Notice, part: str, others: tuple[Notice, ...], chance: random.Random) -> Notice:
    """The same with one to three edits in a part, or with that part of another one."""
    given = _get(notice, part)
    if chance.random() < 0.05:
        return _put(notice, part, _get(chance.choice(others), part))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        given = chance.choice(EDITS)(given, chance.randrange(len(given) or 1), chance)
    return _put(notice, part, given)


def _get(notice: Notice, part: str) -> str:
    """A part as text, a byte a character."""
    if part == "body":
        return notice.body.decode("latin-1")
    return notice.url if part == "url" else notice.headers.get(part, "")


def _put(notice: Notice, part: str, given: str) -> Notice:
    if part == "body":
        return replace(notice, body=given.encode("latin-1", "replace"))
    if part == "url":
        return replace(notice, url=given)
    return replace(notice, headers={**notice.headers, part: given})


def _flip(given: str, place: int, chance: random.Random) -> str:
    if not given:
        return "\0"
    return given[:place] + chr(ord(given[place]) ^ 1 << chance.randrange(7)) + given[place + 1 :]


def _drop(given: str, place: int, chance: random.Random) -> str:
    return given[:place] + given[place + chance.choice((1, 1, 8)) :]


def _insert(given: str, place: int, chance: random.Random) -> str:
    return (
        given[:place]
        + chance.choice(("&", "=", "%", "+", " ", '"', ",", "0", "a", "}", "\\", "\0", "ü"))
        + given[place:]
    )


def _repeat(given: str, place: int, chance: random.Random) -> str:
    return given[:place] + given[place : place + chance.choice((1, 4, 32))] + given[place:]


def _swap(given: str, place: int, chance: random.Random) -> str:
    other = min(place + chance.choice((1, 1, 5)), len(given) - 1)
    if other <= place:
        return given + "\0"
    return given[:place] + given[other] + given[place + 1 : other] + given[place] + given[other + 1 :]


def _cut(given: str, place: int, _chance: random.Random) -> str:
    return given[:place]


def _case(given: str, place: int, _chance: random.Random) -> str:
    return given[:place] + given[place:].swapcase()


EDITS: tuple[Callable[[str, int, random.Random], str], ...] = (
    _flip,
    _flip,
    _drop,
    _insert,
    _repeat,
    _swap,
    _cut,
    _case,
)
