"""docs/how-to/add-a-channel.md, followed to the letter: its two files are an adapter that passes and its test."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/how-to/add-a-channel.md"


def test_the_two_files_of_the_page_work_in_a_project(tmp_path):
    """In a process of its own, as somebody's pytest would run them."""
    adapter, test = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "channels").mkdir()
    (tmp_path / "channels/sms_torre.py").write_text(adapter, "utf-8")
    (tmp_path / "test_sms_torre.py").write_text(test, "utf-8")
    code = (
        "from pathlib import Path; from orchestrator.channels import look_in;"
        "look_in(Path('channels')); import test_sms_torre; test_sms_torre.test_torre()"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
