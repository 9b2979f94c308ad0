"""A real browser for tests, spoken to by its DevTools protocol. Whoever has no Chromium is told so, and skips."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ANSWER_SECONDS = 30


def find() -> str | None:
    """The browser of this machine: JOGRAL_TEST_CHROMIUM, or the first on the PATH."""
    return os.environ.get("JOGRAL_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Tab:
    """One page. `complaints` is what the browser said against it: CSP violations, failed loads, script errors."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._session: str | None = None
        self._loaded = asyncio.Event()
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self.complaints: list[str] = []
        self.dialogs: list[str] = []

    async def attach(self) -> None:
        target = await self.ask("Target.createTarget", url="about:blank")
        attached = await self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Log", "Runtime"):
            await self.ask(f"{domain}.enable")

    async def open(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        await self.look(width=width, height=height, dark=dark)
        self._loaded.clear()
        await self.ask("Page.navigate", url=url)
        await asyncio.wait_for(self._loaded.wait(), ANSWER_SECONDS)

    async def look(self, *, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """From now on in such a window, on such a device; the page stays."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )
        await self.ask("Emulation.setEmulatedMedia", features=[scheme])

    async def evaluate(self, script: str) -> Any:
        answer = await self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def picture(self) -> bytes:
        """The whole page as a PNG."""
        shot = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    async def ask(self, method: str, **parameters: Any) -> Any:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        session = {"sessionId": self._session} if self._session else {}
        await self._socket.send_json({"id": number, "method": method, "params": parameters} | session)
        return await asyncio.wait_for(self._answers[number], ANSWER_SECONDS)

    async def listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                answered = self._answers.pop(said["id"])
                answered.set_result(said["result"]) if "result" in said else answered.set_exception(
                    RuntimeError(said["error"]["message"])
                )
            else:
                self._heard(said["method"], said["params"])

    def _heard(self, method: str, said: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded.set()
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(said["message"])
        elif method == "Log.entryAdded":
            self.complaints.append(said["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"]["text"])


@contextlib.asynccontextmanager
async def tab(program: str) -> AsyncIterator[Tab]:
    """A browser with one page, ended with the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # No sandbox: in containers the browser cannot make one, and it opens our own pages only.
        process = await asyncio.create_subprocess_exec(
            program,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--remote-debugging-port=0",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stderr is not None
            url = await asyncio.wait_for(_devtools(process.stderr), ANSWER_SECONDS)
            drained = asyncio.create_task(process.stderr.read())
            async with aiohttp.ClientSession() as client, client.ws_connect(url, max_msg_size=0) as socket:
                found = Tab(socket)
                listening = asyncio.create_task(found.listen())
                await found.attach()
                yield found
                listening.cancel()
        finally:
            process.terminate()
            await process.wait()
        await drained


async def _devtools(lines: asyncio.StreamReader) -> str:
    async for line in lines:
        if found := re.search(rb"DevTools listening on (ws://\S+)", line):
            return found[1].decode()
    raise RuntimeError("the browser ended before it could be spoken to")
