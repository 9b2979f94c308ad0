"""The playbook of a shop with all starters, read and approved by a person, in both languages."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime

import pytest

from orchestrator.dispatch.promised import book_of
from orchestrator.domain.time import instant
from orchestrator.playbook.changes import Change, Changes
from orchestrator.playbook.pages import Reading, pages_of
from orchestrator.playbook.words import Words
from orchestrator.project import SHIPPED, Project
from orchestrator.starters import STARTERS
from tests.shipped import keep_only

SHOWN = {
    "en": ("README.md", "journeys/post_purchase.md", "journeys/win_back.md"),
    "pt-BR": ("README.md", "journeys/abandoned_cart.md", "journeys/deadline_reminder.md"),
}


def playbook_shop(folder):
    """Casa Lume's ways of asking for consent, and the starters: what is gone is in no golden file twice."""
    shutil.copytree(SHIPPED / "templates", folder / "templates")
    shutil.copy(SHIPPED / "brand_voice.yaml", folder)
    keep_only(folder)
    for starter in STARTERS.values():
        for path, source in starter.files().items():
            (folder / "templates" / path).parent.mkdir(exist_ok=True)
            shutil.copy(source, folder / "templates" / path)


def reading_of(folder):
    """At a fixed hour, with a history: one journey was edited since, one is in no commit."""
    project = Project(folder)
    release = project.read()
    files = [f"templates/{kind}/{name}.yaml" for kind, names in
             (("journeys", release.journeys), ("messages", release.messages)) for name in names]  # fmt: skip
    last = {file: Change("Bia Souza", date(2026, 11, 3)) for file in files}
    del last["templates/journeys/win_back.yaml"]
    return Reading(
        release=release,
        book=book_of(release, {}),
        now=instant(datetime(2026, 11, 25, 15, tzinfo=UTC)),
        persona=project.persona("ana"),
        changes=Changes(known=True, last=last, uncommitted=frozenset({"templates/journeys/deadline_reminder.yaml"})),
    )


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    folder = tmp_path_factory.mktemp("playbook")
    playbook_shop(folder)
    return reading_of(folder)


@pytest.mark.parametrize("language", SHOWN)
def test_pages_are_as_approved(reading, language, golden):
    """Each in one language at least."""
    pages = pages_of(reading, Words(language))

    for name in SHOWN[language]:
        golden(pages[name], f"playbook/{language}/{name}")
    assert pages == pages_of(reading, Words(language))
