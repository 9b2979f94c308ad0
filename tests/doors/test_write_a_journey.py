"""docs/how-to/write-a-journey.md: whoever types what stands there, and nothing else, gets what stands there."""

from __future__ import annotations

import urllib.request
from contextlib import ExitStack
from pathlib import Path

from tests.doors.command import SECONDS
from tests.doors.walkthrough import Reader
from tests.shipped import keep_only

PAGE = (Path(__file__).parents[2] / "docs/how-to/write-a-journey.md").read_text(encoding="utf-8")
STARTS, ENDS, OVER = "In a second terminal", "\n## 10. ", "\n## Your own journey"


def test_a_reader_writes_a_journey_and_a_customer_goes_through_it(tmp_path, jogral_in):
    """From an empty folder to a run that ended; the console counts who is inside meanwhile."""
    making, writing, ending = parts(PAGE, STARTS, ENDS, OVER)

    with ExitStack() as stack:
        reader = Reader(tmp_path, jogral_in, stack)
        reader.follow(making)
        keep_only(reader.folder, "newsletter")  # the rest of the sample is only read, by each command anew
        reader.follow(writing)
        inside = page_of(reader)
        reader.follow(ending)
        empty = page_of(reader)
        code = reader.up.stop()

    assert ("1 inside" in inside, "1 here now" in inside) == (True, True)
    assert "0 inside" in empty
    assert code == 0


def parts(text, *borders):
    """What stands before each border, in order."""
    for border in borders:
        before, found, text = text.partition(border)
        assert found, border
        yield before


def page_of(reader):
    request = urllib.request.Request(f"{reader.url}/journeys/store_pickup", headers={"Accept-Language": "en"})
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:
        return answer.read().decode()
