"""The one `render`: preview, send, simulator and support reply all call it, and get the same bytes (invariant I8)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orchestrator.catalog import formats
from orchestrator.catalog.copy import sources
from orchestrator.catalog.sms import Policy, segment, transliterate
from orchestrator.catalog.templates import compile_html, compile_text, names_in
from orchestrator.catalog.text import no_whatsapp_marks, strip_controls
from orchestrator.domain.claim import StatedClaim
from orchestrator.domain.customer import Channel
from orchestrator.domain.errors import InputError
from orchestrator.domain.message import Button, Rendered
from orchestrator.schema import VariableType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Template

    from orchestrator.catalog.model import Claim, PublishedMessage, Variable
    from orchestrator.catalog.voice import Voice


class MissingVariable(InputError):
    """The data lacks a value that the copy needs and that has no fallback. Becomes `failed: missing_variable`."""

    code = "missing_variable"


class RenderError(InputError):
    """The data holds a value that does not fit its type. Becomes `failed: render_error`."""

    code = "render_error"


class SilentChannel(InputError):
    """The message is deliberately not said on this channel (`sms: null`)."""

    code = "silent_channel"


def render(message: PublishedMessage, voice: Voice, locale: str, channel: Channel, data: Mapping[str, Any]) -> Rendered:
    """Say a message on a channel.

    Args:
        message: a published catalog entry.
        voice: the brand voice: greeting, sign-off, prefix and the way claims are written.
        locale: BCP 47 name by which dates, numbers and money are written.
        channel: one that the message has copy for.
        data: nested plain values (`{"order": {"number": "10234"}}`), dates as `2026-11-27`.

    Raises:
        MissingVariable, RenderError: the data does not fit. SilentChannel: the message says nothing there.
    """
    prepared = _prepare(message, voice, locale, channel)
    values, claims = _values(prepared, data)
    filled = {name: template.render(values) for name, template in prepared.templates}
    return _FINISH[channel](prepared, filled, claims)


# --- once for a message, voice, locale and channel ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    message: PublishedMessage
    voice: Voice
    locale: str
    style: str
    accents: Policy
    clean: Callable[[str], str]
    templates: tuple[tuple[str, Template], ...]
    variables: tuple[tuple[tuple[str, ...], Variable], ...]
    claims: tuple[tuple[str, Claim, tuple[str, ...], Variable | None], ...]


@lru_cache(maxsize=2_048)
def _prepare(message: PublishedMessage, voice: Voice, locale: str, channel: Channel) -> _Prepared:
    entry = message.message
    found = sources(entry, voice, channel)
    if found is None:
        raise SilentChannel('"{message}" is not said on {channel}', message=entry.id, channel=channel.value)
    letter = message.letter if channel is Channel.EMAIL else ""
    habits = voice.habits(channel)
    read = tuple(dict.fromkeys(name for source in (*found.values(), letter) for name in names_in(source)))
    stated = [name.removeprefix("claims.") for name in read if name.startswith("claims.")]
    return _Prepared(
        message=message,
        voice=voice,
        locale=locale,
        style=habits.date_style,
        accents="ascii" if habits.accents == "strip" else "keep",
        clean=_clean_for_whatsapp if channel is Channel.WHATSAPP else strip_controls,
        templates=tuple((name, compile_text(source)) for name, source in found.items())
        + ((("html", compile_html(letter)),) if letter else ()),
        variables=tuple((tuple(name.split(".")), entry.variables[name]) for name in read if name in entry.variables),
        claims=tuple(
            (name, claim, tuple(claim.from_.split(".")), entry.variables.get(claim.from_))
            for name, claim in entry.claims.items()
            if name in stated
        ),
    )


def _clean_for_whatsapp(value: str) -> str:
    return no_whatsapp_marks(strip_controls(value))


# --- for every customer ---------------------------------------------------------------------------------------------


def _values(prepared: _Prepared, data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[StatedClaim, ...]]:
    values: dict[str, Any] = {}
    for path, variable in prepared.variables:
        # A name of nothing but blanks and zero widths is no name either.
        written = _written(prepared, path, variable, _lookup(data, path)) or _written(
            prepared, path, variable, variable.fallback
        )
        if not written:
            raise _missing(prepared, path)
        _put(values, path, written)
    claims = tuple(_state(prepared, *claim, data) for claim in prepared.claims)
    values["claims"] = {claim.name: claim.text for claim in claims}
    return values, claims


def _written(prepared: _Prepared, path: tuple[str, ...], variable: Variable, value: Any) -> str:
    """A value as the copy prints it, or nothing where there is nothing to see."""
    if value is None:
        return ""
    try:
        written = formats.write(variable.type, value, prepared.voice.formats, prepared.style, prepared.locale)
    except formats.UnfitValue as error:
        raise _unfit(prepared, path, error) from error
    cleaned = prepared.clean(written) if variable.type is VariableType.STRING else written
    return cleaned if cleaned.strip() else ""


def _state(
    prepared: _Prepared,
    name: str,
    claim: Claim,
    path: tuple[str, ...],
    variable: Variable | None,
    data: Mapping[str, Any],
) -> StatedClaim:
    value = _lookup(data, path)
    if value is None:
        value = variable.fallback if variable else None
        if value is None:
            raise _missing(prepared, path)
    try:
        canonical, words = formats.state(claim.kind, value, prepared.voice.formats, prepared.style, prepared.locale)
    except formats.UnfitValue as error:
        raise _unfit(prepared, path, error) from error
    return StatedClaim(
        name=name,
        kind=claim.kind,
        fact=claim.from_,
        value=canonical,
        text=prepared.clean(words),
        superseded=claim.superseded,
    )


def _lookup(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    place: Any = data
    for part in path:
        try:
            place = place[part]
        except (KeyError, TypeError):
            return None
    return None if place == "" else place


def _put(values: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


def _missing(prepared: _Prepared, path: tuple[str, ...]) -> MissingVariable:
    return MissingVariable(
        'message "{message}" needs {path}, and the data does not have it.',
        remedy="Send it with the event, or give the variable a fallback.",
        message=prepared.message.message.id,
        path=".".join(path),
    )


def _unfit(prepared: _Prepared, path: tuple[str, ...], error: ValueError) -> RenderError:
    return RenderError(
        'message "{message}": {path} {error}', message=prepared.message.message.id, path=".".join(path), error=error
    )


# --- each channel's own shape ---------------------------------------------------------------------------------------


def _email(prepared: _Prepared, filled: dict[str, str], claims: tuple[StatedClaim, ...]) -> Rendered:
    return Rendered(
        message=prepared.message.message.id,
        channel=Channel.EMAIL,
        locale=prepared.locale,
        text=filled["text"],
        subject=filled["subject"],
        preheader=filled["preheader"],
        html=filled.get("html", ""),
        claims=claims,
    )


def _whatsapp(prepared: _Prepared, filled: dict[str, str], claims: tuple[StatedClaim, ...]) -> Rendered:
    copy = prepared.message.message.channels.whatsapp
    assert copy is not None
    return Rendered(
        message=prepared.message.message.id,
        channel=Channel.WHATSAPP,
        locale=prepared.locale,
        text=filled["text"],
        buttons=tuple(
            Button(
                label=filled[f"button_{number}_label"],
                url=filled[f"button_{number}_url"] or None,
                emit=button.emit,
            )
            for number, button in enumerate(copy.buttons)
        ),
        template=copy.template.model_dump() if copy.template else None,
        claims=claims,
    )


def _sms(prepared: _Prepared, filled: dict[str, str], claims: tuple[StatedClaim, ...]) -> Rendered:
    text = transliterate(filled["text"], prepared.accents)
    counted = segment(text)
    return Rendered(
        message=prepared.message.message.id,
        channel=Channel.SMS,
        locale=prepared.locale,
        text=text,
        encoding=counted.encoding,
        units=counted.units,
        segments=counted.segments,
        claims=claims,
    )


def _push(prepared: _Prepared, filled: dict[str, str], claims: tuple[StatedClaim, ...]) -> Rendered:
    return Rendered(
        message=prepared.message.message.id,
        channel=Channel.PUSH,
        locale=prepared.locale,
        text=filled["text"],
        title=filled["title"],
        url=filled["url"],
        claims=claims,
    )


_FINISH: Mapping[Channel, Callable[[_Prepared, dict[str, str], tuple[StatedClaim, ...]], Rendered]] = {
    Channel.EMAIL: _email,
    Channel.WHATSAPP: _whatsapp,
    Channel.SMS: _sms,
    Channel.PUSH: _push,
}
