"""Checking the same project again and again: what has not changed is not looked at twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.cache import Cache
from orchestrator.check.inputs import read_inputs

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from orchestrator.check.recall import Recall
    from orchestrator.check.report import Report


class Checking:
    """One project and its cache. A project in which nothing changed since the last check imports no rule at all."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = Cache(root)
        self._recall: Recall | None = None

    def report(self, today: date) -> Report:
        """What is wrong with the project as its files are now."""
        inputs = read_inputs(self.root, today)
        known = self.cache.report(inputs)
        if known is not None:
            return known

        # Models, YAML and Jinja: half a second that a project without a change need not wait for.
        from orchestrator.check.recall import Recall  # noqa: PLC0415
        from orchestrator.check.run import check  # noqa: PLC0415
        from orchestrator.project import Project  # noqa: PLC0415

        self._recall = self._recall or Recall(self.cache)
        report = check(Project(self.root), today, parse=self._recall)
        self._recall.keep()
        if report.files == inputs.files:  # else somebody wrote a file while it was being read
            self.cache.keep_report(inputs, report)
        return report
