"""What is forked behaves like what is started: streams, folder, environment, exit codes and signals."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.preloaded import JOGRAL, WORKER, clean_environment, pipe

SECONDS = 20  # for anything that is waited for; reached only by a test that fails


@pytest.fixture
def watching(preloaded, shop):
    """A command that stays, once it works."""
    with pipe() as (told, out):
        process = preloaded.start(
            JOGRAL, ["check", "--watch", "brand_voice.yaml"], clean_environment(), shop, stdout=out, stderr=out
        )
    assert told.readline()
    yield process
    process.kill()
    process.wait(SECONDS)
    told.close()


def test_a_command_runs_in_its_own_folder_and_environment(preloaded, shop, tmp_path):
    """What one was told the next one does not know."""
    where = ["where", "brand_voice.yaml"]

    code, out, err = preloaded.run(where, clean_environment(), shop, "")
    named, _, _ = preloaded.run(where, {**clean_environment(), "JOGRAL_PROJECT": str(shop)}, tmp_path, "")
    lost, _, told = preloaded.run(where, clean_environment(), tmp_path, "")

    assert (code, err) == (0, "")
    assert str(shop) in out
    assert (named, lost) == (0, 2)
    assert "is not a Jogral project" in told


def test_a_program_that_ends_itself_says_how(preloaded, tmp_path):
    """As `python -m` would: the worker wants a project."""
    with pipe() as (told, out):
        process = preloaded.start(WORKER, [], dict(os.environ), tmp_path, stdout=out, stderr=out)

    assert process.wait(SECONDS) == 2
    with told:
        assert "--project" in told.read()


def test_whoever_is_killed_says_by_what(watching):
    """And is there until then, for whoever waits and for whoever looks."""
    with pytest.raises(subprocess.TimeoutExpired):
        watching.wait(0)
    assert watching.poll() is None

    watching.kill()

    assert watching.wait(SECONDS) == -9
    assert watching.poll() == -9
    watching.terminate()  # nobody else's process may have got its number
