"""What a check found, before anybody has written it down."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from orchestrator.domain.errors import Finding

LEVELS = ("error", "warn", "info")


@dataclass(frozen=True, kw_only=True)
class Report:
    """`findings` are sorted by place. `files` says which content each file of the project had."""

    findings: tuple[Finding, ...]
    files: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Nothing that must be mended before it is sent."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many findings there are of each level."""
        counted = Counter(finding.level for finding in self.findings)
        return {level: counted[level] for level in LEVELS}

    @property
    def fixable(self) -> int:
        """How many findings say what to write instead."""
        return sum(finding.fix is not None for finding in self.findings)

    @property
    def documents(self) -> int:
        """How many files were read."""
        return sum(file.endswith((".yaml", ".yml")) for file in self.files)

    def within(self, paths: Collection[str]) -> Report:
        """The same about some files and folders only. Everything was read: a fault may lie in what others say."""

        def wanted(file: str) -> bool:
            return any(path in (".", file) or file.startswith(f"{path}/") for path in paths)

        return replace(
            self,
            findings=tuple(finding for finding in self.findings if wanted(finding.file)),
            files={file: content for file, content in self.files.items() if wanted(file)},
        )
