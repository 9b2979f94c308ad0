"""A client of the API that keeps its own list of what it was promised, and asks again until it was."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from tests.faults.harness import data_about

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.faults.crew import Crew
    from tests.faults.harness import Asked, Shop, Wish

ACCEPTED = 202
ANSWER_SECONDS = 30
PATIENCE_SECONDS = 120
AGAIN_SECONDS = 0.05

_pause = threading.Event()  # nobody sets it


@dataclass
class Client:
    """Talks to a server that the crew keeps alive; it may die at any moment, and its successor has the same port."""

    shop: Shop
    crew: Crew
    asked: list[Asked] = field(default_factory=list)
    repeated: int = 0
    _secret: str = ""
    _port: int = 0
    _connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        self._secret, self._port = self.shop.key(), free_port()
        self.crew.add_server(self._port)
        return self

    def __exit__(self, *_exception: object) -> None:
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self._port}"

    def another(self) -> Client:
        """A second one, with a connection of its own: for another thread."""
        return replace(self, asked=[], _connection=None)

    def ask(self, wishes: Iterable[Wish], crew: Crew | None = None) -> None:
        """Ask for each, under one idempotency key until it is promised; the dead of the crew are replaced meanwhile."""
        for wish in wishes:
            canary = self.shop.canary()
            body = {
                "message": wish.message,
                "customer_id": wish.customer,
                "channels": {"all": [wish.channel.value]},
                "data": data_about(canary),
            }
            answer = self.until_accepted("POST", "/v1/messages", body, key=canary, crew=crew)
            self.asked.append(self.shop.asked(answer["id"], wish, canary))

    def until_accepted(
        self, method: str, path: str, body: Any, *, key: str = "", crew: Crew | None = None
    ) -> dict[str, Any]:
        """Say the same until it is accepted. Raises TimeoutError, and AssertionError for a refusal that is final."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            status, answer = self.call(method, path, body, key)
            if status in (200, ACCEPTED):
                return answer
            assert status in (0, 409, 503), (status, answer)
            self.repeated += 1
            if crew is not None:
                crew.tend()
            _pause.wait(AGAIN_SECONDS)
        raise TimeoutError(f"{method} {path} was not accepted within {PATIENCE_SECONDS} s")

    def call(self, method: str, path: str, body: Any, key: str = "") -> tuple[int, dict[str, Any]]:
        """One request; status 0 when there was no answer."""
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        connection = self._connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, json.dumps(body), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            self._connection = None
            return 0, {}
        self._connection = connection
        return response.status, answer


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
