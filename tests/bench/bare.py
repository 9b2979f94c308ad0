"""The yardstick: a bare aiohttp POST loop, `python -m tests.bench.bare`.

It reads one JSON document: url, headers, body (base64), posts, concurrency. It prints one: per_s, cpu_s_per_1000.
Nothing stands between the loop and aiohttp, so what a worker does beyond it is what sending a message costs us.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import TYPE_CHECKING

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Iterator


async def posted(url: str, headers: dict[str, str], body: bytes, posts: int, concurrency: int) -> tuple[float, float]:
    """Seconds, and CPU-seconds, that the posts took. Each has a key of its own, as long as ours are."""
    numbers = iter(range(posts))
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        started, cpu_before = time.perf_counter(), time.process_time()
        await asyncio.gather(*(_post(session, url, headers, body, numbers) for _ in range(concurrency)))
        return time.perf_counter() - started, time.process_time() - cpu_before


async def _post(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], body: bytes, numbers: Iterator[int]
) -> None:
    for number in numbers:
        headers_of_one = {**headers, "Idempotency-Key": f"msg_{number:026d}"}
        async with session.post(url, headers=headers_of_one, data=body) as response:
            await response.read()
            response.raise_for_status()


def main() -> None:
    wanted = json.load(sys.stdin)
    posts = wanted["posts"]
    seconds, cpu_seconds = asyncio.run(
        posted(wanted["url"], wanted["headers"], base64.b64decode(wanted["body"]), posts, wanted["concurrency"])
    )
    json.dump({"per_s": posts / seconds, "cpu_s_per_1000": cpu_seconds / posts * 1000}, sys.stdout)


if __name__ == "__main__":
    main()
