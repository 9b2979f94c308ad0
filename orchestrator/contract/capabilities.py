"""What a provider can do, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator.domain.customer import Channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Capabilities:
    """What a provider can do: checked against every message before anything is sent.

    `channels` are those that it can speak. Lengths are in characters, None where the provider sets no limit;
    `payload_bytes_max` bounds a whole request. `html`, `title` and `media` are parts of a message that it shows.
    `templates`: outside an open conversation it takes approved templates only. `devices_max` is how many addresses of
    one customer go into one send; `subscriptions` says which of a customer's devices: browsers (true), apps (false), or
    any (None). `ttl_seconds` is the shortest and longest time after which it gives up a message by
    itself, None where it cannot be told. `looks_up`: it can be asked whether it knows a reference. `idempotent`: it
    refuses the same reference twice. `receives`: it tells at `/hooks/{account}` what became of messages. `hears`: it
    brings there what people write. `per_second` is how many calls a second it takes by its own documentation.
    `local`: nothing leaves this machine, so made-up addresses are safe (replay, demo, simulate).
    """

    channels: frozenset[Channel]
    text_length_max: int | None = None
    subject_length_max: int | None = None
    title_length_max: int | None = None
    payload_bytes_max: int | None = None
    buttons_max: int | None = None
    button_length_max: int | None = None
    html: bool = False
    title: bool = False
    media: bool = False
    templates: bool = False
    devices_max: int = 1
    subscriptions: bool | None = None
    ttl_seconds: tuple[int, int] | None = None
    per_second: float | None = None
    looks_up: bool = False
    receives: bool = False
    hears: bool = False
    idempotent: bool = False
    local: bool = False
