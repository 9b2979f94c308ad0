"""Whether a second worker is worth its cores: the same work, once with one worker and once with several."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tests.bench import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

# On two cores the sink and the database want their share too: a second worker cannot double the first.
RATIO_MIN = 1.2
CPU_RATIO_MAX = 1.15


@dataclass(frozen=True)
class Comparison:
    """Two runs on ledgers of the same size."""

    one: pipeline.Figures
    many: pipeline.Figures

    @property
    def ratio_to_one(self) -> float:
        """How many times as fast."""
        return self.many.messages_per_s / self.one.messages_per_s

    @property
    def cpu_ratio_to_one(self) -> float:
        """How many times as much work for the same message."""
        return self.many.cpu_s_per_1000 / self.one.cpu_s_per_1000

    @property
    def ok(self) -> bool:
        """Whether everything was sent, once. How fast is a figure: a busy machine breaks no promise."""
        return self.one.ok and self.many.ok

    @property
    def figures(self) -> dict[str, Any]:
        """Those of several workers, and what they are beside one."""
        return asdict(self.many) | {
            "one_messages_per_s": self.one.messages_per_s,
            "one_cpu_s_per_1000": self.one.cpu_s_per_1000,
            "ratio_to_one": self.ratio_to_one,
            "cpu_ratio_to_one": self.cpu_ratio_to_one,
        }


def measure(
    messages: int,
    database: str,
    given_sink: str | None,
    say: Callable[[str], None],
    *,
    channel: str = "sms",
    workers: int = 2,
) -> Comparison:
    """One worker first, then several; each on a ledger of its own."""
    one, many = (
        pipeline.measure(messages, database, given_sink, say, channel=channel, workers=count) for count in (1, workers)
    )
    return Comparison(one, many)
