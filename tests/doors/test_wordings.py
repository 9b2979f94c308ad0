"""Words that were published are brought into force once."""

from __future__ import annotations

import json

import pytest

from orchestrator.cli.ledger import bring_into_force
from orchestrator.domain.errors import Conflict
from orchestrator.release import read_release
from orchestrator.wordings import FILE


def test_words_that_changed_are_refused_where_they_stand(casa_lume, release):
    """`jogral check` cannot know what was published; so the command that publishes says file, line and what to do."""
    content = json.loads(release.content)
    content["wordings"]["optin_ofertas@4"]["texts"]["pt-BR"] = "Quero tudo, sempre."
    written = (casa_lume.root / FILE).read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(written, start=1) if "optin_ofertas@4" in text)
    with pytest.raises(Conflict) as refused:
        bring_into_force(casa_lume, read_release(json.dumps(content)))
    assert refused.value.where == f"{FILE}:{line}"
    assert '"optin_ofertas@5"' in refused.value.remedy()
