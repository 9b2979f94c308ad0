"""Marks of calls that began: they outlive the process that set them, and nothing else is taken for known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from orchestrator.dispatch.began import BeganFiles
from orchestrator.domain.errors import Unavailable

LEASE = "worker@host:77/0a1b"
SLICE = ("msg_1", "msg_22", "msg_333")

# It marks the second of its slice, says so, and is ended without another instruction.
SENDING_PROCESS = """
import sys
from pathlib import Path
from orchestrator.dispatch.began import BeganFiles

marks = BeganFiles(Path(sys.argv[1])).expect(sys.argv[2], sys.argv[3:])
marks.set(1)
print("began", flush=True)
sys.stdin.readline()
"""

# It may write files of this size at most, as on a disk that is full after so many bytes.
CRAMPED_PROCESS = """
import resource, signal, sys
from pathlib import Path
from orchestrator.dispatch.began import BeganFiles
from orchestrator.domain.errors import Unavailable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    BeganFiles(Path(sys.argv[1])).expect("worker/1", ["msg_1", "msg_2"])
except Unavailable as error:
    print(error)
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "began"


@pytest.fixture
def began(folder):
    return BeganFiles(folder)


def test_of_a_slice_those_with_a_mark_began(began):
    marks = began.expect(LEASE, SLICE)
    assert began.of(LEASE) == frozenset()
    marks.set(2)
    marks.set(0)
    marks.set(0)
    assert began.of(LEASE) == {"msg_1", "msg_333"}


def test_slices_do_not_know_of_each_other(began):
    began.expect("worker/1", SLICE).set(0)
    began.expect("worker/2", SLICE).set(1)
    assert began.of("worker/1") == {"msg_1"}
    assert began.of("worker/2") == {"msg_22"}


def test_of_a_slice_without_a_file_nothing_is_known(began):
    """It was another machine's, or it was settled: then nobody has to ask."""
    assert began.of(LEASE) is None
    marks = began.expect(LEASE, SLICE)
    marks.set(0)
    marks.forget()
    assert began.of(LEASE) is None


def test_marks_survive_the_process_that_set_them(folder, began):
    """SIGKILL leaves it no time to write anything down: the kernel already has it."""
    command = [sys.executable, "-W", "error", "-c", SENDING_PROCESS, folder, LEASE, *SLICE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "began\n"
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    assert began.of(LEASE) == {"msg_22"}


def test_marks_of_an_earlier_boot_are_not_trusted(folder, began):
    """What the kernel still had to write when the power went is missing from them."""
    began.expect(LEASE, SLICE).set(0)
    (of_this_boot,) = folder.iterdir()
    of_this_boot.rename(folder / "00000000-0000-4000-8000-000000000000")

    assert BeganFiles(folder).of(LEASE) is None


@pytest.mark.parametrize("bytes_free", [0, 5])
def test_a_disk_that_is_too_full_for_the_marks_is_unavailable(folder, bytes_free):
    """No intent is written then, and no call is made: a mark could not be relied on."""
    command = [sys.executable, "-W", "error", "-c", CRAMPED_PROCESS, folder, str(bytes_free)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "cannot be written" in done.stdout


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path):
    (tmp_path / "began").write_text("a file stands here")
    with pytest.raises(Unavailable, match="cannot be written") as caught:
        BeganFiles(tmp_path / "began").expect(LEASE, SLICE)
    assert caught.value.remedy()


def test_a_lease_is_taken_down_once(began):
    """Two slices under one lease would set each other's marks."""
    began.expect(LEASE, SLICE)
    with pytest.raises(Unavailable, match="exists"):
        began.expect(LEASE, SLICE)


def test_what_nobody_will_ask_about_is_forgotten_whatever_boot_it_is_of(folder, began):
    for lease in ("worker/old", "worker/new"):
        began.expect(lease, SLICE).set(0)
    earlier = folder / "00000000-0000-4000-8000-000000000000"
    earlier.mkdir()
    (earlier / "older").write_text("x msg_1\n")
    (of_this_boot,) = set(folder.iterdir()) - {earlier}
    at = 1_795_600_800_000
    for path, written_at in [(of_this_boot / "old", at - 1), (of_this_boot / "new", at), (earlier / "older", at - 1)]:
        os.utime(path, ns=(0, written_at * 1_000_000))

    began.forget_before(at)
    assert began.of("worker/old") is None
    assert began.of("worker/new") == {"msg_1"}
    assert list(earlier.iterdir()) == []
