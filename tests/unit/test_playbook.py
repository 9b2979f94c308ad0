"""The playbook's parts: Markdown that holds any text, times in words, what Git knows, and a folder that is shared."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import ConfigurationError, Conflict
from orchestrator.domain.message import Purpose
from orchestrator.journeys.steps import Channels, Wait
from orchestrator.playbook.changes import Change, Changes, changes_of
from orchestrator.playbook.course import beginning, entry
from orchestrator.playbook.folder import MARK, write
from orchestrator.playbook.limits import Said, limits
from orchestrator.playbook.markdown import code, plain, quoted
from orchestrator.playbook.names import Names
from orchestrator.playbook.steps import told
from orchestrator.playbook.words import Words
from tests.playing import journey, send

EN = Words("en")


@pytest.fixture(scope="module")
def names(release):
    return Names(release, EN)


# --- markdown ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a *b* [c](d) | <e> `f` #g", r"a \*b\* \[c\](d) \| \<e\> \`f\` \#g"),
        ("- not a list", r"\- not a list"),
        ("1. neither", r"1\. neither"),
        ("129.90 BRL", "129.90 BRL"),
        ("two\nlines", "two lines"),
    ],
)
def test_plain_text_has_no_markup(text, shown):
    assert plain(text) == shown


def test_code_may_hold_backticks_and_stand_in_a_table():
    assert (code("a.b"), code("a || b"), code("say `x`")) == ("`a.b`", r"`a \|\| b`", "`` say `x` ``")


def test_quoted_lines_stay_lines_and_paragraphs_paragraphs():
    assert quoted("Oi, Ana,\n\nUm abraço,\nCasa Lume\n") == "> Oi, Ana,\n>\n> Um abraço,\\\n> Casa Lume"


def test_an_address_is_a_link_with_all_of_its_letters():
    assert quoted("Veja: https://a.example/x_y?b=1&c=*d*. *Já*") == (
        r"> Veja: <https://a.example/x_y?b=1&c=*d*>. \*Já\*"
    )


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
@example("http://0")
@example("*https://a.example/_x*_y_")
def test_no_text_leaves_its_quote_or_becomes_markup(text):
    """Every sign of markup is behind a backslash, outside of addresses: those are links, whole, and nothing else is."""
    shown = quoted(text)

    assert all(line.startswith(">") for line in shown.split("\n"))
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`<\[]", re.sub(r"<https?://[^\s<>]+>", "", shown))


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 10 * * tue", "each Tuesday at 10:00"),
        ("30 9 * * mon,wed,fri", "each Monday, Wednesday, and Friday at 09:30"),
        ("0 8 * * *", "every day at 08:00"),
        ("0 8 1 * *", "by the calendar `0 8 1 * *`"),
        ("0 8 * jan tue", "by the calendar `0 8 * jan tue`"),
    ],
)
def test_schedules_that_people_use_are_words(cron, words):
    assert EN.schedule(cron) == words


def test_a_wait_is_told_in_its_order():
    wait = Wait.model_validate({"business_days": 1, "until": "10:00", "days": ["mon", "tue"]})

    assert EN.wait(wait) == "1 business day, then until 10:00, then until it is Monday or Tuesday"


def test_channels_are_told_as_the_step_chooses_them():
    both = Channels(all=(Channel.EMAIL,), first_reachable=(Channel.WHATSAPP, Channel.SMS))

    assert EN.channels(both) == "on E-mail and on the first of WhatsApp, SMS that reaches them"
    assert EN.channels(Channels(first_reachable=(Channel.SMS,))) == "on SMS"
    assert EN.channels("preferred") == "on the channel that they prefer, or the next one that reaches them"


# --- sentences --------------------------------------------------------------------------------------------------------


def test_what_begins_a_journey_is_a_sentence(names):
    """Each kind of trigger, and each kind of entry."""
    quiet = journey(
        send("a"), trigger={"event": "cart.updated", "quiet_for": "1h", "when": "cart.total > 1.0"},
        entry={"key": "cart.id", "again_after": "7d"},
    )  # fmt: skip
    timed = journey(send("a"), trigger={"schedule": "0 8 * * *", "segment": "novos"}, entry={"again_after": "1w"})
    entered = journey(send("a"), trigger={"enters": "novos"})

    assert beginning(names, quiet.trigger) == (
        "Carrinho alterado (`cart.updated`) happened, and then for 1 hour not again, where `cart.total > 1.0`"
    )
    assert beginning(names, timed.trigger) == "every day at 08:00, for everybody in the segment `novos`"
    assert beginning(names, entered.trigger) == "somebody comes into the segment `novos`"
    assert [entry(names, one) for one in (quiet, timed, entered)] == [
        "once for each `cart.id`, and again 7 days later at the earliest",
        "each customer once, and again 1 week later at the earliest",
        "once for each `order.id`",
    ]


def test_every_kind_of_step_is_a_sentence(names):
    """What parts from a step stands below it, with where it leads."""
    one = journey(
        {"id": "a", "update": {"customer.vip": True, "customer.old": None}},
        {"id": "b", "emit": {"event": "survey.due"}},
        {"id": "c", "wait": "3d"},
        {"id": "d", "wait_for": {"event": "shipment.lost"}},
        {"id": "e", "watch": {"for": "9d", "react": [{"event": "shipment.lost", "steps": [send("f", window="2h")]}]}},
        {"id": "g", "branch": [{"when": "order.total > 1.0", "steps": [{"id": "h", "exit": "fim"}]}]},
        {"id": "i", "split": {"x": {"weight": 1}, "y": {"weight": 3, "steps": [send("j", priority="high")]}}},
        {"id": "k", "alert": {"team": "lojas", "message": "{{ order.number }}"}},
        {"id": "l", "handoff": {"team": "sac", "reason": "Atraso"}},
    )

    said = "say [Pedido a caminho](#message-order_shipped) on the channel that they prefer, or the next one that"
    closed = "Atendimento encerrado (`ticket.closed`)"
    assert (
        "\n".join(told(names, one.steps))
        == f"""1. `a`: set `customer.vip` to `True` and take `customer.old` out of the profile
2. `b`: say that Hora de perguntar como foi (`survey.due`) happened, which other journeys may hear
3. `c`: wait 3 days
4. `d`: wait until Pedido extraviado (`shipment.lost`) happens
    - if it does not happen within 90 days: the journey is over
5. `e`: watch for 9 days
    - each time that Pedido extraviado (`shipment.lost`) happens:
        1. `f`: {said} reaches them; too late after 2 hours
    - when 9 days are over: the journey is over
6. `g`: part by what is true
    - if `order.total > 1.0`:
        1. `h`: the journey ends here: fim
    - otherwise: goes on with the next step
7. `i`: part by chance, the same customer always the same way
    - `x`, 25%: goes on with the next step
    - `y`, 75%:
        1. `j`: {said} reaches them; may pass quiet hours and caps
8. `k`: tell the team lojas: `{{{{ order.number }}}}`
9. `l`: hand the customer to the team sac; marketing waits until {closed} happens, at most 72 hours (Atraso)"""
    )


def test_only_rules_that_concern_what_is_said_are_told(release):
    """What is transactional waits for no night of marketing."""
    order = Said(topic="order_updates", purpose=Purpose.TRANSACTIONAL, channels=(Channel.EMAIL,))
    offer = Said(topic="offers", purpose=Purpose.MARKETING, channels=(Channel.EMAIL,))

    assert [*limits(release.project, [order], EN)] == [
        "not to who turned Order updates off there; nobody has to agree to it first"
    ]
    told_of_offers = [*limits(release.project, [offer], EN)]
    assert told_of_offers[0] == "only to who agreed to Offers and news on that channel, and confirmed it"
    assert "`noite`: between 21:00 and 09:00 on the customer's clock, it is put off" in told_of_offers
    assert not [line for line in told_of_offers if "whatsapp_marketing" in line]


# --- who changed it ---------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path):
    """A shop in a folder of a repository, as a shop that shares one with its site has it."""
    if shutil.which("git") is None:
        pytest.skip("no Git")
    shop = tmp_path / "site/shop"
    (shop / "templates/journeys").mkdir(parents=True)

    def git(*words, by="Bia", day="2026-11-03"):
        who = {"NAME": by, "EMAIL": "bia@example.com", "DATE": f"{day}T23:30:00-03:00"}
        env = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()}
        subprocess.run(
            ["git", "-c", "commit.gpgsign=false", *words], cwd=tmp_path / "site", check=True, capture_output=True,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path), **env},
        )  # fmt: skip

    git("init", "-q")
    for name in ("a", "b"):
        (shop / f"templates/journeys/{name}.yaml").write_text("1", "utf-8")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    (shop / "templates/journeys/a.yaml").write_text("2", "utf-8")
    git("commit", "-q", "-a", "-m", "a", by="Léo | Souza", day="2026-11-20")
    (shop / "templates/journeys/b.yaml").write_text("3", "utf-8")
    (shop / "templates/journeys/c.yaml").write_text("1", "utf-8")
    return shop


def test_the_last_commit_of_a_file_and_what_is_in_none(repository):
    found = changes_of(repository)

    assert found.last == {
        "templates/journeys/a.yaml": Change("Léo | Souza", date(2026, 11, 20)),
        "templates/journeys/b.yaml": Change("Bia", date(2026, 11, 3)),
    }
    assert found.uncommitted == {"templates/journeys/b.yaml", "templates/journeys/c.yaml"}


def test_without_a_repository_nothing_is_known(tmp_path):
    assert changes_of(tmp_path) == Changes()
    assert changes_of(tmp_path / "nowhere") == Changes()


# --- the folder -------------------------------------------------------------------------------------------------------


def test_only_its_own_pages_are_written_and_removed(tmp_path):
    """Twice the same writes nothing; a page that is no longer made goes; what somebody else wrote stays."""
    first = write(tmp_path, {"README.md": "a\n", "journeys/x.md": "b\n"})
    (tmp_path / "journeys/notes.md").write_text("ours", "utf-8")
    second = write(tmp_path, {"README.md": "a\n", "journeys/y.md": "c\n"})

    assert first == {"README.md": "written", "journeys/x.md": "written"}
    assert second == {"README.md": "unchanged", "journeys/y.md": "written", "journeys/x.md": "removed"}
    assert (tmp_path / "README.md").read_text("utf-8") == f"{MARK}a\n"
    assert sorted(path.name for path in tmp_path.rglob("*.md")) == ["README.md", "notes.md", "y.md"]


def test_somebody_elses_file_stops_it_before_anything_is_written(tmp_path):
    (tmp_path / "messages.md").write_text("# Ours\n", "utf-8")

    with pytest.raises(Conflict, match=r"messages\.md is there already"):
        write(tmp_path, {"README.md": "a\n", "messages.md": "b\n"})
    assert [path.name for path in tmp_path.iterdir()] == ["messages.md"]


def test_no_link_leads_it_out_of_its_folder(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/journeys").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(Conflict, match="leads out of the folder"):
        write(tmp_path / "out", {"journeys/x.md": "a\n"})
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_a_file_in_the_place_of_the_folder_is_an_error_with_its_reason(tmp_path):
    (tmp_path / "out").write_text("", "utf-8")

    with pytest.raises(ConfigurationError, match="cannot be written"):
        write(tmp_path / "out", {"README.md": "a\n"})
