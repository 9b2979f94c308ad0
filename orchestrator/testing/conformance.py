"""The suite that every channel adapter has to pass: ours, and those in a project's own `channels/`.

    from pathlib import Path

    from orchestrator.channels import build_adapter
    from orchestrator.domain.customer import Channel
    from orchestrator.testing import exercise_channel


    def test_our_provider():
        adapter = build_adapter("sms_mine", Channel.SMS, {"token": "secret-of-the-test"})
        exercise_channel(adapter, recorded=Path("tests/recorded/sms_mine"))

Nothing is carried: while it runs, sockets, files and processes are refused. It takes about a second.
"""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.testing import answering, hearing, sending, settings, specimens
from orchestrator.testing.recorded import recorded_in
from orchestrator.testing.subject import Fault, Subject
from orchestrator.testing.subscriptions import subscription
from orchestrator.testing.watching import ReachedOutError, Watch, nothing_is_read, nothing_leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from orchestrator.contract.adapter import Adapter
    from orchestrator.testing.recorded import Recorded

__all__ = ["Fault", "channel_faults", "exercise_channel"]

# In the order in which somebody would mend them: what it is, what it sends, what it understands, whom it believes.
_FAMILIES = (settings, sending, answering, hearing)


def exercise_channel(adapter: Adapter, *, recorded: Path | Iterable[Recorded] | None = None, address: str = "") -> None:
    """Try an adapter with everything that may happen to it.

    Args:
        adapter: one account, as `build_adapter` makes it; its secrets are values of a test.
        recorded: genuine answers and notices of the provider with what they mean: a folder of JSON files
            (`orchestrator.testing.recorded` says how they are written), or the values themselves.
        address: one that the provider would take, where its own are not an e-mail address, a phone or a token.

    Raises:
        AssertionError: with every fault that was found, a sentence each.
    """
    found = channel_faults(adapter, recorded=recorded, address=address)
    if found:
        named = f"{type(adapter).__module__}, {adapter.channel}"
        counted = "1 fault" if len(found) == 1 else f"{len(found)} faults"
        raise AssertionError("\n".join((f"{named}: {counted}", *(f"- {fault}" for fault in found))))


def channel_faults(
    adapter: Adapter, *, recorded: Path | Iterable[Recorded] | None = None, address: str = ""
) -> list[Fault]:
    """What `exercise_channel` would complain of: one fault of a kind, with the first case that showed it."""
    known = recorded_in(recorded) if isinstance(recorded, Path) else list(recorded or ())
    subject = Subject(adapter=adapter, recorded=tuple(known), address=address or _an_address(adapter))
    watch = Watch()
    found: list[Fault] = []
    with nothing_leaves(watch):
        for family in _FAMILIES:
            for check in family.CHECKS:
                found += _tried(check, subject)
        with nothing_is_read(watch):
            for once in (sending.once, answering.once):
                with contextlib.suppress(Exception):  # what it raises is told above
                    for _ in once(subject):
                        pass
    found += [
        Fault("io", f"it reached for {what}: an adapter returns a call, and the transport carries it")
        for what in watch.reached
    ]
    found += [
        Fault("pure", f"it read {what}: the hour and chance are arguments, settings are fields") for what in watch.read
    ]
    return _one_of_a_kind(found)


def _an_address(adapter: Adapter) -> str:
    """A browser's subscription where the provider takes nothing else for a push address; else the channel's own."""
    if adapter.channel is not Channel.PUSH:
        return ""
    try:
        adapter.call(specimens.delivery(adapter.channel), specimens.NOW, specimens.chance(1))
    except InputError:
        return subscription()
    return ""


def _tried(check: Callable[[Subject], Iterator[Fault]], subject: Subject) -> list[Fault]:
    """A check's faults; one that breaks the check itself is a fault as well."""
    found: list[Fault] = []
    try:
        for fault in check(subject):
            found.append(fault)  # noqa: PERF402  # what was found before it broke stays found
    except ReachedOutError:
        pass  # the watch has written it down
    except Exception as error:  # noqa: BLE001  # whatever an adapter raises where nothing may be raised
        name = check.__name__.replace("_", " ")
        found.append(Fault("raises", f"{name}: {type(error).__name__}: {str(error)[:200]}"))
    return found


def _one_of_a_kind(found: list[Fault]) -> list[Fault]:
    """The first of each rule, and how many more there are."""
    rules: dict[str, list[Fault]] = {}
    for fault in found:
        same = rules.setdefault(fault.rule, [])
        if fault not in same:
            same.append(fault)
    return [same[0] if len(same) == 1 else dataclasses.replace(same[0], more=len(same) - 1) for same in rules.values()]
