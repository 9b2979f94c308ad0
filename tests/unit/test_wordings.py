"""The words that people agree to: a version each, which says one thing in every language."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from orchestrator.project import SHIPPED, Project
from orchestrator.wordings import Wording, Wordings

OFFERS = {"topic": "offers", "texts": {"pt-BR": "Quero receber ofertas.", "en": "I want to get offers."}}


def read(**wordings):
    return Wordings.model_validate({"kind": "wordings", "wordings": {"optin_ofertas@4": OFFERS, **wordings}})


def test_a_digest_is_of_what_was_read():
    """The order of languages says nothing; one letter, or another topic, does."""
    digest = Wording.model_validate(OFFERS).digest
    turned = {**OFFERS, "texts": dict(reversed(OFFERS["texts"].items()))}
    assert Wording.model_validate(turned).digest == digest
    for other in ({**OFFERS, "topic": "news"}, {**OFFERS, "texts": {"pt-BR": "Quero receber ofertas!"}}):
        assert Wording.model_validate(other).digest != digest


@pytest.mark.parametrize("name", ["optin_ofertas", "optin_ofertas@", "optin_ofertas@0", "Optin@1", "optin@1.2", "@1"])
def test_an_id_is_a_name_and_a_version(name):
    """So that the next one can be named."""
    with pytest.raises(ValidationError, match="a name and a version"):
        read(**{name: OFFERS})


@pytest.mark.parametrize(
    "changed",
    [{"texts": {}}, {"texts": {"pt-BR": ""}}, {"texts": {"português": "Sim"}}, {"topic": "Ofertas"}, {"x": 1}],
)
def test_words_are_said_in_some_language_for_a_topic(changed):
    """What is empty or misspelt is refused where it is written."""
    with pytest.raises(ValidationError):
        read(**{"optin_ofertas@5": {**OFFERS, **changed}})


def test_the_shop_has_words_for_all_that_rests_on_consent():
    """In both languages, and each of them says how to end it."""
    release = Project(SHIPPED).read()
    resting = {name for name, topic in release.project.topics.items() if topic.legal_basis == "consent"}
    assert {wording.topic for wording in release.wordings.values()} == resting
    for name, wording in release.wordings.items():
        assert set(wording.texts) == {"pt-BR", "en"}, name
        assert "SAIR" in wording.texts["pt-BR"]
        assert "STOP" in wording.texts["en"]


def test_a_project_without_words_is_the_release_that_it_was():
    """No ledger finds a new release in a project that says nothing new."""
    release = Project(SHIPPED).read()
    assert '"wordings"' in release.content
    assert '"wordings"' not in release.model_copy(update={"wordings": {}}).model_dump_json(by_alias=True)
