"""Files that reviewers see above a template's text: found by the template's name in its file, and uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orchestrator.contract.meta.templates import Trouble
from orchestrator.contract.meta.uploads import (
    app_of,
    begin,
    handle_of,
    header_format,
    sample_of,
    session_of,
    upload,
    whose_app,
)
from orchestrator.domain.errors import InputError, Phrase
from orchestrator.domain.said import whole

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.contract.meta.templates import TemplateDesk
    from orchestrator.contract.meta.uploads import Sample
    from orchestrator.dispatch.calls import Carrier
    from orchestrator.dispatch.wanted_templates import WantedTemplate


@dataclass(frozen=True, slots=True)
class Samples:
    """The files of a folder, each under the name of a template: `order_invoice.pdf`. None where there is no folder."""

    folder: Path | None

    def of(self, wanted: WantedTemplate) -> Sample | None:
        """That of a template; None where it shows nothing above its text, or nobody has put it there.

        Raises:
            InputError: it is a file of another type, or too large.
        """
        shown = header_format(wanted.document)
        if not shown or self.folder is None:
            return None
        found = next((one for one in sorted(self.folder.glob(f"{wanted.base}.*")) if one.is_file()), None)
        return sample_of(found.name, found.read_bytes(), shown) if found is not None else None

    def lacking(self, wanted: WantedTemplate) -> str:
        """Why a template cannot be submitted without its file; empty where it can."""
        shown = header_format(wanted.document)
        try:
            if not shown or self.of(wanted) is not None:
                return ""
        except InputError as error:
            return whole(error)
        return Phrase(
            "Its reviewers want an example of the header: put {file} into a folder, and name that with --samples.",
            file=f"{wanted.base}.{_ENDINGS[shown]}",
        )


NO_SAMPLES: Final = Samples(None)

_ENDINGS: Final = {"IMAGE": "jpg", "VIDEO": "mp4", "DOCUMENT": "pdf"}


async def uploaded(carrier: Carrier, desk: TemplateDesk, sample: Sample) -> str | Trouble:
    """The handle under which Meta has a file now, or why it has none."""
    app = app_of(await carrier.carry(whose_app(desk)))
    if isinstance(app, Trouble):
        return app
    session = session_of(await carrier.carry(begin(desk, app, sample)))
    if isinstance(session, Trouble):
        return session
    return handle_of(await carrier.carry(upload(desk, session, sample)))
