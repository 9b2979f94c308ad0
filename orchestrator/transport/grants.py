"""Tokens that calls need first: asked for once for everybody who waits, and kept until shortly before they run out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from orchestrator.channels import HttpAnswer, NoAnswer
from orchestrator.domain.errors import Phrase
from orchestrator.transport.attempt import Attempt

if TYPE_CHECKING:
    from orchestrator.channels import Answer, Grant, HttpCall
    from orchestrator.domain.time import Clock
    from orchestrator.transport.attempt import Deadlines
    from orchestrator.transport.http import HttpCarrier

# A token is not used in its last minute: it could run out on its way.
SPARE_SECONDS: Final = 60.0
# Nobody's token is believed to live longer; and no more are kept than anybody has accounts.
LIVES_SECONDS_MAX: Final = 24 * 3600.0
KEPT_MAX: Final = 256

OK: Final = 200
REFUSED: Final = 401


class Grants:
    """The tokens of one event loop, by `Grant.key`."""

    def __init__(self, clock: Clock, http: HttpCarrier, deadlines: Deadlines) -> None:
        self._clock = clock
        self._http = http
        self._deadlines = deadlines
        # Token, and the monotonic second after which it is not used.
        self._kept: dict[str, tuple[str, float]] = {}
        self._asking: dict[str, asyncio.Task[str | NoAnswer]] = {}

    async def carry(self, call: HttpCall, attempt: Attempt) -> Answer:
        """The call with its token. A 401 is a definite no: the token is forgotten, and a fresh one is tried once."""
        assert call.grant is not None
        # A crowd that came too late must not ask for tokens in vain.
        attempt.ensure_fresh()
        token, fresh = await self._token(call.grant)
        if isinstance(token, NoAnswer):
            return token
        answer = await self._http.carry(_with(call, token), attempt)
        if not isinstance(answer, HttpAnswer) or answer.status != REFUSED:
            return answer
        self._forget(call.grant.key, token)
        if fresh:
            return answer
        # Whatever becomes of the second try, the first was refused: until it leaves, that is what is known.
        attempt.in_doubt, attempt.heard = False, None
        token, _ = await self._token(call.grant)
        if isinstance(token, NoAnswer):
            return answer
        second = await self._http.carry(_with(call, token), attempt)
        if isinstance(second, HttpAnswer) and second.status == REFUSED:
            self._forget(call.grant.key, token)
        return second

    async def close(self) -> None:
        """Ask no more."""
        asking = list(self._asking.values())
        for one in asking:
            one.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _forget(self, key: str, token: str) -> None:
        """Only that token: somebody else may have a newer one by now."""
        if self._kept.get(key, ("", 0.0))[0] == token:
            del self._kept[key]

    async def _token(self, grant: Grant) -> tuple[str | NoAnswer, bool]:
        """A token that lives, and whether it was asked for just now."""
        kept = self._kept.get(grant.key)
        if kept is not None and self._clock.monotonic() < kept[1]:
            return kept[0], False
        asking = self._asking.get(grant.key)
        if asking is None:
            asking = self._asking[grant.key] = asyncio.get_running_loop().create_task(self._ask(grant))
            asking.add_done_callback(lambda _: self._asking.pop(grant.key, None))
        # Whoever stops waiting does not end it for the others.
        return await asyncio.shield(asking), True

    async def _ask(self, grant: Grant) -> str | NoAnswer:
        attempt = Attempt(self._clock.monotonic)
        try:
            async with asyncio.timeout(self._deadlines.call_seconds):
                answer = await self._http.carry(grant.ask(self._clock.now() // 1000), attempt)
        except TimeoutError:
            return _none(Phrase("no answer within {seconds} s", seconds=f"{self._deadlines.call_seconds:g}"))
        if isinstance(answer, NoAnswer):
            return _none(Phrase("{reason}: {said}", reason=answer.reason, said=answer.detail))
        if not isinstance(answer, HttpAnswer):
            return _none("")
        token = grant.read(answer) if answer.status == OK else None
        if token is None or not _is_one(token.value):
            return _none(Phrase("it answered {status}", status=answer.status))
        lives_seconds = min(token.lives_seconds, LIVES_SECONDS_MAX) - SPARE_SECONDS
        if len(self._kept) >= KEPT_MAX:
            self._kept.clear()
        self._kept[grant.key] = (token.value, self._clock.monotonic() + lives_seconds)
        return token.value


def _with(call: HttpCall, token: str) -> HttpCall:
    return replace(call, headers={**call.headers, "Authorization": f"Bearer {token}"}, grant=None)


def _is_one(value: str) -> bool:
    """Whether it can stand in a header."""
    return bool(value) and value.isascii() and value.isprintable()


def _none(said: str) -> NoAnswer:
    """Without a token nothing has left: that is certain."""
    return NoAnswer("no_token", in_doubt=False, detail=said)
