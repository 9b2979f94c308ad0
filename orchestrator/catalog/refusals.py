"""Why a message cannot be said to a customer: whose fault it is, and what its delivery will be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import FieldError, InputError, Phrase, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestrator.catalog.prose import Fault


class MissingVariable(InputError):
    """The data lacks a value that the copy needs and that has no fallback. Becomes `failed: missing_variable`."""

    code = "missing_variable"


class RenderError(InputError):
    """The data holds a value that does not fit its type. Becomes `failed: render_error`."""

    code = "render_error"


class OffBrand(RenderError):
    """The text breaks rules of the brand voice. Becomes `failed: voice_error`.

    `faults` are those that differ. The sentence says the first of them and how many more there are, `fields` say each.
    None has a place in what the caller sent: it may be anywhere in the data, or in the copy around it.
    """

    code = "voice_error"

    def __init__(self, faults: Sequence[Fault], *, message: str) -> None:
        self.faults = tuple({(one.rule, one.message): one for one in faults}.values())
        first, *others = self.faults
        super().__init__(
            mark('message "{message}" breaks the brand voice: {says} ({rule}){more}'),
            remedy=mark("Say it in other words."),
            fields=[
                FieldError(pointer="#", code=one.code, template=_SAYS, params={"says": one.message, "rule": one.rule})
                for one in self.faults
            ],
            message=message,
            says=first.message,
            rule=first.rule,
            more=Phrase(_MORE, count=len(others)) if others else "",
        )


_SAYS = "{says} ({rule})"
_MORE = mark(", and {count} more")


class ClaimMismatch(InputError):
    """The text does not say what the claims say. Becomes `failed: claim_mismatch`, and is never sent."""

    code = "claim_mismatch"


class SilentChannel(InputError):
    """The message is deliberately not said on this channel (`sms: null`)."""

    code = "silent_channel"
