"""The one `render`: preview, send, simulator and support reply all call it, and get the same bytes (invariant I8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator.catalog.approvable import approvable_of
from orchestrator.catalog.escape import escaped
from orchestrator.catalog.links import with_links
from orchestrator.catalog.prepare import Prepared, prepare
from orchestrator.catalog.proof import ALTERED, Difference, Proof, differences, prove, refused, shape_of, shaped
from orchestrator.catalog.prose_brought import refuse_brought
from orchestrator.catalog.refusals import ClaimMismatch, MissingVariable, OffBrand, RenderError, SilentChannel
from orchestrator.catalog.sms import segment
from orchestrator.catalog.templates import CLAIMS
from orchestrator.catalog.values import missing, values_of, words_of
from orchestrator.domain.customer import Channel
from orchestrator.domain.message import Button, Rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from orchestrator.catalog.model import PublishedMessage
    from orchestrator.catalog.script import Values
    from orchestrator.catalog.voice import Voice

__all__ = [
    "ClaimMismatch",
    "Difference",
    "MissingVariable",
    "OffBrand",
    "RenderError",
    "SilentChannel",
    "differences",
    "render",
]


def render(  # the last one is named
    message: PublishedMessage,
    voice: Voice,
    locale: str,
    channel: Channel,
    data: Mapping[str, Any],
    *,
    today: date | None = None,
) -> Rendered:
    """Say a message on a channel, and read back what it says.

    Args:
        message: a published catalog entry.
        voice: the brand voice: greeting, sign-off, prefix and the way claims are written.
        locale: BCP 47 name of the customer's language; the voice's own where the message has no such translation.
        channel: one that the message has copy for.
        data: nested plain values (`{"order": {"number": "10234"}}`), dates as `2026-11-27`; facts under their prefix,
            and a delivery's links under `links`.
        today: the day on which it is said, in the shop's zone: a date far from it is written with its year.

    Raises:
        MissingVariable, RenderError: the data does not fit. SilentChannel: the message says nothing there.
        ClaimMismatch: the text promises something that the claims do not. OffBrand: the data brings words that the
        voice forbids.
    """
    prepared = prepare(message, voice, locale, channel)
    data = with_links(data)
    values = values_of(prepared, data)
    stated = tuple(words_of(prepared, claim, data, today) for claim in prepared.claims)
    for claim, (_, words) in zip(prepared.claims, stated, strict=True):
        values[CLAIMS + claim.name] = words
    filled = dict(_filled(prepared, values))
    proof = prove(prepared, stated, () if prepared.flat else shape_of(values))
    altered = proof.compare(filled)
    if altered is not None:
        raise refused(prepared, Difference(altered, ALTERED))
    refuse_brought(message, prepared, values)
    return _FINISH[channel](prepared, filled, proof, values)


# --- fill -----------------------------------------------------------------------------------------------------------


def _filled(prepared: Prepared, values: Values) -> Iterator[tuple[str, str]]:
    for name, script in prepared.scripts:
        try:
            text = script.fill(escaped(values) if name == "html" else values)
        except KeyError as absent:
            missing(prepared, str(absent.args[0]))
        yield name, shaped(prepared, text) if prepared.channel is Channel.SMS else text


# --- each channel's own shape ---------------------------------------------------------------------------------------


def _email(prepared: Prepared, filled: Mapping[str, str], proof: Proof, _: Values) -> Rendered:
    return Rendered(
        message=prepared.message.id,
        channel=Channel.EMAIL,
        locale=prepared.locale,
        text=filled["text"],
        subject=filled["subject"],
        preheader=filled["preheader"],
        html=filled.get("html", ""),
        claims=proof.claims,
        masked=proof.masked,
    )


def _whatsapp(prepared: Prepared, filled: Mapping[str, str], proof: Proof, values: Values) -> Rendered:
    copy = prepared.message.channels.whatsapp
    assert copy is not None
    form = approvable_of(prepared)
    return Rendered(
        message=prepared.message.id,
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
        template=form.filled(values, filled) if form is not None else None,
        claims=proof.claims,
        masked=proof.masked,
    )


def _sms(prepared: Prepared, filled: Mapping[str, str], proof: Proof, _: Values) -> Rendered:
    counted = segment(filled["text"])
    return Rendered(
        message=prepared.message.id,
        channel=Channel.SMS,
        locale=prepared.locale,
        text=filled["text"],
        encoding=counted.encoding,
        units=counted.units,
        segments=counted.segments,
        claims=proof.claims,
        masked=proof.masked,
    )


def _push(prepared: Prepared, filled: Mapping[str, str], proof: Proof, _: Values) -> Rendered:
    return Rendered(
        message=prepared.message.id,
        channel=Channel.PUSH,
        locale=prepared.locale,
        text=filled["text"],
        title=filled["title"],
        url=filled["url"],
        claims=proof.claims,
        masked=proof.masked,
    )


_FINISH: Mapping[Channel, Callable[[Prepared, Mapping[str, str], Proof, Values], Rendered]] = {
    Channel.EMAIL: _email,
    Channel.WHATSAPP: _whatsapp,
    Channel.SMS: _sms,
    Channel.PUSH: _push,
}
