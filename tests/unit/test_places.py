"""Where a wording is written, for an error that only the ledger can find."""

from __future__ import annotations

import pytest

from orchestrator.project.places import place_of_wording

FILE = "templates/wordings.yaml"
TEXT = """\
kind: wordings
wordings:
  optin_ofertas@1:
    topic: offers
    texts: {pt-BR: Quero receber ofertas.}
  optin_ofertas@2:
    topic: offers
    texts: {pt-BR: Quero receber ofertas e novidades.}
"""


@pytest.mark.parametrize(
    ("text", "place"),
    [(TEXT, f"{FILE}:6"), (TEXT.replace("kind", "  kind"), FILE), (None, FILE)],
    ids=["written", "broken since", "taken away since"],
)
def test_the_place_of_a_wording_is_its_line_while_the_file_can_be_read(tmp_path, text, place):
    """The file alone is better than no error at all."""
    (tmp_path / "templates").mkdir()
    if text is not None:
        (tmp_path / FILE).write_text(text, encoding="utf-8")
    assert place_of_wording(tmp_path, "optin_ofertas@2") == place
