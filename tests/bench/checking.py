"""What `jogral check` costs on a large project: cold, warm, and with one file changed; each a process of its own."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.check.cache import FOLDER
from orchestrator.folder import SHIPPED
from tests.bench.processes import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Where WhatsApp's words begin: in its own body, or in the content's.
_BODY = r"body: (?:\|\n +|[\"']?)"
_WHATSAPP = re.compile(rf"(?m)^  {_BODY}|^  whatsapp:\n(?:    .*\n)*?    {_BODY}")


@dataclass(frozen=True, kw_only=True)
class CheckFigures:
    """Seconds of wall time, Python's start included."""

    files: int
    cold_s: float
    warm_s: float
    one_changed_s: float
    cores: int
    python: str

    @property
    def ok(self) -> bool:
        """Whether the project was as large as was asked; a slow machine is not a failure."""
        return self.files > 0


def measure_check(files: int, folder: Path) -> CheckFigures:
    """Make a project of so many files in an empty folder and check it three times. Raises Broken on any finding."""
    make_project(folder, files)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    cold_s, counted = _timed(folder)
    warm_s, _ = _timed(folder)
    changed = next((folder / "templates/messages").glob("*_1.yaml"))
    changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    one_changed_s, _ = _timed(folder)
    return CheckFigures(
        files=counted, cold_s=cold_s, warm_s=warm_s, one_changed_s=one_changed_s, cores=os.cpu_count() or 1,
        python=platform.python_version(),
    )  # fmt: skip


def make_project(folder: Path, files: int) -> None:
    """Casa Lume, with copies of its messages under other names until there are so many YAML files."""
    shutil.copytree(SHIPPED / "templates", folder / "templates", dirs_exist_ok=True)
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    messages = folder / "templates/messages"
    originals = {path.name: path.read_text(encoding="utf-8") for path in sorted(messages.glob("*.yaml"))}
    missing = files - 1 - sum(1 for _ in (folder / "templates").rglob("*.yaml"))
    for (name, text), _ in zip(_copies(originals), range(missing), strict=False):
        (messages / name).write_text(text, encoding="utf-8")


def _copies(originals: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Without end. A message comes before its translations, and has a name of its own wherever it is named."""
    in_order = sorted(originals.items(), key=lambda original: (original[0].partition(".")[0], original[0].count(".")))
    number = 0
    while True:
        number += 1
        for name, text in in_order:
            message_id, _, rest = name.partition(".")
            word = rf"\b{message_id}\b(?<!stage: {message_id})(?<!tone: {message_id})"
            renamed = re.sub(word, f"{message_id}_{number}", text)
            # Two WhatsApp templates must not say the same.
            said = _WHATSAPP.sub(rf"\g<0>{_in_letters(number)}. ", renamed)
            yield f"{message_id}_{number}.{rest}", said


def _in_letters(number: int) -> str:
    """A number as a word that states nothing: 27 is `Série bb`."""
    return "Série " + "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _timed(folder: Path) -> tuple[float, int]:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator", "check", "--json", "--project", folder],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    document = json.loads(done.stdout)
    if done.returncode:
        first = next((item for item in document.get("items", ()) if item["level"] == "error"), document)
        raise Broken(f"the project has errors: {first}")
    return seconds, document["summary"]["files"]
