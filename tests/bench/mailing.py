"""The yardstick of SMTP: aiosmtplib in a loop over a few open connections, `python -m tests.bench.mailing`.

It reads one JSON document: port, sender, recipient, message, mails, connections. It prints one: per_s, cpu_s_per_1000.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING

import aiosmtplib

if TYPE_CHECKING:
    from collections.abc import Iterator


async def mailed(port: int, sender: str, recipient: str, message: bytes, mails: int, connections: int) -> list[float]:
    """Seconds, and CPU-seconds, that the mails took once everybody was connected."""
    open_ones = [
        aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False, local_hostname="bench.example")
        for _ in range(connections)
    ]
    await asyncio.gather(*(one.connect() for one in open_ones))
    numbers = iter(range(mails))
    started, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.gather(*(_mail(one, sender, recipient, message, numbers) for one in open_ones))
    passed = [time.perf_counter() - started, time.process_time() - cpu_before]
    await asyncio.gather(*(one.quit() for one in open_ones))
    return passed


async def _mail(smtp: aiosmtplib.SMTP, sender: str, recipient: str, message: bytes, numbers: Iterator[int]) -> None:
    for _ in numbers:
        await smtp.sendmail(sender, [recipient], message)


def main() -> None:
    wanted = json.load(sys.stdin)
    wanted["message"] = wanted["message"].encode()
    seconds, cpu_seconds = asyncio.run(mailed(**wanted))
    mails = wanted["mails"]
    json.dump({"per_s": mails / seconds, "cpu_s_per_1000": cpu_seconds / mails * 1000}, sys.stdout)


if __name__ == "__main__":
    main()
