"""The console's own static files."""

from __future__ import annotations

from pathlib import Path

from orchestrator.assets import Assets


def console_assets() -> Assets:
    """All of them, served below `/static/`."""
    return Assets(Path(__file__).parent / "static", "/static/")
