"""The preview page in a real browser: its looks, how fast it follows the files, and that everybody can use it."""

import asyncio
import base64
import itertools
import json
import os
import time
from datetime import date
from pathlib import Path

import pytest

from orchestrator.console.preview_file import preview_file
from orchestrator.dispatch.promised import book_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.time import instant
from orchestrator.previews import preview_of
from orchestrator.project import SHIPPED, Project
from tests.doors.console import chromium
from tests.doors.console.browsing import Server
from tests.doors.console.test_everybody import FAULTS
from tests.doors.console.test_preview import NOW, PATH, edit, few

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text(encoding="utf-8")
SERIOUS = {"serious", "critical"}

# Where pictures are kept for a person's eye; without it they are only taken.
PICTURES = os.environ.get("JOGRAL_TEST_PICTURES")

LOOKS = list(itertools.product((1280, 768, 390), (False, True)))

# Frames that are out of sight are not painted, so the window is as high as the page. Then: everything has arrived.
HEIGHT = "document.documentElement.scrollHeight"
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"

# Whether a colour of a lit claim is to be seen in each device; frames are other documents, so the picture is asked.
LIT = (255, 223, 107)

# The page shows something else than now: a frame, or what is wrong.
FOLLOWED = """new Promise((done) => {
  const shown = () => [
    ...[...document.querySelectorAll(".device iframe")].map((frame) => frame.dataset.version),
    document.querySelector(".overlay")?.textContent,
  ].join();
  const before = shown();
  document.addEventListener("jogral:shown", () => shown() !== before && done(true));
})"""


@pytest.fixture(scope="module")
def browser():
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium, or set JOGRAL_TEST_CHROMIUM")
    return found


@pytest.fixture(scope="module")
def run():
    """Run a coroutine; all of them in one loop, in which the browser lives."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def only_tab(browser, run):
    """One browser for all: starting it takes longer than most that is asked of it."""
    opening = chromium.tab(browser)
    tab = run(opening.__aenter__())
    yield tab
    run(opening.__aexit__(None, None, None))


@pytest.fixture
def tab(only_tab, run):
    """Its page, of which nobody has complained; it follows no file any more when the test ends."""
    only_tab.complaints.clear()
    yield only_tab
    run(only_tab.open("about:blank"))


@pytest.fixture(scope="module")
def shop(make_shop):
    """Whoever edits it takes `live`."""
    with Server(few(make_shop(), "order_delayed", "cart_offer", "cart_reminder")) as server:
        yield server


@pytest.fixture
def live(shop):
    """The shop, whose message may be edited until the end of the test."""
    path = shop.app.root / "templates/messages/order_delayed.yaml"
    before = path.read_bytes()
    yield shop
    path.write_bytes(before)


async def whole(tab, url, **look):
    """Open a page with a window that is as high as the page."""
    await tab.open(url, **look)
    await grown(tab, **look)


async def grown(tab, **look):
    """The page that is open, in another window, which is as high as it."""
    await tab.look(**look)
    await tab.look(**look | {"height": await tab.evaluate(HEIGHT)})
    await tab.evaluate(PAINTED)


async def snapshot(tab):
    """The window as a PNG: `Tab.picture` resizes it for a moment, which frames of other processes follow late."""
    return base64.b64decode((await tab.ask("Page.captureScreenshot"))["data"])


async def serious(tab):
    """What axe-core finds, as rule and element; frames are documents of their own, and sandboxed against it too."""
    await tab.evaluate(AXE + ";0")
    found = await tab.evaluate(
        "axe.run(document, {iframes: false, resultTypes: ['violations']})"
        ".then((found) => JSON.stringify(found.violations))"
    )
    return [
        (one["id"], node["html"][:100])
        for one in json.loads(found)
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]


def keep(name, picture):
    assert picture.startswith(b"\x89PNG")
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        (Path(PICTURES) / f"{name}.png").write_bytes(picture)


@pytest.mark.parametrize(("language", "persona"), [("pt-BR", "ana"), ("en", "hana")])
def test_the_page_looks_right_everywhere(shop, tab, run, language, persona):
    """Three widths, light and dark: no complaint of the browser, nothing too wide, nothing serious."""

    async def look():
        await tab.open(f"{shop.url}{PATH}?lang={language}&persona={persona}")
        for width, dark in LOOKS:
            await grown(tab, width=width, dark=dark)
            name = f"preview-{width}-{'dark' if dark else 'light'}-{language}"
            keep(name, await snapshot(tab))
            for fault in await faults_of(tab):
                yield name, fault

    assert run(every(look())) == []


async def faults_of(tab):
    """What is wrong with the page as it is seen now."""
    return [*json.loads(await tab.evaluate(FAULTS)), *tab.complaints, *await serious(tab)]


async def every(found):
    return [one async for one in found]


def test_other_views_are_as_right(shop, tab, run):
    """As on a computer, with a claim lit, an offer, a channel that is silent, and the list of messages."""
    views = {
        "computer": f"{shop.url}{PATH}?lang=pt-BR&persona=ana&size=computer&theme=dark",
        "lit": f"{shop.url}{PATH}?lang=pt-BR&persona=ana&claim=new_date",
        "offer": f"{shop.url}/preview/cart_offer?lang=en&persona=ana",
        "silent": f"{shop.url}/preview/cart_reminder?lang=pt-BR",
        "list": f"{shop.url}/preview?lang=pt-BR",
    }

    async def look():
        for name, url in views.items():
            await whole(tab, url, width=1280)
            keep(f"preview-{name}", await snapshot(tab))
            for fault in await faults_of(tab):
                yield name, fault

    assert run(every(look())) == []


def test_what_is_wrong_looks_right(live, tab, run):
    """On a desk and in a hand, light and dark."""
    edit(live, "Novo prazo de entrega", "Por R$ 99,00, novo prazo de entrega")

    async def look():
        await tab.open(f"{live.url}{PATH}?lang=pt-BR&persona=ana")
        for width, dark in ((1280, False), (390, True)):
            await grown(tab, width=width, dark=dark)
            keep(f"preview-overlay-{width}", await snapshot(tab))
            for fault in await faults_of(tab):
                yield width, fault

    assert run(every(look())) == []


def test_a_saved_file_is_in_the_frames_within_half_a_second(live, tab, run):
    """From the save to the load of the last frame that changed, more often than not: machines are shared."""

    async def follow():
        took = []
        await tab.open(f"{live.url}{PATH}?lang=en&persona=ana&quick")
        words = [f"{word} data para o seu" for word in ("Nova", "Uma", "Sem", "Com", "Nova", "Uma")]
        for before, after in itertools.pairwise(words):
            shown = asyncio.create_task(tab.evaluate(FOLLOWED))
            await tab.evaluate("0")  # the page listens now: it answers in order
            edit(live, before, after)
            began = time.perf_counter()
            assert await shown
            took.append(time.perf_counter() - began)
            version = await tab.evaluate('document.querySelector("[data-voice=push] iframe").dataset.address')
            assert after in live.get(version).text
        return took

    took = run(follow())
    assert tab.complaints == []
    assert sorted(took)[len(took) // 2] < 0.5, took


def test_a_fault_lies_over_the_page_as_soon_as_it_is_saved(live, tab, run):
    """And goes away with it; the frames that were right stay."""

    async def follow():
        await tab.open(f"{live.url}{PATH}?lang=en&persona=ana&quick")
        said = []
        for before, after in (("title: Pedido", "title: [Pedido"), ("title: [Pedido", "title: Pedido")):
            shown = asyncio.create_task(tab.evaluate(FOLLOWED))
            await tab.evaluate("0")
            edit(live, before, after)
            await shown
            said.append(await tab.evaluate("document.querySelector('.overlay')?.textContent || ''"))
        return said

    wrong, mended = run(follow())
    assert "templates/messages/order_delayed.yaml" in wrong
    assert mended == ""


# Where the focus is and which promise is lit. Frames live in other processes, so the focus moves a moment after the
# key: it is looked for until it is elsewhere, or for a while where it moves inside a frame.
STATE = """new Promise((done) => {
  const focused = () => {
    const { id, title, textContent } = document.activeElement;
    return id || title || textContent.trim();
  };
  const lit = () => [...document.querySelectorAll("[data-lit]")].map((one) => one.dataset.claim || one.dataset.claimOf);
  const begun = performance.now();
  let frames = 30;
  const look = () => {
    if (focused() === BEFORE && (frames-- > 0 || performance.now() < begun + 250)) requestAnimationFrame(look);
    else done(JSON.stringify([focused(), lit()]));
  };
  look();
})"""


def test_the_keyboard_reaches_everything(shop, tab, run):
    """In the order of the page: controls, pause, four frames, every promise, which lights up when it is reached."""

    async def tabulate():
        await tab.open(f"{shop.url}{PATH}?lang=en&persona=ana&quick", width=1280)
        reached = [("", [])]
        while reached[-1][0] != "claim-new_date" and len(reached) < 40:
            await press(tab, "Tab")
            reached.append(json.loads(await tab.evaluate(STATE.replace("BEFORE", json.dumps(reached[-1][0])))))
        return reached, await snapshot(tab)

    reached, picture = run(tabulate())
    keep("preview-keyboard", picture)
    names = dict.fromkeys(name for name, _ in reached)  # a letter has links of its own: its frame comes more than once
    wanted = ["Skip to the content", "persona", "locale", "Show", "Dark", "Computer", "Pause"]
    wanted += [f"{channel}, as the customer sees it" for channel in ("E-mail", "WhatsApp", "SMS", "Push")]
    assert [name for name in names if name in wanted] == wanted
    assert reached[-2][0] == "claim-old_date"
    assert set(reached[-2][1]) == {"old_date"}
    assert set(reached[-1][1]) == {"new_date"}


async def press(tab, key):
    for kind in ("rawKeyDown", "keyUp"):
        await tab.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=9)


@pytest.mark.parametrize("held", ["page", "file"])
def test_a_promise_that_is_pointed_at_is_lit_in_all_four_frames(shop, tab, run, tmp_path, held):
    """In the page and in the file; nothing in a frame runs a script."""
    url = f"{shop.url}{PATH}?lang=pt-BR&persona=ana&quick" if held == "page" else as_file(tmp_path)

    async def point():
        await whole(tab, url, width=1280)
        before = await snapshot(tab)
        loaded = "Promise.all([...document.querySelectorAll('iframe[srcdoc]')].map((frame) => new Promise("
        loaded += "(done) => frame.addEventListener('load', done, {once: true}))))"
        await tab.evaluate(
            f"(() => {{ const all = {loaded}; document.getElementById('claim-new_date').focus(); return all; }})()"
            ".then(() => 0)"
        )
        await tab.evaluate(PAINTED)
        after = await snapshot(tab)
        boxes = await tab.evaluate(
            "JSON.stringify([...document.querySelectorAll('.device')].map((one) => {"
            "const box = one.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; }))"
        )
        return before, after, await painted(tab, after, json.loads(boxes))

    before, after, colours = run(point())
    keep(f"preview-pointed-{held}", after)
    assert tab.complaints == []
    assert before != after
    assert [LIT in seen for seen in colours] == [True] * 4


async def painted(tab, picture, boxes):
    """The colours in parts of a picture, read by the browser that took it."""
    await tab.open("about:blank")
    script = """(async () => {
      const image = new Image();
      image.src = "data:image/png;base64,%s";
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      const brush = canvas.getContext("2d", { willReadFrequently: true });
      brush.drawImage(image, 0, 0);
      return JSON.stringify(%s.map(([left, top, right, bottom]) => {
        const { data } = brush.getImageData(left, top, right - left, bottom - top);
        const found = new Set();
        for (let at = 0; at < data.length; at += 4) found.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
        return [...found];
      }));
    })()""" % (base64.b64encode(picture).decode(), json.dumps(boxes))  # noqa: UP031  # braces of another language
    found = json.loads(await tab.evaluate(script))
    return [{tuple(map(int, colour.split(","))) for colour in seen} for seen in found]


def as_file(folder):
    """The preview as `jogral preview --html` writes it."""
    project = Project(SHIPPED)
    release, now = project.read(), instant(NOW)
    preview = preview_of(
        release, "order_delayed", project.persona("ana"), list(Channel), book_of(release, {}), now
    )  # fmt: skip
    text = preview_file(preview, release, (), lambda _: "", language="pt-BR", now=now)
    (folder / "preview.html").write_text(text, encoding="utf-8")
    return (folder / "preview.html").as_uri()


def test_the_file_holds_itself_and_is_right(tmp_path, tab, run):
    """No complaint about its policy, nothing to load, nothing serious; light and dark."""
    url = as_file(tmp_path)

    async def look():
        await tab.open(url)
        for width, dark in ((1280, False), (390, True)):
            await grown(tab, width=width, dark=dark)
            keep(f"preview-file-{width}", await snapshot(tab))
            for fault in await faults_of(tab):
                yield width, fault

    assert run(every(look())) == []
    text = (tmp_path / "preview.html").read_text(encoding="utf-8")
    assert "unsafe-inline" not in text
    assert not [word for word in ("<link", "<img", " src=") if word in text]
    assert date(2026, 11, 25).isoformat() in text
