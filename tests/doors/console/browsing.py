"""The console on a loopback socket, and an independent reading of its pages."""

import asyncio
import http.client
import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser

from aiohttp import web

from orchestrator.console.routes import add_console


@dataclass
class Server:
    """The console of an app on a free port of 127.0.0.1, in a thread of its own."""

    app: object
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __enter__(self):
        listening = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(listening)))
        self._thread.start()
        assert listening.wait(20)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self, listening):
        web_app = web.Application()
        add_console(web_app, self.app)
        runner = web.AppRunner(web_app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        listening.set()
        await self._stop.wait()
        await runner.cleanup()

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            defaults = {"Host": f"localhost:{self.port}"}
            connection.request(
                method, path, headers=defaults | {name.replace("_", "-"): value for name, value in headers.items()}
            )
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read().decode())
        finally:
            connection.close()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict
    text: str

    @property
    def page(self):
        return Page.of(self.text)


class Page(HTMLParser):
    """A page's elements and words, as an independent parser sees them."""

    VOID = frozenset({"meta", "link", "img", "input", "br", "path", "rect", "circle"})

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.words = []
        self.open = []

    @classmethod
    def of(cls, text):
        page = cls()
        page.feed(text)
        page.close()
        return page

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open, tag
        assert self.open[-1][0] == tag, (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data):
        self.words.append((data, list(self.open)))

    def all(self, tag):
        return [attrs for found, attrs in self.elements if found == tag]

    @property
    def text(self):
        return " ".join(" ".join(data for data, _ in self.words).split())

    def links(self, prefix):
        return [attrs["href"] for attrs in self.all("a") if attrs["href"].startswith(prefix)]
