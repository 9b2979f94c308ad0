"""CO170: a mapping takes for consent only what the file can prove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.check.rule import Rule
from orchestrator.domain.errors import mark
from orchestrator.project.sheets import UNPROVABLE, unprovable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orchestrator.domain.errors import Finding
    from orchestrator.project import Survey

RULES = (
    Rule(
        code=UNPROVABLE,
        level="error",
        title=mark("A mapping claims consent that no row can prove"),
        why=mark(
            "Who controls the data has to prove consent (LGPD art. 8 §2): in which words, how, where and when. A file "
            "without that brings people, and no permission to write to them."
        ),
        bad="""\
consents:
  - topic: reviews
    channels: [email]
    granted: {column: Newsletter, is: [sim]}
    wording: optin_ofertas@4          # asks for offers
    method: form
    source: rodapé do site
    at: {column: Data}
""",
        good="""\
consents:
  - topic: reviews
    channels: [email]
    granted: {column: Newsletter, is: [sim]}
    wording: optin_avaliacoes@1
    method: form
    source: rodapé do site
    at: {column: Data}
""",
    ),
)


def findings(survey: Survey) -> Iterator[Finding]:
    """See the rule."""
    if survey.settings is None:
        return
    wordings = {} if survey.wordings is None else survey.wordings.model.wordings
    for read in survey.sheets.values():
        yield from unprovable(read.model, read.document, survey.settings.model.topics, wordings)
