"""`jogral send-test`: through the real adapter, to the allow-list alone, and counted nowhere."""

from __future__ import annotations

import email
from email import policy

import pytest

from tests.sinks.process import running

ME = "me@team.example"


@pytest.fixture(scope="module")
def mails(tmp_path_factory):
    """A mail server of our own."""
    with running("smtp", tmp_path_factory.mktemp("sink") / "mails.jsonl") as sink:
        yield sink


@pytest.fixture
def mailing(open_shop, shop, mails):
    """The command in a shop whose letters go to that server."""
    file = shop / "templates/project.yaml"
    account = f"- {{id: email, adapter: email_smtp, host: 127.0.0.1, port: {mails.port}, security: none}}"
    file.write_text(file.read_text("utf-8").replace("- {id: email, adapter: outbox}", account), "utf-8")
    return open_shop


def counted(ledger):
    """What is left in the ledger of it: deliveries, entries of the inbox, and what is on record."""
    with ledger.read() as transaction:
        return transaction.deliveries.tally(), transaction.inbox.page(before=None, limit=10)


def test_a_letter_arrives_as_a_customer_would_get_it_and_says_that_it_is_a_test(mailing, mails, ledger):
    """In the inbox of whoever tries it: marked, and with links that lead nowhere."""
    before = len(mails.received())
    done = mailing("send-test", "order_shipped", "--to", ME, "--yes", "--json", JOGRAL_ALLOW_LIST="team.example")

    (mail,) = mails.received()[before:]
    letter = email.message_from_string(mail["message"] if "message" in mail else mail["data"], policy=policy.default)
    assert done.code == 0, done.err
    assert done.document["outcome"] == "sent"
    assert letter["To"] == ME
    assert letter["Subject"].startswith("[teste] ")
    assert "10234" in letter.get_body(("plain",)).get_content()
    assert counted(ledger) == ({}, [])
    (entry,) = mailing("audit", "log", "--kind", "message.tested", "--json").document["items"]
    assert entry["kind"] == "message.tested"
    assert ME not in str(entry)


def test_nobody_else_is_written_to(mailing, mails):
    """Exit 4, with the very setting that allows this address and no other."""
    before = len(mails.received())
    done = mailing("send-test", "order_shipped", "--to", "ana@example.com", JOGRAL_ALLOW_LIST=ME)

    assert done.code == 4
    assert f"JOGRAL_ALLOW_LIST={ME},ana@example.com" in done.err
    assert len(mails.received()) == before


def test_it_is_written_for_whom_one_asks(mailing, mails):
    """A customer of the ledger, by their id."""
    before = len(mails.received())
    done = mailing("send-test", "order_shipped", "--to", ME, "--as", "cus_ana", "--json", JOGRAL_ALLOW_LIST=ME)

    assert done.code == 0, done.err
    assert len(mails.received()) == before + 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["order_shiped"], 'did you mean "order_shipped"'),
        (["order_shipped", "--as", "nobody"], "no persona and no customer"),
        (["order_shipped", "--channel", "sms"], "does not reach such an address"),
        (["order_shipped", "--account", "emial"], 'did you mean "email"'),
    ],
)
def test_slips_are_told_and_nothing_is_sent(mailing, mails, arguments, told):
    before = len(mails.received())
    done = mailing("send-test", *arguments, "--to", ME, JOGRAL_ALLOW_LIST=ME)

    assert done.code == 2
    assert told in done.err
    assert len(mails.received()) == before
