"""Every shipped message on every channel, in both languages, for two people: files that a person has read.

`pytest tests/golden --refresh-golden` writes them anew; `git diff tests/golden/messages` shows what customers would
read differently.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shipped import LOCALES, MESSAGES, said, spoken

FOLDER = Path(__file__).parent / "messages"

# Ana ordered one thing and is in the middle of it all; Hana ordered twelve.
PERSONAS = ("ana", "hana")


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("message", MESSAGES)
def test_a_shipped_message_reads_as_it_was_approved(message, locale, persona, golden):
    """On every channel: the words, and of an e-mail the page as well."""
    for way in spoken():
        if (way.message, way.locale) == (message, locale):
            rendered = said(way, persona)
            golden(read_aloud(rendered), f"{way.file(persona)}.txt")
            if rendered.html:
                golden(rendered.html, f"{way.file(persona)}.html")


def read_aloud(rendered):
    """Everything that the customer sees, and what it costs, in the order in which they see it."""
    parts = [
        ("Assunto", rendered.subject),
        ("Prévia", rendered.preheader),
        ("Título", rendered.title),
        ("", f"\n{rendered.text}\n"),
        *(("Botão", f"{button.label} → {button.url or button.emit or 'responde'}") for button in rendered.buttons),
        ("Abre", rendered.url),
        ("Modelo", _template(rendered)),
        ("SMS", _cost(rendered)),
        *(("Promete", f"{claim.name} = {claim.value} ({claim.text})") for claim in rendered.claims),
    ]
    return "".join(f"{label}: {value}\n" if label else f"{value}\n" for label, value in parts if value)


def _template(rendered):
    """Its name has six digits of what is approved: where they change, Meta reads it again."""
    said = rendered.template
    return " · ".join(said[key] for key in ("name", "category", "language")) if said else ""


def _cost(rendered):
    if not rendered.segments:
        return ""
    return f"{rendered.encoding}, {rendered.units} de 160, {rendered.segments} parte"


def test_no_golden_file_is_left_of_what_is_said_no_longer():
    """A message that is gone, a channel that fell silent, a translation that was taken back."""
    written = {path.relative_to(FOLDER.parent).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    expected = {
        f"{way.file(persona)}.{kind}"
        for way in spoken()
        for persona in PERSONAS
        for kind in (("txt", "html") if said(way, persona).html else ("txt",))
    }
    assert written == expected
