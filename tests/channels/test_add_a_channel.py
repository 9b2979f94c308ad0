"""docs/how-to/add-a-channel.md, followed to the letter: its two files are an adapter that passes and its test."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/how-to/add-a-channel.md"


def test_the_two_files_of_the_page_work_in_a_project(tmp_path):
    """By the command of the page, in a process of its own and nobody's folder but the project's."""
    adapter, test = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    for path, text in {"channels/sms_torre.py": adapter, "tests/test_sms_torre.py": test}.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(text, "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, ""), done.stdout
