"""A reply is read from YAML as a message for each of its variants, and becomes a part of the release."""

from __future__ import annotations

import shutil

import pytest

from orchestrator.catalog.voice import Voice
from orchestrator.documents import parse
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import DocumentError
from orchestrator.domain.message import Purpose
from orchestrator.domain.stage import Stage
from orchestrator.project import Project
from orchestrator.release import read_release
from orchestrator.replies.model import Reply, spoken
from orchestrator.replies.read import as_message, faults, read_reply, read_translation
from tests.check.cases import GOOD

ONDE = (GOOD / "templates/replies/onde.yaml").read_text(encoding="utf-8")
ONDE_EN = (GOOD / "templates/replies/onde.en.yaml").read_text(encoding="utf-8")
VOICE = Voice.model_validate({"kind": "brand_voice", "id": "loja", "locale": "pt-BR", "owner": "marketing"})


def document(text=ONDE, file="templates/replies/onde.yaml"):
    return parse(text, file=file)


def onde(text=ONDE) -> Reply:
    return read_reply(document(text), "onde")


def told(error):
    return [(one.line, one.column, one.message) for one in error.value.findings]


@pytest.fixture
def loja(tmp_path):
    return shutil.copytree(GOOD, tmp_path / "loja")


# --- a variant is a message -------------------------------------------------------------------------------------------


def test_each_variant_is_a_message_that_claims_what_it_states():
    first, last = spoken(onde())
    assert (first.id, last.id) == ("onde", "onde")
    assert (set(first.claims), set(last.claims)) == ({"arrives"}, set())
    assert first.stage is Stage.SUPPORT
    assert first.channels.push is None
    assert first.channels.whatsapp.template is None


def test_what_is_asked_is_a_variable_without_a_fallback():
    assert spoken(onde())[0].variables["ticket.next_step"].fallback is None


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("shortcut: /onde", "shortcut: onde", (6, 11), "shortcut"),
        ("{label: Próximo passo, max_length: 120}", "{label: Próximo passo, type: choice}", (11, 21), "`choices`"),
        ("{label: Próximo passo, max_length: 120}", "{label: X, type: choice, choices: [a, a]}", (11, 21), "twice"),
        ("  ticket.next_step:", "  order.number:", (1, 1), "a variable as well"),
        ("  ticket.next_step:", "  order.number.short:", (1, 1), "one value cannot hold another"),
        ("  ticket.next_step:", "  claims.next_step:", (1, 1), "the claims themselves"),
        ("  - otherwise: true\n", "  - otherwise: true\n    when: 1 == 1\n", (25, 5), "either"),
    ],
)
def test_what_cannot_be_a_reply_is_refused_where_it_is_written(old, new, place, says):
    with pytest.raises(DocumentError) as error:
        onde(ONDE.replace(old, new))
    (line, column, message), *_ = told(error)
    assert says in message
    assert (line, column) == place


# --- as a message's document ------------------------------------------------------------------------------------------


def test_findings_of_a_variant_stand_in_the_replys_file():
    """Paths of a message lead to where the reply says the same."""
    own = document()
    second = as_message(own, spoken(onde())[1], 1)
    where = {
        path: (found.file.rpartition("/")[2], found.line, found.column)
        for path in (
            ("content", "headline"), ("channels", "email", "subject"), ("content", "body"),
            ("channels", "whatsapp", "body"), ("channels", "sms"), ("variables", "ticket.next_step"),
            ("variables", "order.number"), ("topic",),
        )
        for found in [second.finding(path, "x", code="X", on_key=len(path) == 2 and path[0] != "content")]
    }  # fmt: skip
    assert where[("content", "headline")] == where[("channels", "email", "subject")] == ("onde.yaml", 3, 8)
    assert where[("content", "body")] == where[("channels", "whatsapp", "body")] == ("onde.yaml", 26, 11)
    assert where[("channels", "sms")] == ("onde.yaml", 25, 5)
    assert where[("variables", "ticket.next_step")] == ("onde.yaml", 11, 3)
    assert where[("variables", "order.number")] == ("onde.yaml", 15, 3)
    assert where[("topic",)] == ("onde.yaml", 5, 8)


def test_an_offset_into_a_body_is_a_column_of_the_file():
    variant = as_message(document(), spoken(onde())[1], 1)
    found = variant.finding(("content", "body"), "x", code="X", offset=len("Estamos procurando "), length=1)
    assert (found.line, found.column) == (27, 7 + len("Estamos procurando "))
    assert variant.fix(("content", "body"), "E", offset=0, length=1).start_line == 27


def test_a_misspelt_name_is_found_in_its_variant_alone():
    text = ONDE.replace("procurando o pedido {{ order.number }}", "procurando o pedido {{ order.nunber }}")
    found = [*faults(onde(text), VOICE, document(text), ())]
    assert {(one.code, one.line) for one in found} == {("VA120", 27)}
    assert {one.fix.replacement for one in found} == {"order.number"}


# --- translations -----------------------------------------------------------------------------------------------------


def test_a_translation_says_the_same_in_other_words():
    english = read_translation(document(ONDE_EN, "onde.en.yaml"), onde())
    assert english.title == "Where is my order"
    assert english.keywords == ("tracking", "delivery")
    assert english.ask["ticket.next_step"].label == "Next step"
    assert english.ask["ticket.next_step"].max_length == 120
    assert [variant.when for variant in english.variants] == ["order.promised_date >= today", None]
    assert english.variants[1].body.startswith("We are looking")
    assert english.shortcut == "/onde"


def test_a_translation_changes_nothing_else():
    text = ONDE_EN + "shortcut: /where\nowner: support\n"
    with pytest.raises(DocumentError) as error:
        read_translation(document(text, "onde.en.yaml"), onde())
    assert [message for _, _, message in told(error)] == [
        'A translation cannot change "shortcut"',
        'A translation cannot change "owner"',
    ]


def test_a_translation_of_nothing_is_refused(loja):
    (loja / "templates/replies/troca.en.yaml").write_text(ONDE_EN.replace("id: onde", "id: troca"), encoding="utf-8")
    with pytest.raises(DocumentError, match='There is no reply "troca" to translate'):
        Project(loja).read()


# --- in the release ---------------------------------------------------------------------------------------------------


def test_a_release_says_replies_as_its_files_do():
    release = Project(GOOD).read()
    again = read_release(release.content)
    assert again.id == release.id
    published = again.replies["onde"]
    assert published.reply == release.replies["onde"].reply
    assert published.purpose is Purpose.TRANSACTIONAL
    assert [one.purpose for one in published.spoken] == [Purpose.TRANSACTIONAL] * 2
    assert published.spoken is published.spoken
    assert published.said_in("en").title == "Where is my order"
    assert published.said_in("fr") is published.reply


def test_a_project_without_replies_is_the_release_that_it_was(loja):
    shutil.rmtree(loja / "templates/replies")
    release = Project(loja).read()
    assert '"replies"' not in release.content
    assert read_release(release.content).replies == {}


def test_a_reply_at_fault_is_not_answered_with(loja):
    """The others are: one file's fault is told once, and stops a release."""
    path = loja / "templates/replies/onde.yaml"
    path.write_text(ONDE.replace("{{ claims.arrives }}", "{{ claims.arrivs }}"), encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        Project(loja).read()
    assert [(one.code, one.file) for one in error.value.findings] == [("CL110", "templates/replies/onde.yaml")]


def test_where_facts_cannot_be_read_it_is_told_once(loja):
    path = loja / "templates/replies/onde.yaml"
    text = ONDE.replace("from: order.promised_date", "from: policies.return_window").replace("delivery_date", "policy")
    path.write_text(text, encoding="utf-8")
    (loja / "templates/facts/prazos.yaml").write_text("kind: [\n", encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        Project(loja).read()
    assert {one.file for one in error.value.findings} == {"templates/facts/prazos.yaml"}


def test_replies_are_said_on_three_channels():
    message = Project(GOOD).read().replies["onde"].spoken[0].message
    assert message.said_on == (Channel.EMAIL, Channel.WHATSAPP, Channel.SMS)
