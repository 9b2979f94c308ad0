"""What is tried, and what was found."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestrator.contract.calls import DeviceAnswers, DeviceCalls, HttpAnswer, HttpCall, NoAnswer, SmtpCall
from orchestrator.testing import specimens
from orchestrator.testing.recorded import RecordedAnswer, RecordedNotice

if TYPE_CHECKING:
    from orchestrator.contract.adapter import Adapter
    from orchestrator.contract.calls import Answer, Call
    from orchestrator.domain.delivery import Delivery
    from orchestrator.testing.recorded import Recorded


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong. `rule` names what was broken, `sentence` says where; `more` are others of its kind."""

    rule: str
    sentence: str
    more: int = 0

    def __str__(self) -> str:
        return f"[{self.rule}] {self.sentence}" + (f" (and {self.more} more like it)" if self.more else "")


@dataclass(frozen=True)
class Subject:
    """An adapter under test, what its provider is known to say, and whom it writes to."""

    adapter: Adapter
    recorded: tuple[Recorded, ...] = ()
    address: str = ""

    @property
    def answers(self) -> list[RecordedAnswer]:
        """Recorded answers."""
        return [one for one in self.recorded if isinstance(one, RecordedAnswer)]

    @property
    def notices(self) -> list[RecordedNotice]:
        """Recorded notices."""
        return [one for one in self.recorded if isinstance(one, RecordedNotice)]

    def twin(self, **changes: Any) -> Adapter:
        """Another adapter of equal settings."""
        return dataclasses.replace(self.adapter, **changes)  # type: ignore[type-var]

    def delivery(self, **said: Any) -> Delivery:
        """A delivery of its channel; where it takes templates, one with a template."""
        adapter = self.adapter
        return specimens.delivery(adapter.channel, self.address, **said)

    def call(self) -> Call:
        """The call that sends a plain message."""
        return self.adapter.call(self.delivery(), specimens.NOW, specimens.chance(1))

    @property
    def is_http(self) -> bool:
        """Whether its answers have a status."""
        return isinstance(self.call(), HttpCall | DeviceCalls)

    @property
    def is_smtp(self) -> bool:
        """Whether a mail server answers."""
        return isinstance(self.call(), SmtpCall)

    def as_answered(self, answer: Answer) -> Answer:
        """The answer as the transport would bring it: of one device where the call goes to devices."""
        if isinstance(answer, HttpAnswer | NoAnswer) and isinstance(self.call(), DeviceCalls):
            return DeviceAnswers((answer,))
        return answer

    def secrets(self) -> dict[str, str]:
        """The values of settings that are not shown."""
        return {
            item.name: value
            for item in dataclasses.fields(self.adapter)  # type: ignore[arg-type]
            if item.init and not item.repr and isinstance(value := getattr(self.adapter, item.name), str) and value
        }
