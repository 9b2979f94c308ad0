"""`jogral bounces read`, run as a person runs it: a mailbox of what came back, told to the ledger."""

from __future__ import annotations

import json
import mailbox
from pathlib import Path

import pytest
from sqlalchemy import text

from orchestrator.app import App, SystemClock
from orchestrator.dispatch.publish import publish
from orchestrator.settings import Settings
from orchestrator.tokens import TokenPurpose
from tests.contract.world import with_project
from tests.doors.conftest import drained

VECTORS = Path(__file__).parents[1] / "vectors" / "email_bounces"
ORDER = {"number": "10234", "url": "https://casalume.example/p/10234", "promised_date": "2026-11-30"}
ACCOUNT = {
    "id": "email", "adapter": "email_smtp", "host": "smtp.casalume.example",
    "bounce_to": "bounce+{reference}@bounces.casalume.example",
}  # fmt: skip
ANSWER = "From: Ana <ana@example.com>\nMessage-ID: <h1@example.com>\n\nPor favor me tirem dessa lista.\n"


@pytest.fixture
def sent(open_shop, ledger, shop, release):
    """The id of a message that was sent by a shop whose e-mail goes through SMTP."""
    data = json.dumps({"order": ORDER, "shipment": {"promised_date": "2026-11-30"}})
    done = open_shop("send", "order_confirmed", "--customer", "cus_ana", "--data", "-", stdin=data)
    assert done.code == 0, done.err
    drained(App(root=shop, settings=Settings(), store=ledger, clock=SystemClock()))
    through(ledger, release, ACCOUNT)
    ((found,),) = rows(ledger, "SELECT id FROM deliveries WHERE state = 'sent'")
    return found


def through(ledger, release, *accounts):
    """E-mail goes through these accounts from now on."""
    channels = json.loads(release.content)["project"]["channels"]
    channels["email"]["accounts"] = list(accounts)
    publish(ledger, with_project(release, channels=channels), SystemClock().now())


def rows(ledger, query):
    with ledger.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def bounce(reference, file="01_hard_user_unknown.eml"):
    """A letter of the vectors about one of our messages."""
    raw = (VECTORS / file).read_text("utf-8").replace("01J9Z3", reference)
    return raw.replace("@bounces.loja.example.com.br", "@bounces.casalume.example").encode()


def written(place, form, letters):
    """Letters in a mailbox of some form."""
    match form:
        case "mbox":
            box = mailbox.mbox(place)
        case "Maildir":
            box = mailbox.Maildir(place)
        case "folder":
            place.mkdir()
            for number, one in enumerate(letters):
                (place / f"{number}.eml").write_bytes(one)
            return place
    for one in letters:
        box.add(one)
    box.close()
    return place


@pytest.fixture
def mailing(open_shop, ledger, release):
    """The command in a shop whose e-mail goes through SMTP."""
    through(ledger, release, ACCOUNT)
    return open_shop


def test_a_mailbox_is_read_and_what_is_in_it_done(open_shop, sent, ledger, tmp_path):
    """A dead address is written to no more, and an answer is heard; read again, nothing."""
    strange = bounce("msg_OTHER").replace(b"bounce+", b"")
    place = written(tmp_path / "box", "mbox", [bounce(sent), ANSWER.encode(), strange])
    before = place.read_bytes()
    done = open_shop("bounces", "read", place, "--json")

    assert done.code == 0, done.err
    counts = {name: done.document[name] for name in ("letters", "hard", "replies", "opt_outs", "not_ours")}
    assert counts == {"letters": 3, "hard": 1, "replies": 1, "opt_outs": 1, "not_ours": 1}
    assert rows(ledger, "SELECT reason FROM suppressions ORDER BY reason") == [("bounce",)]
    again = open_shop("bounces", "read", place, "--json").document
    assert (again["opt_outs"], again["known"]) == (0, 1)
    assert rows(ledger, "SELECT count(*) FROM inbound_texts") == [(1,)]
    assert place.read_bytes() == before


@pytest.mark.parametrize("form", ["mbox", "Maildir", "folder"])
def test_a_dry_run_says_what_is_in_a_mailbox_and_does_nothing(mailing, ledger, tmp_path, form):
    """Whatever its form; and no address is shown."""
    place = written(tmp_path / "box", form, [bounce("msg_1"), ANSWER.encode()])
    done = mailing("bounces", "read", place, "--dry-run")

    assert done.code == 0
    assert "1  address that does not exist" in done.out
    assert "1  of them an opt-out" in done.out
    assert "Nothing was changed." in done.out
    assert "ana@" not in done.out + done.err
    assert rows(ledger, "SELECT count(*) FROM receipts") == rows(ledger, "SELECT count(*) FROM inbound_texts") == [(0,)]


def test_a_letter_may_come_through_a_pipe(mailing, ledger):
    """As a mail server gives it."""
    done = mailing("bounces", "read", "-", stdin=bounce("msg_1", "08_block_spam_content.eml").decode())
    assert "1  letter refused for what we are or say" in done.out
    assert rows(ledger, "SELECT kind, rejection FROM receipts") == [("bounced", "policy")]
    assert rows(ledger, "SELECT count(*) FROM suppressions") == [(0,)]


def test_a_complaint_by_a_link_of_ours_ends_what_its_message_went_to(open_shop, sent, ledger, shop):
    """The report names neither the message nor the person; a link that is not ours is passed over."""
    keyring = App(root=shop, settings=Settings(), store=ledger, clock=SystemClock()).keyring
    subject = {"customer": "cus_ana", "address": "adr_1", "topic": "news", "delivery": sent}
    token = keyring.issue(TokenPurpose.UNSUBSCRIBE, subject, now=SystemClock().now())
    raw = (VECTORS / "22_arf_complaint.eml").read_text("utf-8").replace("01J9Z3@", "x@another.")
    for link, ended in ((token[:-2], []), (token, [("email", "complaint")])):
        named = raw.replace("Message-ID:", f"List-Unsubscribe: <https://casalume.example/u/{link}>\nMessage-ID:")
        assert open_shop("bounces", "read", "-", stdin=named).code == 0
        assert rows(ledger, "SELECT channel, reason FROM suppressions") == ended


def test_what_is_no_letter_is_counted(mailing, tmp_path):
    """And the others are read all the same."""
    place = written(tmp_path / "box", "folder", [b"nothing", bounce("msg_1")])
    done = mailing("bounces", "read", place, "--json")
    assert (done.code, done.document["ok"]) == (1, False)
    assert (done.document["unreadable"], done.document["hard"]) == (1, 1)


def test_the_account_is_named_where_several_send(open_shop, ledger, release, tmp_path):
    """And where none does, that is said."""
    (tmp_path / "one.eml").write_text(ANSWER)
    assert "No account" in open_shop("bounces", "read", tmp_path / "one.eml").err
    through(ledger, release, ACCOUNT, {**ACCOUNT, "id": "other"})
    done = open_shop("bounces", "read", tmp_path / "one.eml")
    assert (done.code, "--account" in done.err) == (2, True)
    (tmp_path / "empty").mkdir()
    assert "no letter" in open_shop("bounces", "read", tmp_path / "empty", "--account", "other").err
