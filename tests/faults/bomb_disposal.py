"""Check a project with one bomb in it after another, all in this process, and report on each.

`python -m tests.faults.bomb_disposal FOLDER` prints a line of JSON for each: what it was, how much of the processor it
took, how much memory the process has needed so far, what was found in which files, and whether Python was asked to
compile any of it.
"""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from functools import cache
from pathlib import Path

from jinja2 import Environment

from orchestrator.check.run import check
from orchestrator.documents import parse
from orchestrator.project import SHIPPED, Project
from tests.check.cases import GOOD, TODAY
from tests.corpora import bombs

MESSAGE = "templates/messages/order_placed.yaml"
JOURNEY = "templates/journeys/carrinhos.yaml"
LAYOUT = "templates/layouts/transactional.mjml"
VOICE = "brand_voice.yaml"

# Stands beside every bomb in copy: where it turns up, the bomb was.
FUSE = "estopim"

_compiled = []


def main():
    root = Path(sys.argv[1]) / "shop"
    shutil.copytree(GOOD, root)
    shutil.copytree(SHIPPED / "templates/layouts", root / "templates/layouts")
    sys.addaudithook(_listen)
    check(Project(root), TODAY, parse=_remembered)  # whatever is loaded once is loaded
    for kind, file, text in everything(root):
        _compiled.clear()
        before = (root / file).read_bytes()
        (root / file).write_text(text, encoding="utf-8", newline="")
        began = time.process_time()  # what others do on the machine is not the bomb's
        found = check(Project(root), TODAY, parse=_remembered).findings
        seconds = time.process_time() - began
        (root / file).write_bytes(before)
        report = {
            "kind": kind,
            "file": file,
            "bomb": text[-80:],
            "seconds": seconds,
            "peak_megabytes": peak_megabytes(),
            "found": sorted({(finding.code, finding.file) for finding in found if finding.level == "error"}),
            "compiled": [source for source in _compiled if FUSE in source],
        }
        sys.stdout.write(json.dumps(report) + "\n")
    _compiled.clear()
    Environment().from_string(FUSE)  # what one that is compiled sounds like
    sys.stdout.write(json.dumps({"kind": "control", "compiled": [source for source in _compiled if FUSE in source]}))


def everything(root):
    """Kind, file and its whole text, with the bomb in it."""
    message = (root / MESSAGE).read_text("utf-8")
    journey = (root / JOURNEY).read_text("utf-8")
    voice = (root / VOICE).read_text("utf-8")
    layout = (root / LAYOUT).read_text("utf-8")
    for bomb in bombs.TEMPLATES + bombs.ADVISORIES:
        yield "template", MESSAGE, with_body(message, bomb)
    for bomb in bombs.BLOCKS + bombs.ADVISORIES:
        yield "block", MESSAGE, with_letter(message, bomb)
    for bomb in bombs.MARKDOWN:
        yield "markdown", MESSAGE, with_body(message, bomb)
    for bomb in bombs.TEMPLATES[:6] + bombs.ADVISORIES:
        for habit in ('sign_off: "Um abraço,\\nLoja"', 'prefix: "Loja: "', 'greeting: "Hi {{ customer.first_name }},"'):
            key = habit.partition(":")[0]
            yield "voice", VOICE, replaced(voice, habit, f"{key}: {quoted(f'{FUSE} {bomb}')}")
    for bomb in bombs.LAYOUTS:
        yield "layout", LAYOUT, replaced(layout, "{{ body }}", f"{{{{ body }}}} {FUSE} {bomb}")
    for bomb in bombs.EXPRESSIONS:
        yield "expression", JOURNEY, replaced(journey, "when: cart.value >= 50.0", f"when: {quoted(bomb)}")
    for bomb in bombs.DOCUMENTS:
        yield "document", MESSAGE, bomb


def with_body(message, bomb):
    """In content.body, which every channel says."""
    start, end = message.index("  body: |\n    Recebemos"), message.index("  cta:")
    return f"{message[:start]}  body: {quoted(f'{FUSE} {bomb}')}\n{message[end:]}"


def with_letter(message, bomb):
    """In channels.email.body, the one place for {% if %} and {% for %}."""
    return replaced(
        message, "    layout: transactional", f"    layout: transactional\n    body: {quoted(f'{FUSE} {bomb}')}"
    )


def quoted(text):
    """JSON's strings are YAML's as well."""
    return json.dumps(text)


def replaced(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


def peak_megabytes():
    """The most memory that this program ever had. Linux's getrusage counts its parent's as well, up to the exec."""
    if sys.platform == "linux":
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def _listen(event, arguments):
    if event == "compile":
        _compiled.append(str(arguments[0]))


def _remembered(text, *, file):
    """Files that were not touched need not be read again."""
    return _parsed(text, file) if len(text) < 10_000 else parse(text, file=file)


@cache
def _parsed(text, file):
    return parse(text, file=file)


if __name__ == "__main__":
    main()
