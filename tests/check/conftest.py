"""The command, for the checks that are made through it."""

from __future__ import annotations

import pytest

from tests.doors.command import Jogral, Preloaded


@pytest.fixture(scope="session")
def jogral_in(tmp_path_factory):
    """The command, run in a folder."""
    with Preloaded(tmp_path_factory.mktemp("command")) as preloaded:
        yield lambda folder: Jogral(folder, preloaded)
