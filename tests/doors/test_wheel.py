"""What is installed from a wheel works as the checkout does, and takes no name that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the wheel's content and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    wheel_options = ["--no-deps", "--no-build-isolation", "-w", folder]
    subprocess.run([*pip, "wheel", *wheel_options, ROOT], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    (wheel,) = folder.glob("jogral-*.whl")
    site = folder / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True, capture_output=True)
    return site


def jogral(installed, folder, *arguments):
    # The folder stands before everything that the tests' own interpreter has.
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "orchestrator", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def test_only_our_own_name_is_taken(installed):
    """`channels` as a top-level name would overwrite Django Channels."""
    names = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}

    assert names - {"bin"} == {"orchestrator"}


def test_a_new_shop_is_made_of_what_the_wheel_ships(installed, tmp_path):
    """Init copies the content; layouts, adapters and voice are found in the package."""
    made = jogral(installed, tmp_path, "init", "shop")
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "shop/templates/messages/order_shipped.yaml").is_file()
    assert not (tmp_path / "shop/templates/layouts").exists()

    found = jogral(installed, tmp_path / "shop", "where", "templates/layouts/transactional.mjml")
    assert found.returncode == 0
    assert str(installed) in found.stdout

    shown = jogral(installed, tmp_path / "shop", "preview", "order_shipped", "--persona", "ana")
    assert shown.returncode == 0, shown.stderr
    assert "10234" in shown.stdout

    added = jogral(installed, tmp_path / "shop", "add", "journey", "win_back")
    assert added.returncode == 0, added.stderr
    assert (tmp_path / "shop/templates/journeys/win_back.yaml").is_file()


def test_the_type_marker_and_the_catalogs_travel_along(installed):
    """Users' type checkers and Portuguese speakers need files that are not Python."""
    assert (installed / "orchestrator/py.typed").is_file()
    assert (installed / "orchestrator/locales/pt_BR.po").is_file()
    assert (installed / "orchestrator/console/static").is_dir()
