"""What can be asked of a played provider: what it took (`_told`), its mood (`_mood`), what people do (`_say`)."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from orchestrator.domain.errors import did_you_mean
from orchestrator.simulators.moods import moody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orchestrator.simulators.frame import Played

BODY_BYTES_MAX: Final = 64 * 1024 * 1024


def application(played: Played) -> web.Application:
    """A provider's own paths, and what can be asked of it here."""
    application = web.Application(middlewares=[moody(played.mood)], client_max_size=BODY_BYTES_MAX)
    application.router.add_routes(
        [
            web.get("/_told", partial(_told, played)),  # aiohttp takes no lambda for a coroutine
            web.put("/_mood", partial(_set_mood, played)),
            web.post("/_say", partial(_say, played)),
        ]
    )
    application.router.add_routes(played.simulator.routes())
    return application


async def _told(played: Played, _: web.Request) -> web.Response:
    return _json(
        {"told": [asdict(one) for one in played.told.all()], "hooks": [asdict(one) for one in played.hooks.calls]}
    )


async def _set_mood(played: Played, request: web.Request) -> web.Response:
    try:
        played.mood.become(await _document(request))
    except ValueError as error:
        return _json({"error": str(error)}, 422)
    return _json(played.mood.document())


async def _say(played: Played, request: web.Request) -> web.Response:
    said: dict[str, Any] = {}
    try:
        said = await _document(request)
        return _json({"posted": await played.simulator.say(said)})
    except KeyError as error:
        return _json({"error": _unsaid(str(error.args[0]), said)}, 422)
    except ValueError as error:
        return _json({"error": str(error)}, 422)


def _unsaid(name: str, said: Mapping[str, Any]) -> str:
    """What was looked up in vain: a message or a person that was named, or a key that was not written."""
    if name in [str(one) for one in said.values()]:
        return f'nothing here is called "{name}"; _told shows what there is'
    return f'"{name}" is missing{did_you_mean(name, said)}'


async def _document(request: web.Request) -> dict[str, Any]:
    said = json.loads(await request.read() or b"{}")
    if not isinstance(said, dict):
        raise ValueError("write a JSON object")  # noqa: TRY004  # whoever asked wrote a wrong value
    return said


def _json(document: Any, status: int = 200) -> web.Response:
    return web.json_response(document, status=status, dumps=lambda value: json.dumps(value, ensure_ascii=False))
