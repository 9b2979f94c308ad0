"""What a command loads before it does something: a person waits for every module of it, most often for a help page."""

import subprocess
import sys

import pytest

from orchestrator.app import SystemClock
from orchestrator.cli.root import COMMANDS
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from tests.preloaded import ROOT, clean_environment

# The ledger, Redis, the web server, YAML, layouts, the books of phones and addresses, and our own that bring them in.
HEAVY = (
    "aiohttp", "alembic", "css_inline", "holidays", "jinja2", "mrml", "redis", "rq", "ruamel.yaml", "sqlalchemy",
    "structlog", "orchestrator.check.run", "orchestrator.dispatch.accept", "orchestrator.dispatch.explain",
    "orchestrator.project", "orchestrator.queue", "orchestrator.release", "orchestrator.store.sql",
)  # fmt: skip

# What a look into the ledger does without: a migration, the web, the bell, what sends, and what checks.
FOR_OTHERS = (
    "aiohttp", "alembic", "css_inline", "mrml", "redis", "rq", "orchestrator.check.run",
    "orchestrator.dispatch.drain", "orchestrator.project.reading", "orchestrator.transport",
)  # fmt: skip
LOOKS = [["keys", "list"], ["pauses"], ["consent", "show", "cus_ana"], ["facts", "get"], ["outbox", "list"]]


@pytest.fixture
def known_shop(shop, ledger, release):
    """A shop that is published and knows Ana."""
    publish(ledger, release, SystemClock().now())
    with ledger.write() as transaction:
        register(transaction, [Profile(id="cus_ana", emails=("ana@example.com",))], SystemClock())
    return shop


def run(program, folder=None):
    """The modules that a new process has loaded at its end."""
    told = f"import sys\n{program}\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", told], cwd=folder, env={**clean_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stderr.split()


def test_no_module_of_a_command_loads_what_only_running_it_needs():
    """The parser has every option, and help every word, before the first of them is loaded."""
    modules = [f"orchestrator.cli.{entry.module}" for entry in COMMANDS.values()]
    loaded = run(f"import importlib\nfor name in {modules}: importlib.import_module(name)")

    assert set(modules) <= set(loaded)
    assert [name for name in HEAVY if name in loaded] == []


def test_a_look_into_the_ledger_loads_nothing_that_only_others_need(known_shop):
    """Nor does it compile the pattern that reads a text, which takes as long as many a look."""
    program = f"""
from orchestrator.catalog import phrases
from orchestrator.cli import main
assert [main(arguments) for arguments in {LOOKS}] == {[0] * len(LOOKS)}
assert not phrases.statement.cache_info().currsize
"""
    loaded = run(program, known_shop)

    assert "sqlalchemy" in loaded
    assert [name for name in FOR_OTHERS if name in loaded] == []
