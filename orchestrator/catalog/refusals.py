"""Why a message cannot be said to a customer: whose fault it is, and what its delivery will be called."""

from __future__ import annotations

from orchestrator.domain.errors import InputError


class MissingVariable(InputError):
    """The data lacks a value that the copy needs and that has no fallback. Becomes `failed: missing_variable`."""

    code = "missing_variable"


class RenderError(InputError):
    """The data holds a value that does not fit its type. Becomes `failed: render_error`."""

    code = "render_error"


class ClaimMismatch(InputError):
    """The text does not say what the claims say. Becomes `failed: claim_mismatch`, and is never sent."""

    code = "claim_mismatch"


class SilentChannel(InputError):
    """The message is deliberately not said on this channel (`sms: null`)."""

    code = "silent_channel"
