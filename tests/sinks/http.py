"""An HTTP provider of our own: `python -m tests.sinks.http --port 0 --record calls.jsonl`.

It records every request and answers 200 with `{"id": "<number>"}`. The caller chooses other endings in the query:

    ?status=429&header=Retry-After:7&body=TEXT&size=BYTES
    ?raw=ANSWER     answer these very bytes (with then=drop: and close the connection)
    ?then=hang      take the request, never answer
    ?then=drop      take it, close the connection
    ?then=garbage   answer something that is not HTTP
    ?then=cut       promise a longer body than is sent, and close
    ?then=stall     promise a longer body than is sent, and wait
    ?then=endless   send a megabyte of headers, and wait
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
from typing import IO
from urllib.parse import parse_qs, urlsplit

from tests.sinks import certificate, process

PROMISED_TOO_MUCH = 100


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length, no more."""

    numbers = itertools.count(1)
    ids = itertools.count(1)

    def __init__(self, record: IO[str]) -> None:
        self.record = record
        self.number = next(self.numbers)
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            size = int(headers.get("content-length", 0))
            if len(self.buffer) < end + 4 + size:
                return
            body = self.buffer[end + 4 : end + 4 + size]
            self.buffer = self.buffer[end + 4 + size :]
            self.received(head[0], headers, body)

    def received(self, request_line: str, headers: dict[str, str], body: bytes) -> None:
        method, target, _ = request_line.split(" ")
        process.write(
            self.record,
            method=method,
            target=target,
            headers=headers,
            body=body.decode("utf-8", "replace"),
            connection=self.number,
        )
        asked = parse_qs(urlsplit(target).query, errors="surrogateescape") if "?" in target else {}
        query = {name: values[-1] for name, values in asked.items()}
        self.end(query)

    def end(self, query: dict[str, str]) -> None:
        answer = query["body"] if "body" in query else f'{{"id": "{next(self.ids)}"}}'
        text = b"x" * int(query["size"]) if "size" in query else answer.encode()
        extra = f"{query['header']}\r\n" if "header" in query else ""
        then = query.get("then", "")
        promised = len(text) + (PROMISED_TOO_MUCH if then in ("cut", "stall") else 0)
        head = f"HTTP/1.1 {query.get('status', '200')} -\r\nContent-Length: {promised}\r\n{extra}\r\n"
        if then == "hang":
            return
        if then == "endless":
            self.transport.write(b"HTTP/1.1 200 -\r\n" + b"X-A: 1\r\n" * 2**17)
            return
        if "raw" in query:
            self.transport.write(query["raw"].encode("utf-8", "surrogateescape"))
        elif then != "drop":
            self.transport.write(b"what?\r\n\r\n" if then == "garbage" else head.encode() + text)
        if then in ("drop", "garbage", "cut"):
            self.transport.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    process.add_arguments(parser)
    options = parser.parse_args()
    tls = certificate.serving(options.certificate) if options.certificate else None
    with process.recorder(options.record) as record:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(record), "127.0.0.1", options.port, ssl=tls, backlog=1024)
        await process.serve(server, options)


if __name__ == "__main__":
    asyncio.run(main())
