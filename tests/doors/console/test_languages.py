"""Portuguese and English, whole, and chosen by the reader."""

from urllib.parse import urlsplit

import pytest

from orchestrator.console.reader import language


@pytest.mark.parametrize(
    ("asked", "configured", "accepted", "spoken"),
    [
        ("en", "pt-BR", "pt-BR", "en"),
        (None, "en", "pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        (None, None, "pt-PT", "pt-BR"),
        (None, None, "en-GB;q=0.5, pt;q=0.7", "pt-BR"),
        (None, None, "fr, en;q=0.1", "en"),
        (None, "pt-BR", "fr", "pt-BR"),
        (None, "pt-BR", "", "pt-BR"),
        (None, None, "pt;q=0", "en"),
        (None, None, "pt;q=much", "en"),
        ("klingon", None, "", "en"),
    ],
)
def test_the_language_is_the_links_the_browsers_or_the_servers(asked, configured, accepted, spoken):
    """In that order; English when nobody says anything that we speak."""
    assert spoken == language(asked, configured, accepted)


def test_the_language_can_be_switched_and_stays(site, every_page):
    """The switch keeps page and filter, and every link of a page keeps the language."""
    for path in every_page:
        page = site.get(path, Accept_Language="pt-BR").page
        (switch,) = [attrs["href"] for attrs in page.all("a") if attrs.get("hreflang") == "en"]
        english = site.get(switch, Accept_Language="pt-BR").page

        assert [p.all("html")[0]["lang"] for p in (page, english)] == ["pt-BR", "en"]
        assert urlsplit(path).path == urlsplit(switch).path
        others = [link for link in english.links("/") if "lang=pt-BR" not in link]
        assert others
        assert all("lang=en" in link for link in others)
