"""The preview page, asked by real requests about a project whose files are edited meanwhile."""

import asyncio
import contextlib
import dataclasses
import http.client
import re
import time
from datetime import UTC, datetime

import pytest

from orchestrator.catalog.links import EXAMPLES
from orchestrator.console.preview_frames import themed
from orchestrator.console.preview_marks import Marks, without_marks
from orchestrator.console.preview_policy import style_sources
from orchestrator.console.preview_watch import Watch
from orchestrator.dispatch.accept import WantedMessage, accept_message
from orchestrator.dispatch.links import PATHS
from orchestrator.dispatch.promised import book_of
from orchestrator.dispatch.publish import publish
from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.customer import Channel
from orchestrator.domain.time import instant
from orchestrator.journeys.steps import Channels
from orchestrator.previews import preview_of
from orchestrator.project import SHIPPED, Project
from tests.doors.conftest import draining
from tests.doors.console.browsing import Server
from tests.shipped import keep_only

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PATH = "/preview/order_delayed"
QUICK = f"{PATH}?lang=en&quick"  # without the whole check, which reads everything


@pytest.fixture
def live(make_shop):
    """A shop of one's own, served, whose files may be edited."""
    with Server(few(make_shop(), "order_delayed")) as server:
        yield server


@pytest.fixture(scope="module")
def still(make_shop):
    """A shop that nobody edits."""
    with Server(few(make_shop(), "order_delayed")) as server:
        yield server


@pytest.fixture(scope="module")
def spoken():
    """The release of the shipped shop, and order_delayed as Ana would get it."""
    project = Project(SHIPPED)
    release = project.read()
    ana, now = project.persona("ana"), instant(NOW)
    return release, preview_of(release, "order_delayed", ana, list(Channel), book_of(release, {}), now)


def few(app, *messages):
    """The shop with these messages alone: what it says is soon checked."""
    keep_only(app.root, *messages)
    return app


def edit(server, before, after, file="templates/messages/order_delayed.yaml"):
    path = server.app.root / file
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def frame_of(server, channel, query="persona=ana"):
    return server.get(f"{PATH}/frames/{channel}?{query}")


# --- the page -------------------------------------------------------------------------------------------------------


def test_every_message_is_listed_by_its_title(still):
    """Each leads to its preview, in the language of the list."""
    page = still.get("/preview?lang=en").page

    assert "Pedido vai atrasar order_delayed" in page.text
    assert f"{PATH}?lang=en" in page.links("/preview/")


def test_four_frames_stand_side_by_side_in_sandboxes(still):
    """No frame may run a script, send a form or speak with the page."""
    frames = still.get(f"{PATH}?lang=en").page.all("iframe")

    assert [frame["title"].split(",")[0] for frame in frames] == ["E-mail", "WhatsApp", "SMS", "Push"]
    assert {frame["sandbox"] for frame in frames} <= {None, ""}
    assert all(re.match(rf"{PATH}/frames/\w+\?", frame["src"]) for frame in frames)


def test_counters_stand_under_the_frames(still):
    """Kilobytes, characters, segments, and what a segment costs where the project says it."""
    text = still.get(f"{PATH}?lang=en&persona=ana").page.text

    assert re.search(r"\d+\.\d KB subject \d+ characters", text)
    assert re.search(r"\d+/1024 utility", text)
    assert re.search(r"1 segment GSM-7 \d+ units", text)
    assert re.search(r"title \d+ characters text \d+ characters", text)


def test_an_estimate_is_shown_where_the_project_knows_the_price(live):
    """Two segments cost twice as much."""
    project = (live.app.root / "templates/project.yaml").read_text(encoding="utf-8")
    priced = re.sub(r"  sms:\n(?:    cost:.*\n)?", "  sms:\n    cost: 0.07 BRL\n", project)
    (live.app.root / "templates/project.yaml").write_text(priced, encoding="utf-8")

    assert "R$0.07 estimated" in live.get(QUICK).page.text


def test_the_persona_the_language_and_the_theme_are_chosen_by_links(still):
    """What is chosen stays chosen, and reaches the frames."""
    page = still.get(f"{QUICK}&persona=hana&locale=pt-BR&theme=dark&size=computer").page

    assert [attrs["value"] for attrs in page.all("option") if "selected" in attrs] == ["hana", "pt-BR"]
    current = [attrs["href"] for attrs in page.all("a") if attrs.get("aria-current") == "true"]
    assert len(current) == 3
    source = page.all("iframe")[0]["src"]
    assert "persona=hana&locale=pt-BR&theme=dark" in source
    assert 'lang="pt-BR"' in still.get(source).text


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/preview/order_delayd", 404, 'did you mean "order_delayed"'),
        (f"{PATH}?persona=anna", 404, 'There is no persona "anna"; did you mean "ana"?'),
        (f"{PATH}?theme=pink", 422, '"theme" cannot be "pink"; it is one of: auto, light, dark.'),
        (f"{PATH}/frames/fax", 404, "There is no frame of this message on fax."),
    ],
)
def test_what_is_not_there_is_said_on_a_page(still, path, status, told):
    """With what there is."""
    answer = still.get(path, Accept_Language="en")

    assert (answer.status, told in answer.page.text) == (status, True)


def test_a_strangers_request_sees_no_preview(still):
    """Personas are made up, but the files are the shop's own."""
    for path in ("/preview", PATH, f"{PATH}/frames/sms", f"{PATH}/changes"):
        assert still.get(path, Host="site.example").status == 403


# --- frames ---------------------------------------------------------------------------------------------------------


def test_a_frame_wears_exactly_the_styles_it_came_with(still):
    """Its policy names each by its hash: no unsafe-inline, no script, nothing loaded, boxed when opened alone."""
    for channel in Channel:
        answer = frame_of(still, channel)
        policy = answer.headers["Content-Security-Policy"].split("; ")

        assert f"style-src {style_sources([answer.text])}" in policy
        assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy)
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert "<script" not in answer.text


def test_a_frame_is_made_from_what_the_outbox_gets(make_shop, spoken):
    """The same values, to the byte: what is previewed for Ana is what an order of hers delivers into the inbox.

    But for the tokens in its links: nobody can have those before there is a delivery.
    """
    release, preview = spoken
    app = make_shop(tables=True)
    persona = Project(SHIPPED).persona("ana")
    publish(app.store, release, app.clock.now())
    register_ana(app, persona)
    asyncio.run(deliver(app, release, {name: persona.data[name] for name in ("order", "shipment")}))
    with app.store.read() as transaction:
        delivered = {entry["channel"]: entry["content"] for entry in transaction.inbox.page(before=None, limit=10)}

    assert set(delivered) == {channel.value for channel in Channel}
    for channel, said in preview.rendered.items():
        for name in ("text", "subject", "preheader", "html", "title", "url"):
            found = delivered[channel.value][name]
            assert with_example_links(app, found) == getattr(said, name), (channel, name)
        assert [claim["value"] for claim in delivered[channel.value]["claims"]] == [one.value for one in said.claims]


def with_example_links(app, text):
    names = {path: purpose.value for purpose, path in PATHS.items()}
    return re.sub(rf"{re.escape(app.public_url)}/([upw])/[\w.-]+", lambda link: EXAMPLES[names[link[1]]], text)


def register_ana(app, persona):
    profile = Profile(
        id="cus_ana",
        locale=persona.customer["locale"],
        emails=(persona.customer["email"],),
        phones=(persona.customer["phone"],),
        push_tokens=("token-of-ana",),
        attributes={"first_name": persona.customer["first_name"]},
    )
    with app.store.write() as transaction:
        register(transaction, [profile], app.clock)


async def deliver(app, release, data):
    """On every channel, by the real door and the real worker."""
    async with draining(app) as drain:
        for channel in Channel:
            wanted = WantedMessage(
                message="order_delayed",
                customer_id="cus_ana",
                channels=Channels(first_reachable=(channel.value,)),
                data=data,
            )
            with app.store.write() as transaction:
                accept_message(transaction, release, app.clock, wanted, identity=f"test/{channel}", origin="test")
            await drain.drain()


def test_without_its_marks_a_letter_is_byte_for_byte_what_is_sent(spoken):
    """Marks and one style are all that a frame adds."""
    _, preview = spoken
    said = preview.rendered[Channel.EMAIL]
    marked = Marks(said).letter()

    assert marked.count("<mark ") == 2
    assert without_marks(marked) == said.html


def test_every_claim_is_marked_in_every_frame_that_states_it(still, spoken):
    """Once as a target for links, and as often as it is said."""
    _, preview = spoken
    for channel, said in preview.rendered.items():
        document = frame_of(still, channel).text
        for claim in said.claims:
            assert document.count(f'<mark data-claim="{claim.name}" id="claim-{claim.name}">') == 1, (channel, claim)


def test_claims_with_the_same_words_are_told_apart_by_their_order(spoken):
    """A date that did not move is still two promises."""
    _, preview = spoken
    said = preview.rendered[Channel.WHATSAPP]
    same = dataclasses.replace(
        said,
        text=said.text.replace(said.claims[1].text, said.claims[0].text),
        claims=tuple(dataclasses.replace(claim, text=said.claims[0].text) for claim in said.claims),
    )

    assert re.findall(r'data-claim="(\w+)"', Marks(same).text("text")) == [one.name for one in said.claims]


def test_what_a_customer_may_be_called_stays_text(spoken):
    """In a frame's text as in a page's."""
    _, preview = spoken
    said = dataclasses.replace(preview.rendered[Channel.SMS], text="<img src=x onerror=alert(1)> 27/11")

    assert "<img" not in Marks(said).text("text")


def test_a_chosen_theme_answers_for_the_device():
    """Automatic asks it; light and dark say yes or no in its place."""
    style = "@media (prefers-color-scheme: dark) {} @media (prefers-color-scheme:light) {}"

    assert themed(style, "auto") == style
    assert themed(style, "dark") == "@media (min-width: 0) {} @media (max-width: 0) {}"
    assert themed(style, "light") == "@media (max-width: 0) {} @media (min-width: 0) {}"


# --- what is wrong --------------------------------------------------------------------------------------------------


def test_a_price_written_by_hand_is_said_with_its_line(live):
    """Rule, place, the line itself and what to do; the frames show how it was before or why it cannot be said."""
    live.get(QUICK)
    edit(live, "Novo prazo de entrega", "Por R$ 99,00, novo prazo de entrega")
    page = live.get(f"{PATH}?lang=en").page

    assert "This cannot be sent as it is" in page.text
    assert "CL101" in page.text
    assert re.search(r"templates/messages/order_delayed\.yaml:\d+:\d+", page.text)
    assert any(attrs.get("role") == "alert" for attrs in page.all("section"))


def test_a_file_that_cannot_be_read_leaves_the_last_frames(live):
    """And says what is wrong with it."""
    live.get(QUICK)
    edit(live, "title: Pedido vai atrasar", "title: [Pedido vai atrasar")
    page = live.get(QUICK).page

    assert "The frames show how it was before." in page.text
    assert len(page.all("iframe")) == 4


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [("owner: marketing\n", "owner: [marketing\n", "YA100"), ("max: 3\n", "max: 3\n    tokens: [x]\n", "BV101")],
)
def test_a_broken_voice_is_said_with_its_place(live, before, after, code):
    """A file that cannot be read at all, and a rule that is written wrong; no check has "nothing to say" then."""
    live.get(QUICK)
    edit(live, before, after, file="brand_voice.yaml")
    text = live.get(f"{PATH}?lang=en").page.text

    assert re.search(rf"brand_voice\.yaml:\d+:\d+ error {code}", text)
    assert "This cannot be sent as it is" in text
    assert "No rule has anything to say" not in text


def test_everything_that_data_brings_against_the_voice_is_said(live):
    """All at once, in the frame that cannot be said."""
    edit(live, 'number: "10234"', 'number: "10234, que você esqueceu, é garantido"',
         file="templates/personas/ana.yaml")  # fmt: skip
    text = live.get(f"{QUICK}&persona=ana").page.text

    assert "and 1 more" in text
    assert all(rule in text for rule in ("(blame_customer)", "(promise_words)"))


def test_a_message_that_never_could_be_read_says_why(live):
    """A page without frames is better than none."""
    edit(live, "title: Pedido vai atrasar", "title: [Pedido vai atrasar")
    answer = live.get(QUICK)

    assert (answer.status, answer.page.all("iframe")) == (200, [])
    assert "This cannot be sent as it is" in answer.page.text


def test_a_folder_that_is_no_project_says_so(make_app):
    """The console of a bare ledger has nothing to preview."""
    with Server(make_app(tables=False)) as server:
        answer = server.get("/preview?lang=en")

    assert (answer.status, "no project here" in answer.page.text) == (404, True)


# --- changes --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def listening(server, query=""):
    """The stream of changes, after its first line."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"{PATH}/changes{query}", headers={"Host": f"localhost:{server.port}"})
    stream = connection.getresponse()
    try:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert [stream.readline() for _ in range(2)] == [b"retry: 1000\n", b"\n"]
        yield stream
    finally:
        stream.close()
        connection.close()


def test_whoever_looks_hears_of_a_change_at_once(live):
    """An event names the new state of the files; the page then says the new words."""
    page = live.get(QUICK).page
    (seen,) = [attrs["data-state"] for attrs in page.all("div") if "data-state" in attrs]
    with listening(live, f"?seen={seen}") as stream:
        edit(live, "Nova data para o seu pedido", "Outra data para o seu pedido")
        lines = [stream.readline() for _ in range(2)]

    assert lines[0] == b"event: files\n"
    assert seen.encode() not in lines[1]
    assert "Outra data" in frame_of(live, "push").text


def test_who_comes_late_hears_of_what_was_missed(live):
    """Between the page and its first event a file may have been saved."""
    with listening(live, "?seen=older") as stream:
        assert stream.readline() == b"event: files\n"


def test_a_server_that_stops_waits_for_nobody_who_looks(make_shop):
    """An open stream ends with the server, long before its patience does."""
    with contextlib.ExitStack() as looking:
        with Server(make_shop()) as server:
            stream = looking.enter_context(listening(server))
            began = time.monotonic()
        told = stream.read()  # all that came before its end: the state of the files, if the server had seen it by then

    assert time.monotonic() - began < 5
    assert told.count(b"\n\n") == told.count(b"event: files\n") <= 1


def test_while_nobody_looks_nobody_asks_the_disk():
    """The watch begins with the first who looks, and ends with the last."""
    asked = []

    async def look():
        watch = Watch(lambda: asked.append(1) or "new")
        assert asked == []
        changes = watch.changes("old")
        assert await anext(changes) == "new"
        await changes.aclose()
        return watch

    watch = asyncio.run(look())
    assert asked
    assert watch._task is None


# --- the file -------------------------------------------------------------------------------------------------------


def test_the_command_writes_one_file_with_four_frames(jogral, shop, tmp_path):
    """In the language of the command, under a policy without unsafe-inline."""
    keep_only(shop, "order_delayed")
    file = tmp_path / "preview.html"
    done = jogral("preview", "order_delayed", "--persona", "ana", "--html", str(file), "--lang", "en")
    text = file.read_text(encoding="utf-8")

    assert (done.code, str(file) in done.out) == (0, True)
    assert text.count("srcdoc=") == 4
    assert 'http-equiv="Content-Security-Policy"' in text
    assert "unsafe-inline" not in text


def test_the_file_is_of_one_message_on_every_channel(jogral, tmp_path):
    """What cannot be meant is refused before anything is written."""
    file = tmp_path / "preview.html"
    for arguments in (["--all"], ["order_delayed", "--channel", "sms"]):
        assert jogral("preview", *arguments, "--html", str(file)).code == 2
    assert not file.exists()
