"""What only a door of HTTP can refuse. The rest of the tree is in `domain.errors`."""

from __future__ import annotations

from orchestrator.domain.errors import InputError, JogralError, Refused


class Malformed(InputError):
    """It cannot be read at all."""

    code = "malformed_request"
    http_status = 400


class Unauthorized(JogralError):
    """Nobody that we know asks."""

    code = "unauthorized"
    http_status = 401


class WrongSignature(JogralError):
    """A provider's notice is not signed as the account's are."""

    code = "wrong_signature"
    http_status = 401


class MissingScope(Refused):
    """The key is good, but not for this."""

    code = "missing_scope"
    http_status = 403

    def __init__(self, wanted: tuple[str, ...]) -> None:
        self.wanted = wanted
        super().__init__(
            "This key lacks the scope {scope}.",
            remedy="Make a key that has it: jogral keys create --name NAME --scope {first}",
            scope=" | ".join(wanted),
            first=wanted[0],
        )


class LiveKeyNeeded(Refused):
    """The key is for rehearsals, and this would not be one."""

    code = "live_key_needed"
    http_status = 403


class RouteNotFound(InputError):
    """There is nothing at this path."""

    code = "route_not_found"
    http_status = 404


class MethodNotAllowed(InputError):
    """There is something at this path, but it cannot do this."""

    code = "method_not_allowed"
    http_status = 405


class TooLarge(InputError):
    """More bytes than we read."""

    code = "body_too_large"
    http_status = 413


class UnsupportedMediaType(InputError):
    """A form of body that this path does not read."""

    code = "unsupported_media_type"
    http_status = 415


class Crashed(JogralError):
    """A mistake of ours."""

    code = "internal_error"
    http_status = 500
