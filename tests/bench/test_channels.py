"""The benchmark of adapters, small: it is known to work, and every adapter that reaches a provider is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from orchestrator.channels import adapter_names
from tests.bench.channels import accounts

ROOT = Path(__file__).parents[2]
MESSAGES = 40


def test_it_measures_every_adapter_that_reaches_a_provider():
    assert {account.adapter for account in accounts(1, 2)} == set(adapter_names()) - {"outbox"}


def test_every_adapter_has_its_messages_taken_and_its_figures_told():
    command = [sys.executable, "-m", "tests.bench", "channels", "--messages", str(MESSAGES), "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert (document["schema"], document["ok"]) == ("jogral.bench.channels/1", True)
    for one in document["items"]:
        assert one["sent"] == MESSAGES, one["adapter"]
        assert one["ratio"] > 0
