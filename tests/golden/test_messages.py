"""Every shipped message as Ana reads it, on every channel: files that a person has read, and approved.

`pytest tests/golden --refresh-golden` writes them anew; `git diff tests/golden/messages` shows what customers would
read differently.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.catalog.render import render
from orchestrator.domain.customer import Channel
from orchestrator.project import SHIPPED

MESSAGES = sorted(path.stem for path in (SHIPPED / "templates" / "messages").glob("*.yaml"))


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("message", MESSAGES)
def test_a_shipped_message_reads_as_it_was_approved(message, channel, release, project, golden):
    """A channel on which it is deliberately silent has no file."""
    name = f"messages/{message}.{channel.value}"
    if channel not in release.said_on[message]:
        assert not (Path(__file__).parent / f"{name}.txt").exists()
        return
    said = render(release.messages[message], release.voice, "pt-BR", channel, project.persona("ana").data)
    golden(read_aloud(said), f"{name}.txt")
    if said.html:
        golden(said.html, f"{name}.html")


def read_aloud(said):
    """Everything that the customer sees, and what it costs, in the order in which they see it."""
    parts = [
        ("Assunto", said.subject),
        ("Prévia", said.preheader),
        ("Título", said.title),
        ("", f"\n{said.text}\n"),
        *(("Botão", f"{button.label} → {button.url or button.emit}") for button in said.buttons),
        ("Abre", said.url),
        ("Modelo", " · ".join(said.template.values()) if said.template else ""),
        ("SMS", f"{said.encoding}, {said.units} de 160, {said.segments} parte" if said.segments else ""),
        *(("Promete", f"{claim.name} = {claim.value} ({claim.text})") for claim in said.claims),
    ]
    return "".join(f"{label}: {value}\n" if label else f"{value}\n" for label, value in parts if value)


def test_no_golden_file_is_left_of_a_message_that_is_gone():
    written = {path.name.split(".")[0] for path in (Path(__file__).parent / "messages").iterdir()}
    assert written == set(MESSAGES)
