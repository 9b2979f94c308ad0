"""What is written down about the house is so: imports, commands, links, and the README's two commands."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.root import COMMANDS
from orchestrator.domain.delivery import OPEN, State
from orchestrator.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ADAPTERS = sorted((ROOT / "channels").glob("*.py"))
SIMULATORS = sorted((ROOT / "orchestrator/simulators").rglob("*.py"))
# What an adapter may import besides the standard library: the contract, the domain, and what providers' cryptography
# needs. Nothing among it does I/O.
OF_ADAPTERS = ("orchestrator.channels", "orchestrator.contract", "orchestrator.domain")
CRYPTOGRAPHY = {"cryptography", "jwt", "http_ece", "py_vapid"}
# Parts of the standard library that reach out, or have a clock and chance of their own.
NOT_FOR_ADAPTERS = {
    "asyncio", "http", "os", "random", "requests", "secrets", "select", "smtplib", "socket", "ssl", "subprocess",
    "tempfile", "threading", "urllib.request", "uuid",
}  # fmt: skip
ADAPTER_LINES_MAX = 300

# The page that is generated from it says what each setting is; others may name them.
SETTINGS_PAGE = ROOT / "docs/reference/settings.md"

README = (ROOT / "README.md").read_text(encoding="utf-8")
GATE = (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_a_worker_imports_nothing_that_only_doors_need():
    """Its memory is bounded: no YAML, no migrations, no web server, no command line, no e-mail layouts."""
    code = "import sys, orchestrator.worker; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    for heavy in ("alembic", "aiohttp.web", "typer", "ruamel.yaml", "mrml", "css_inline", "holidays", "phonenumbers"):
        assert heavy not in loaded


def test_the_gate_runs_the_tests_as_the_readme_does():
    """.ci/run and the README may not drift apart."""
    assert "venv/bin/pip install -e '.[dev]' && .venv/bin/pytest -n auto" in README
    assert ".venv/bin/pip install -e '.[dev]' --quiet && .venv/bin/pytest -n auto" in GATE


def test_the_top_level_is_what_was_agreed():
    """Its shape is that of a user's own project."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a Git checkout")
    names = {line.split("/")[0] for line in tracked.stdout.splitlines()}

    assert {name for name in names if not name.startswith(".")} == {
        "CHANGELOG.md", "LICENSE", "README.md", "brand_voice.yaml", "channels", "docs", "orchestrator",
        "pyproject.toml", "templates", "tests",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page):
    """Relative links are files of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_a_page_exists(page):
    """What a page tells people to type is a command."""
    for command in re.findall(r"(?:^|`|bin/)jogral ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
        assert command in COMMANDS, command


def test_the_index_of_the_documentation_leads_to_every_page():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")} - {"README.md"}

    assert set(re.findall(r"]\(([^)]+)\)", index)) == pages


def test_every_state_is_documented_and_nothing_else():
    """The page of states is the list of states."""
    page = (ROOT / "docs/reference/states.md").read_text(encoding="utf-8").partition("## Reasons")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", page, re.MULTILINE))

    assert set(rows) == {state.value for state in State}
    assert all(rows[state.value].startswith("open") == (state in OPEN) for state in State)


def test_every_setting_is_documented():
    """The page of settings is made from the settings."""
    page = SETTINGS_PAGE.read_text(encoding="utf-8")

    for name, field in Settings.model_fields.items():
        assert f"| `JOGRAL_{name.upper()}` | {field.description} |" in page


# --- adapters and simulators ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ADAPTERS, ids=lambda file: file.stem)
def test_an_adapter_imports_the_contract_and_the_domain_and_nothing_else(file):
    """It knows one provider; what several of them share is in the contract, and nothing of it does I/O."""
    for name in imported(file):
        package = name.partition(".")[0]
        assert name not in NOT_FOR_ADAPTERS, name
        assert package not in NOT_FOR_ADAPTERS, name
        assert (
            package in sys.stdlib_module_names
            or package in CRYPTOGRAPHY
            or any(name == known or name.startswith(f"{known}.") for known in OF_ADAPTERS)
        ), name


@pytest.mark.parametrize("file", ADAPTERS, ids=lambda file: file.stem)
def test_an_adapter_is_one_short_file(file):
    """Who mends it reads all of it."""
    assert len(file.read_text(encoding="utf-8").splitlines()) <= ADAPTER_LINES_MAX


@pytest.mark.parametrize("file", SIMULATORS, ids=lambda file: file.stem)
def test_a_simulator_knows_nothing_of_the_adapters(file):
    """It is made from the provider's documentation: what it shared with them, it would get wrong with them."""
    for name in imported(file):
        assert not name.startswith(("channels", "orchestrator.channels", "orchestrator.contract")), name


def imported(file):
    """Every module that a file imports, at its top or inside."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, level=level, names=names):
                assert not level, f"{file.name}: a relative import"
                yield module or ""
                yield from (f"{module}.{alias.name}" for alias in names if module in {"orchestrator", "urllib"})
