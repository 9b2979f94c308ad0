"""Why a message cannot be said to a customer: whose fault it is, and what its delivery will be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.domain.errors import InputError, mark

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
    """The text breaks rules of the brand voice: those in `faults`. Becomes `failed: brand_voice`."""

    code = "voice_error"

    def __init__(self, faults: Sequence[Fault], *, message: str) -> None:
        self.faults = tuple(faults)
        super().__init__(
            mark('message "{message}" breaks the brand voice: {says} ({rule})'),
            remedy=mark("Say it in other words."),
            message=message,
            says=self.faults[0].message,
            rule=self.faults[0].rule,
        )


class ClaimMismatch(InputError):
    """The text does not say what the claims say. Becomes `failed: claim_mismatch`, and is never sent."""

    code = "claim_mismatch"


class SilentChannel(InputError):
    """The message is deliberately not said on this channel (`sms: null`)."""

    code = "silent_channel"
