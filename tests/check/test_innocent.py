"""Numbers that promise nothing: as the body of a message, none of them is a hard-coded fact."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestrator.check.run import check
from orchestrator.project import Project
from tests.check.cases import GOOD, TODAY

CORPUS = Path(__file__).parents[1] / "corpora" / "innocent.txt"

MESSAGE = """\
kind: message
id: {id}
title: Um texto qualquer
owner: atendimento
topic: order_updates
variables:
  customer.first_name: {{type: string, example: Ana, fallback: cliente}}
content:
  headline: Um recado
  body: |
    {body}
channels:
  email: {{subject: Um recado, preheader: Da loja}}
  whatsapp: null
  sms: null
  push: null
"""


def texts():
    """One a line; a line that begins with # is a comment."""
    lines = CORPUS.read_text("utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def test_innocent_texts_are_no_hard_coded_facts(tmp_path):
    """Order numbers, phones, hours, postcodes, sizes: each is a message's body, and none of them is found."""
    root = Path(shutil.copytree(GOOD, tmp_path / "shop"))
    bodies = {f"innocent_{number}": text for number, text in enumerate(texts())}
    for name, body in bodies.items():
        message = MESSAGE.format(id=name, body=body)
        (root / f"templates/messages/{name}.yaml").write_text(message, "utf-8")
    findings = check(Project(root), TODAY).findings
    assert len(bodies) >= 60
    assert {finding.code for finding in findings}.isdisjoint({"YA100", "YA104", "VA110"})  # each was read
    taken = [(bodies[Path(finding.file).stem], str(finding)) for finding in findings if finding.code == "CL101"]
    assert taken == []
