"""`jogral whatsapp sync` and `status`, run as a person runs them, with Meta played behind a real socket."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.simulators.frame import playing

TOKEN = "EAAG-played-here"  # opens nothing
ENVIRONMENT = {"JOGRAL_ACCOUNTS__WHATSAPP__TOKEN": TOKEN}


@pytest.fixture
def meta_shop(orders_alone, jogral):
    """The shop, whose WhatsApp goes through the played Meta at this address."""
    path = orders_alone / "templates" / "project.yaml"
    before = path.read_text("utf-8")

    def at(base):
        account = (
            "{id: whatsapp, adapter: whatsapp_cloud, phone_number_id: '106540352242922', "
            f"business_account_id: '102290129340398', base_url: '{base}'}}"
        )
        written = before.replace("{id: whatsapp, adapter: outbox}", account)
        assert written != before
        path.write_text(written, "utf-8")
        assert jogral("db", "upgrade").code == 0
        return lambda *words: jogral("whatsapp", *words, "--json", **ENVIRONMENT)

    return at


def with_meta(does, **options):
    """Meta is played while something is done beside it."""

    async def life():
        async with playing(["meta"], options={"meta": options}) as (meta,):
            return await asyncio.to_thread(does, meta)

    return asyncio.run(life())


def test_templates_are_submitted_polled_and_shown(meta_shop):
    """Over a real socket: once, with what Meta decided afterwards."""

    def does(meta):
        run = meta_shop(meta.base)
        dry = run("sync", "--dry-run")
        first = run("sync")
        waiting = run("status")
        meta.simulator.templates.review = "approve"
        for one in meta.simulator.templates.known.values():
            one.status, one.quality = "APPROVED", "GREEN"
        polled = run("sync", "--poll")
        again = run("sync")
        return dry, first, waiting, polled, again, run("status")

    dry, first, waiting, polled, again, status = with_meta(does, review="pending")
    count = dry.document["summary"]["wanted"]
    assert count > 0
    assert (first.code, first.document["summary"]["submitted"]) == (0, count), first.out
    assert waiting.document["summary"] == {"templates": count, "not_approved": count, "not_submitted": 0}
    assert (polled.code, polled.document["summary"]["changed"]) == (0, count)
    assert again.document["summary"]["submitted"] == 0
    assert {one["status"] for one in status.document["items"]} == {"approved"}
    assert status.document["summary"]["not_approved"] == 0


def test_a_person_reads_what_is_the_matter_last_and_once(meta_shop, jogral):
    """In columns, the graver the later, beside the sums."""

    def does(meta):
        meta_shop(meta.base)("sync")
        known = list(meta.simulator.templates.known.values())
        for one in known:
            one.status = "APPROVED"
        known[0].status, known[0].rejected_reason = "REJECTED", "INVALID_FORMAT"
        known[1].category, known[2].status = "MARKETING", "PENDING"
        polled = jogral("whatsapp", "sync", **ENVIRONMENT)
        return known, polled, jogral("whatsapp", "sync", **ENVIRONMENT), jogral("whatsapp", "status")

    known, polled, again, status = with_meta(does, review="pending")
    rejected, promoted, waiting = (one.name for one in known[:3])
    assert f"Changed: {rejected} (pt_BR): pending → rejected · INVALID_FORMAT" in polled.out
    assert "Changed:" not in again.out
    assert known[3].name not in again.out, "what goes on as it should is counted, not listed"
    lines = [line for line in status.out.splitlines() if line[:1] in "✔·!✖"]
    assert [line.split()[:2] for line in lines[-3:]] == [["·", waiting], ["!", promoted], ["✖", rejected]]
    assert len({line.index("pt_BR") for line in lines if "pt_BR" in line}) == 1, "one column"
    assert "    INVALID_FORMAT" in status.out.splitlines()


def test_where_nothing_can_be_done_it_says_why(meta_shop):
    """An account that takes no templates is named with those that do; and Meta may be away."""
    run = meta_shop("http://127.0.0.1:9")
    unknown, away = run("sync", "--account", "sms"), run("sync")
    assert unknown.code == 2
    assert "whatsapp" in unknown.out + unknown.err
    assert away.code == 1
    assert away.document["troubles"][0]["accounts"] == ["whatsapp"]


@pytest.mark.usefixtures("orders_alone")
def test_where_no_account_in_force_takes_templates_nothing_done_is_no_silent_success(jogral, meta_shop):
    """A changed project.yaml that nobody applied is not what runs: it says how files come into force."""
    jogral("db", "upgrade")
    done = jogral("whatsapp", "sync")
    assert (done.code, "no account takes WhatsApp templates" in done.out) == (0, True), done.out + done.err
    assert "jogral apply" not in done.out
    meta_shop("http://127.0.0.1:1/meta")
    for words in (("sync",), ("status",)):
        done = jogral("whatsapp", *words)
        assert (done.code, "come into force with jogral apply" in done.out) == (0, True), done.out + done.err


def test_an_example_of_the_picture_above_the_text_is_uploaded_with_the_template(meta_shop, orders_alone):
    """Without one Meta would refuse the template: it is not submitted, and it is said where the file belongs."""
    path = orders_alone / "templates" / "messages" / "order_confirmed.yaml"
    written = path.read_text("utf-8")
    header = "  whatsapp:\n    header: {type: document, url: 'https://casalume.example/n/{{ order.number }}.pdf'}\n"
    path.write_text(written.replace("  whatsapp:\n", header, 1), "utf-8")
    samples = orders_alone / "samples"
    samples.mkdir()

    def does(meta):
        run = meta_shop(meta.base)
        lacking = run("sync", "--samples", str(samples))
        (samples / "order_confirmed.pdf").write_bytes(b"GIF89a")
        wrong = run("sync", "--dry-run", "--samples", str(samples))
        (samples / "order_confirmed.pdf").write_bytes(b"%PDF-1.7 uma nota")
        return lacking, wrong, run("sync", "--samples", str(samples)), meta.simulator.templates.known.values()

    lacking, wrong, done, known = with_meta(does)
    failed = [one for one in lacking.document["items"] if one["done"] == "failed"]
    assert {one["message"] for one in failed} == {"order_confirmed"}
    assert "order_confirmed.pdf" in failed[0]["said"]
    assert "--samples" in failed[0]["said"]
    assert lacking.code == wrong.code == 1
    assert "PDF" in next(one["said"] for one in wrong.document["items"] if one["done"] == "failed")
    assert done.code == 0, done.out
    assert {one["done"] for one in done.document["items"] if one["message"] == "order_confirmed"} == {"submitted"}
    assert any(one.components[0].get("format") == "DOCUMENT" for one in known)
