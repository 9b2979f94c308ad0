"""Saved plans: files that say from which release to which, and who goes on where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from orchestrator.domain.errors import ConfigurationError, InputError, NotFound, did_you_mean
from orchestrator.domain.system import system_words
from orchestrator.plans.model import Plan

if TYPE_CHECKING:
    from orchestrator.app import App

FOLDER = "plans"


def save(file: Path, plan: Plan) -> None:
    """Write a plan. Raises ConfigurationError where it cannot be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError("{file} cannot be written: {why}.", file=file, why=system_words(error)) from error


def find(app: App, name: str) -> Plan:
    """A plan by its id, or by the path of its file.

    Raises:
        NotFound: there is none.
        InputError: the file is no plan.
    """
    own = app.state / FOLDER / f"{name}.json"
    file = own if own.is_file() else Path(name)
    try:
        return Plan.model_validate_json(file.read_bytes())
    except OSError as error:
        known = sorted(path.stem for path in (app.state / FOLDER).glob("plan_*.json"))
        raise NotFound(
            'There is no plan "{plan}"{hint}',
            remedy="Make one with: jogral plan",
            code="unknown_plan",
            plan=name,
            hint=did_you_mean(name, known),
        ) from error
    except ValidationError as error:
        raise InputError(
            "{file} is no plan.", remedy="Make one with: jogral plan", code="invalid_plan", file=name
        ) from error
