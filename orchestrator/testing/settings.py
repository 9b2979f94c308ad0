"""What an adapter is: a frozen value, that shows no secret, and whose capabilities agree with what it does."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from orchestrator.contract.calls import DeviceCalls
from orchestrator.contract.capabilities import Capabilities
from orchestrator.contract.notices import Notice
from orchestrator.domain.errors import NotFound, Refused
from orchestrator.testing.specimens import NOW, REFERENCE
from orchestrator.testing.subject import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.testing.subject import Subject

_SECRET_NAME = re.compile(r"token|secret|password|private|credential|api_?key|auth", re.IGNORECASE)
_PUBLIC_NAME = re.compile(r"url|header|_at\Z|name|id\Z", re.IGNORECASE)
# A shorter secret stands in other words by chance.
_TELLING = 4


def it_is_a_value(subject: Subject) -> Iterator[Fault]:
    """A frozen dataclass, equal to another one of the same settings."""
    adapter = subject.adapter
    if not dataclasses.is_dataclass(adapter):
        yield Fault("value", "it is no dataclass: its fields are its settings")
        return
    if not type(adapter).__dataclass_params__.frozen:
        yield Fault("value", "it can be changed: write @dataclass(frozen=True, kw_only=True)")
    if subject.twin() != adapter:
        yield Fault("value", "two of equal settings are not equal: exclude what it works out with compare=False")


def it_keeps_its_secrets(subject: Subject) -> Iterator[Fault]:
    """Nothing that a person may not read stands in what logs and tracebacks show."""
    shown = repr(subject.adapter)
    # A key with a secret of its own is half of a pair, and the public one.
    has_half = any(item.name == "api_secret" and not item.repr for item in dataclasses.fields(subject.adapter))  # type: ignore[arg-type]
    for item in dataclasses.fields(subject.adapter):  # type: ignore[arg-type]
        value = getattr(subject.adapter, item.name)
        if not item.init or not isinstance(value, str) or not value:
            continue
        if not item.repr and len(value) >= _TELLING and value in shown:
            yield Fault("secrets", f"repr shows the value of {item.name}")
        if item.repr and _SECRET_NAME.search(item.name) and not _PUBLIC_NAME.search(item.name) and not has_half:
            yield Fault("secrets", f"repr shows {item.name}: write field(repr=False)")
    called = repr(subject.call())
    for name, value in subject.secrets().items():
        if len(value) >= _TELLING and value in called:
            yield Fault("secrets", f"the repr of its call shows the value of {name}")


def its_capabilities_agree(subject: Subject) -> Iterator[Fault]:
    """What it says of itself is what it does."""
    adapter, can = subject.adapter, subject.adapter.can
    if not isinstance(can, Capabilities) or can != subject.twin().can:
        yield Fault("capabilities", "`can` is no Capabilities, or another one each time")
        return
    if adapter.channel not in can.channels:
        yield Fault("capabilities", f"it was made for {adapter.channel}, which `can.channels` does not name")
    for name in ("text_length_max", "subject_length_max", "title_length_max", "payload_bytes_max",
                 "button_length_max", "per_second", "devices_max"):  # fmt: skip
        limit = getattr(can, name)
        if limit is not None and limit <= 0:
            yield Fault("capabilities", f"{name} is {limit}: None says that there is no limit")
    if can.ttl_seconds is not None and not 0 <= can.ttl_seconds[0] <= can.ttl_seconds[1]:
        yield Fault("capabilities", f"ttl_seconds is {can.ttl_seconds}: the shortest comes first")
    if (adapter.look_up(REFERENCE) is not None) != can.looks_up:
        yield Fault("capabilities", f"looks_up is {can.looks_up}, and look_up gives {adapter.look_up(REFERENCE)!r}")
    if can.devices_max > 1 and not isinstance(subject.call(), DeviceCalls):
        yield Fault("capabilities", f"devices_max is {can.devices_max}, and its call goes to one: return DeviceCalls")
    yield from _what_it_hears(subject)


def _what_it_hears(subject: Subject) -> Iterator[Fault]:
    adapter, can = subject.adapter, subject.adapter.can
    try:
        adapter.receive(Notice(method="POST", headers={}, body=b"{}"), NOW)
    except NotFound:
        if can.receives or can.hears:
            yield Fault("capabilities", "it says that it receives or hears, and takes no callbacks")
    except Refused:
        pass
    except Exception:  # noqa: BLE001, S110  # what it believes is looked at elsewhere
        pass


CHECKS = (it_is_a_value, it_keeps_its_secrets, its_capabilities_agree)
