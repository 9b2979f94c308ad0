"""Where a project is, and which day it is there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orchestrator.folder import MARK, today

# Late on the 21st in Sao Paulo, early on the 22nd in Greenwich.
NIGHT = datetime(2026, 11, 22, 1, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("project", "day"),
    [
        ("kind: project\ntimezone: America/Sao_Paulo\n", date(2026, 11, 21)),
        ('timezone: "America/Sao_Paulo"   # Brasilia\n', date(2026, 11, 21)),
        ("timezone: Asia/Tokyo\n", date(2026, 11, 22)),
        ("timezone: America/Sao_Paolo\n", date(2026, 11, 22)),
        ("kind: project\n", date(2026, 11, 22)),
    ],
)
def test_offers_and_waivers_end_with_the_day_of_the_projects_zone(tmp_path, project, day):
    """A machine in Greenwich must not end a Brazilian offer at nine in the evening."""
    path = tmp_path / MARK
    path.parent.mkdir(parents=True)
    path.write_text(project, encoding="utf-8")
    assert today(tmp_path, NIGHT) == day


def test_where_nothing_can_be_read_it_is_the_machines_day(tmp_path):
    assert today(tmp_path, NIGHT) == date(2026, 11, 22)
