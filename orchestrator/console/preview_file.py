"""A preview as one file, for whoever has no Jogral at hand: frames, styles and script stand in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.console.assets import console_assets
from orchestrator.console.pages import Pages
from orchestrator.console.preview_frames import Framing, marks_around
from orchestrator.console.preview_measures import measured
from orchestrator.console.preview_policy import file_policy
from orchestrator.console.reader import Calendar
from orchestrator.console.shop import shop_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.domain.errors import Finding
    from orchestrator.domain.time import Instant
    from orchestrator.previews import Preview
    from orchestrator.release import Release
    from orchestrator.translations import Language


def preview_file(
    preview: Preview,
    release: Release,
    findings: Sequence[Finding],
    line: Callable[[Finding], str],
    *,
    language: Language,
    now: Instant,
) -> str:
    """The file's text.

    Args:
        preview: the message, said to somebody.
        release: what it was made from.
        findings: what the check says of its files.
        line: the line that a finding is about.
        language: of the words around the frames.
        now: when it was made.
    """
    assets, shop = console_assets(), shop_of(release)
    pages, calendar = Pages(assets, None), Calendar(language, shop.zone)
    frames = Framing(pages=pages, assets=assets, shop=shop, calendar=calendar, now=now).frames(preview)
    style = assets.text("console.css") + assets.text("preview.css")
    script = assets.text("preview_file.js")
    return pages.render(
        "preview_file",
        language,
        policy=file_policy([f"<style>{style}</style>", *(frame.document for frame in frames)], script),
        style=style,
        script=script,
        preview=preview,
        frames=frames,
        findings=findings,
        line=line,
        shop=shop,
        calendar=calendar,
        now=now,
        marks=marks_around,
        measured=lambda said: measured(said, release.project, language),
    )
