"""One voice at every door: what a campaign must not say, a reply must not say either, and data cannot make them."""

from __future__ import annotations

import pytest

MESSAGE = "templates/messages/order_confirmed.yaml"
REPLY = "templates/replies/troca.yaml"


def edit(path, before, after):
    text = path.read_bytes().decode()
    assert text.count(before) >= 1
    path.write_bytes(text.replace(before, after, 1).encode())


@pytest.fixture
def rude(shop):
    """A shop in which a message and a reply blame the customer and say "zap"."""
    for file, body in ((MESSAGE, "  body: |\n    "), (REPLY, "    body: |\n      ")):
        edit(shop / file, body, f"{body}Você esqueceu de responder no zap. ")
    return shop


@pytest.mark.usefixtures("rude")
def test_a_message_and_a_reply_break_the_same_rules(jogral):
    """Each at its own place, under the same code."""
    done = jogral("check", "--json")
    told = {(item["code"], item["file"]) for item in done.document["items"] if item["code"].startswith("BV")}
    assert told == {(code, file) for code in ("BV110", "BV120") for file in (MESSAGE, REPLY)}
    assert done.code == 1


def test_mending_touches_the_words_alone_and_ends(rude, jogral):
    """The better word is written, once, and the sentence that has no better one is left to its writer."""
    before = {path: path.read_text("utf-8") for path in rude.rglob("*.yaml")}
    jogral("check", "--fix")
    mended = {path: path.read_text("utf-8") for path in before}
    at_fault = {rude / MESSAGE, rude / REPLY}
    assert {path for path in before if mended[path] != before[path]} == at_fault
    assert all(mended[path] == before[path].replace("no zap.", "no WhatsApp.") for path in at_fault)
    jogral("check", "--fix")
    assert {path: path.read_text("utf-8") for path in before} == mended


def test_a_preview_shows_what_would_not_be_sent(shop, jogral):
    """With the words that the data brings."""
    edit(shop / "templates/personas/ana.yaml", 'number: "10234"', 'number: "10234, que você esqueceu"')
    done = jogral("preview", "order_confirmed", "--persona", "ana")
    assert "blame_customer" in done.out
    assert jogral("check").code == 0
