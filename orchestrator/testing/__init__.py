"""For tests, ours and our users': time that a test moves, and the suite that every channel adapter has to pass.

clock = FakeClock(datetime(2026, 11, 25, 9, tzinfo=UTC))
clock.advance(hours=4)

exercise_channel(Adapter(channel=Channel.SMS, token="secret-of-the-test"), recorded=Path("tests/recorded/sms_mine"))
"""

from orchestrator.testing.clock import FakeClock
from orchestrator.testing.conformance import Fault, channel_faults, exercise_channel
from orchestrator.testing.recorded import RecordedAnswer, RecordedNotice, recorded_in

__all__ = [
    "FakeClock",
    "Fault",
    "RecordedAnswer",
    "RecordedNotice",
    "channel_faults",
    "exercise_channel",
    "recorded_in",
]
