"""The console is for everybody: keyboards, screen readers, small screens, weak eyes, slow lines. WCAG 2.2, AA."""

import asyncio
import itertools
import json
import re
from pathlib import Path

import pytest

from orchestrator import console
from tests.doors.console import chromium

FOLDER = Path(console.__file__).parent


def test_pages_have_landmarks_and_headings_in_order(site, every_page):
    """One h1, no level left out, one main, a way past the top, and names for every navigation."""
    for path in [*every_page, "/inbox/inb_none"]:
        page = site.get(path).page

        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
        assert levels[:1] == [1]
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), (path, levels)
        assert len(page.all("main")) == 1
        assert page.links("#") == ["#content"]
        assert {"content"} == {attrs["id"] for attrs in page.all("main")}
        names = [attrs["aria-label"] for attrs in page.all("nav")]
        assert len(set(names)) == len(names)
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert len(set(ids)) == len(ids)


def test_every_field_has_a_label_and_every_picture_a_text(site):
    """Pictures beside words have an empty one."""
    page = site.get("/inbox").page

    fields = {
        attrs["id"] for tag, attrs in page.elements if tag in {"select", "input"} and attrs.get("type") != "hidden"
    }
    assert fields == {attrs["for"] for attrs in page.all("label")}
    assert all("alt" in attrs for attrs in page.all("img"))
    assert all(attrs["aria-hidden"] == "true" for attrs in page.all("svg"))


# Background → what is read on it, by the names that the style sheets give to colours.
READ = {
    "paper": ("ink", "faint", "accent", "accent-strong"),
    "card": ("ink", "faint", "accent", "accent-strong", "good", "stop"),
    "accent-wash": ("ink", "faint", "accent"),
    "stage": ("faint",),
    "accent": ("on-accent",),
    "accent-strong": ("on-accent",),
    "whatsapp-head": ("on-whatsapp-head",),
    "whatsapp-bubble": ("on-whatsapp-bubble", "whatsapp-hour", "whatsapp-button"),
    "sms-screen": ("sms-ink", "sms-hour"),
    "sms-head": ("sms-ink",),
    "sms-bubble": ("sms-ink",),
    "lock-top": ("on-lock",),
    "lock-bottom": ("on-lock",),
    "notice": ("on-notice", "notice-faint"),
    "avatar": ("on-avatar",),
}

# Background → edges and icons on it.
SEEN = {
    "card": ("edge",),
    "paper": ("edge",),
    **{f"{channel}-wash": (channel,) for channel in ("email", "whatsapp", "sms", "push")},
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_have_enough_contrast(dark):
    """WCAG 2.2: 4.5 for what is read (1.4.3), 3 for edges and icons (1.4.11)."""
    css = "".join((FOLDER / "static" / name).read_text() for name in ("console.css", "frames.css"))
    colours = {name: pair[dark] for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}

    for pairs, least in ((READ, 4.5), (SEEN, 3.0)):
        ratios = {
            (name, ground): contrast(colours[name], colours[ground])
            for ground, names in pairs.items()
            for name in names
        }
        assert {pair: ratio for pair, ratio in ratios.items() if ratio < least} == {}


def contrast(one, other):
    """The ratio of WCAG 2.2, from #rrggbb."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


# What a page must be in a real browser, as one list of faults: nothing wider than the window (1.4.10), nothing to press
# that is smaller than 24 px or has no name (2.5.8, 4.1.2; links inside a sentence may be smaller), no text cut in two.
FAULTS = """(() => {
  const faults = [];
  if (document.documentElement.scrollWidth > window.innerWidth) faults.push("the page is wider than the window");
  const wanted = "a, button, input:not([type=hidden]), select, [tabindex='0'], iframe";
  for (const element of document.querySelectorAll(wanted)) {
    const told = element.outerHTML.slice(0, 90);
    const box = element.getBoundingClientRect();
    const named = element.textContent.trim() || element.labels?.length || element.title || element.ariaLabel;
    if (box.bottom > 0 && (box.width < 24 || box.height < 24)) faults.push(`too small: ${told}`);
    if (!named) faults.push(`no name: ${told}`);
    if (box.right > window.innerWidth + 1) faults.push(`beyond the edge: ${told}`);
  }
  return JSON.stringify(faults);
})()"""


@pytest.fixture(scope="module")
def browser():
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium on the PATH: apt-get install chromium, or set JOGRAL_TEST_CHROMIUM")
    return found


def test_a_real_browser_finds_no_fault_with_any_page(site, every_page, browser):
    """On a small phone and a wide screen, light and dark: no complaint, no dialog, no overflow, nothing too small."""

    async def look():
        faults = []
        async with chromium.tab(browser) as tab:
            for path, (width, dark) in itertools.product(every_page, ((320, False), (1280, True))):
                await tab.open(site.url + path, width=width, dark=dark)
                found = json.loads(await tab.evaluate(FAULTS))
                faults += [(path, width, fault) for fault in [*found, *tab.complaints, *tab.dialogs]]
                tab.complaints.clear()
            return faults, await tab.picture()

    faults, picture = asyncio.run(look())
    assert faults == []
    assert picture.startswith(b"\x89PNG")


# --- files ----------------------------------------------------------------------------------------------------------


def test_static_files_may_be_kept_for_ever(site, every_page):
    """Their names change with their content, and their types are right."""
    page = site.get(every_page[-1]).page
    files = [attrs["href"] for attrs in page.all("link")]

    assert len(files) == 3
    for path in files:
        answer = site.get(path)
        expected = "image/svg+xml" if path.endswith("svg") else "text/css"
        assert (200, f"{expected}; charset=utf-8") == (answer.status, answer.headers["Content-Type"])
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["console.css", "..%2froutes.py", "%2e%2e/routes.py", "none.css"])
def test_only_files_that_pages_name_are_served(site, name):
    """There is no path to climb."""
    assert site.get(f"/static/{name}").status == 404
