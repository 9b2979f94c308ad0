"""POST /v1/events: something happened."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from orchestrator.api import problems
from orchestrator.api.errors import Malformed
from orchestrator.api.forms import LINES, Shape, by_header, read_events
from orchestrator.api.language import translate_for
from orchestrator.api.models.events import AcceptedEvent, Line, SetAside
from orchestrator.api.models.parts import Problem
from orchestrator.api.reading import idempotency_key
from orchestrator.api.responses import respond, shown
from orchestrator.api.services import API
from orchestrator.dispatch.accept import Accepted, Answer, EventDesk, Quarantined, once
from orchestrator.domain.errors import FieldError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from orchestrator.api.forms import Posted
    from orchestrator.api.services import Api
    from orchestrator.dispatch.accept import IdempotencyKey, Result
    from orchestrator.store.port import Transaction

OK = 200
ACCEPTED = 202


async def post_events(request: web.Request) -> web.Response:
    """Accept events: each is on disk, or refused, when the answer leaves. On disk may be in quarantine."""
    api = request.app[API]
    posted = await read_events(request, api.app.clock.now())
    key = idempotency_key(request, "POST /v1/events", posted.content)
    acceptance = _Acceptance(api, posted, request.path, translate_for(request))
    answer = await api.run(lambda: acceptance.run(key))
    api.ringer.ring(acceptance.lanes)
    if posted.shape is Shape.LINES:
        return _lines(answer)
    location = _location(answer) if posted.shape is Shape.ONE else None
    return respond(answer.document, status=answer.status, location=location, replayed=answer.replayed)


@dataclass
class _Acceptance:
    """The events of one request, on their way to the ledger. `lanes` are those that got new work, with how much."""

    api: Api
    posted: Posted
    path: str
    translate: Callable[[str], str]
    lanes: Counter[str] = field(default_factory=Counter)
    fresh: int = 0

    def run(self, key: IdempotencyKey | None) -> Answer:
        """Accept, and count what was accepted. Called in a thread."""
        answer = once(self.api.app.store, self.api.app.clock, key, self._work)
        self.api.metrics.accepted(self.fresh, self.lanes)
        return answer

    def _work(self, transaction: Transaction) -> Answer:
        results = self._results(transaction)
        if self.posted.shape is not Shape.LINES:
            self._require_all(results)
        accepted = [result for result in results if isinstance(result, Accepted)]
        repeated = [result for result in accepted if result.repeated]
        known = [result for result in results if not isinstance(result, InputError) and result.repeated]
        self.fresh = len(accepted) - len(repeated)
        self.lanes = Counter(request.purpose.value for one in accepted for request in one.requests)
        # The first answer named what was asked for, so that of a repetition does too.
        asked = transaction.deliveries.asked_by([(one.customer_id, one.event_id) for one in repeated])
        documents = [self._document(*pair, asked) for pair in zip(results, self.posted.places, strict=True)]
        replayed = len(known) == len(results)
        if self.posted.shape is Shape.ONE:
            return Answer(ACCEPTED, documents[0], replayed)
        return Answer(ACCEPTED if self.posted.shape is Shape.LIST else OK, {"items": documents}, replayed)

    def _results(self, transaction: Transaction) -> list[Result]:
        """What became of each: events that could not be read keep their error, and their place."""
        desk = EventDesk(
            release=self.api.releases.read(transaction),
            clock=self.api.app.clock,
            quarantines=self.api.app.settings.unknown_events == "quarantine",
        )
        readable = [event for event in self.posted.events if not isinstance(event, InputError)]
        results = iter(desk.accept(transaction, readable))
        return [event if isinstance(event, InputError) else next(results) for event in self.posted.events]

    def _require_all(self, results: Sequence[object]) -> None:
        """All or none: raises for those that are refused, and with that takes back what was stored."""
        errors = {place: one for place, one in enumerate(results) if isinstance(one, InputError)}
        if not errors:
            return
        first = next(iter(errors.values()))
        if self.posted.shape is Shape.ONE:
            if self.posted.binary:
                first.fields = by_header(first.fields)
            raise first
        malformed = next((one for one in errors.values() if isinstance(one, Malformed)), None)
        raise malformed or _refused(errors, len(results))

    def _document(self, result: Result, place: int, asked: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        if isinstance(result, InputError):
            problem = self._problem(result)
            return shown(Line(line=place, status=result.http_status, accepted=False, problem=problem))
        if isinstance(result, Quarantined):
            return self._set_aside(result, place)
        messages = asked.get(result.event_id, ()) if result.repeated else [request.id for request in result.requests]
        event = AcceptedEvent(
            id=result.event_id,
            customer_id=result.customer_id,
            messages=tuple(messages),
            # A single one says so in a header, and repeats the first answer to the letter.
            repeated=True if result.repeated and self.posted.shape is not Shape.ONE else None,
        )
        if self.posted.shape is Shape.LINES:
            return shown(Line(line=place, status=ACCEPTED, **event.model_dump()))
        return shown(event)

    def _set_aside(self, result: Quarantined, place: int) -> dict[str, Any]:
        kept = SetAside(
            id=result.quarantine_id,
            problem=self._problem(result.error),
            repeated=True if result.repeated and self.posted.shape is not Shape.ONE else None,
        )
        if self.posted.shape is Shape.LINES:
            return shown(Line(line=place, quarantined=True, **kept.model_dump() | {"status": ACCEPTED}))
        return shown(kept)

    def _problem(self, error: InputError) -> Problem:
        if self.posted.binary:
            error.fields = by_header(error.fields)
        return Problem.model_validate(problems.document(error, self.path, self.translate))


def _location(answer: Answer) -> str:
    folder = "/v1/events" if answer.document["accepted"] else "/v1/events/quarantine"
    return f"{folder}/{answer.document['id']}"


def _refused(errors: Mapping[int, InputError], total: int) -> InputError:
    """One error for a list, with every field at its place in it."""
    fields = [
        FieldError(
            pointer=f"#/{place}{one.pointer.removeprefix('#')}",
            code=one.code,
            template=one.template,
            params=one.params,
        )
        for place, error in errors.items()
        for one in error.fields or (_whole(error),)
    ]
    return InputError(
        "{refused} of {total} events were refused, and none was stored.",
        code="events_refused",
        fields=fields,
        refused=len(errors),
        total=total,
    )


def _whole(error: InputError) -> FieldError:
    return FieldError(pointer="#", code=error.code, template=error.template, params=error.params)


def _lines(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        text="".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in answer.document["items"]),
        content_type=LINES[0],
        headers={"Idempotency-Replayed": "true"} if answer.replayed else {},
    )
