"""Every case of a project's scenarios, ready to be tried: numbered, and each with its place in its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.dispatch.current import Current
from orchestrator.domain.errors import NotFound, did_you_mean, mark
from orchestrator.release import Release
from orchestrator.simulation.judging import misses
from orchestrator.simulation.rehearsal import rehearse

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.documents import Document
    from orchestrator.mapping import Persona
    from orchestrator.project import Survey
    from orchestrator.scenarios.model import Case, Scenario
    from orchestrator.simulation.judging import Miss
    from orchestrator.simulation.rehearsal import Rehearsed


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """What a trial came to."""

    rehearsed: Rehearsed
    misses: tuple[Miss, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.misses


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One case. `place` is its place in its file."""

    scenario: Scenario
    document: Document
    place: int

    @property
    def case(self) -> Case:
        """What is tried."""
        return self.scenario.cases[self.place]

    @property
    def file(self) -> str:
        """The file, named from the project's root."""
        return self.document.file

    def line(self, *path: str | int) -> int:
        """The line of something in the case; of the case itself without a path."""
        return self.document.finding(("cases", self.place, *path), "", code="").line

    def written(self, *path: str | int) -> Any:
        """What the file says at a place of the case, as plain data."""
        found: Any = self.document.data["cases"][self.place]
        for part in path:
            found = found[part]
        return found


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What trials are played on: a release, and the personas of the project."""

    release: Release
    personas: Mapping[str, Persona]
    _companies: dict[tuple[str, ...], Current] = field(default_factory=dict)

    @classmethod
    def of(cls, survey: Survey) -> Stage:
        """Of a project. Raises DocumentError where its files make no release."""
        return cls(release=survey.release(), personas={name: read.model for name, read in survey.personas.items()})

    def play(self, trial: Trial) -> Tried:
        """Live the case through, and judge what came of it. Raises NotFound for a journey or persona that is none."""
        scenario, case = trial.scenario, trial.case
        persona = scenario.persona_of(case)
        _ensure_known("persona", persona, self.personas)
        rehearsed = rehearse(scenario, case, self.personas[persona], self._company(scenario.journeys_of(case)))
        return Tried(rehearsed=rehearsed, misses=misses(case, rehearsed))

    def _company(self, journeys: tuple[str, ...]) -> Current:
        """The release with these journeys alone."""
        if journeys not in self._companies:
            for one in journeys:
                _ensure_known("journey", one, self.release.journeys)
            parts = {name: getattr(self.release, name) for name in Release.model_fields}
            chosen = {one: self.release.journeys[one] for one in journeys}
            # Made of parts that are valid, and not copied: a copy would keep what was worked out of all journeys.
            self._companies[journeys] = Current("scenario", Release.model_construct(**parts | {"journeys": chosen}), {})
        return self._companies[journeys]


def trials(survey: Survey) -> list[Trial]:
    """Every case, in the order of the files' names and of the cases in them."""
    return [
        Trial(scenario=read.model, document=read.document, place=place)
        for _, read in sorted(survey.scenarios.items())
        for place in range(len(read.model.cases))
    ]


_NOT_THERE: Mapping[str, str] = {
    "persona": mark('There is no persona "{name}"{hint}'),
    "journey": mark('Unknown journey "{name}"{hint}'),
}


def _ensure_known(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise NotFound(_NOT_THERE[what], code=f"unknown_{what}", name=name, hint=did_you_mean(name, known))
