"""`python -m tests.faults`: what holds when things break. See docs/reliability.md.

Progress goes to stderr, the figures as a table or as JSON to stdout. The exit code is 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

import structlog

from tests.faults.items import DATABASES, registered
from tests.faults.run import run_all
from tests.faults.table import document, plain, write_docs

# What the small size is for is whether promises hold, not how fast they are kept.
FAST_AT_ONCE = 4


def main() -> int:
    # What our own code logs in this process stands beside the progress; stdout is for what was asked.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    entries = registered()
    options = parsed(sorted(entries))
    if options.write_docs:
        write_docs(json.loads(options.write_docs.read_text(encoding="utf-8")))
        return 0
    chosen = [
        entry
        for entry in entries.values()
        if (not options.only or entry.name in options.only) and (entry.fast or not options.fast or options.only)
    ]
    databases = DATABASES if options.database == "both" else (options.database,)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    at_once = FAST_AT_ONCE if options.fast else 1
    ran = run_all(chosen, databases, fast=options.fast, seed=seed, say=say, at_once=at_once)
    found = document(ran, fast=options.fast)
    sys.stdout.write(json.dumps(found, indent=2) + "\n" if options.json else plain(found))
    return 0 if found["ok"] else 1


def parsed(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=(), choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--fast", action="store_true", help="the small size that every commit runs")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--seed", type=int, help="of an earlier run; without it, a new one")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--write-docs", type=Path, metavar="FILE", help="run nothing; write the table of docs/reliability.md from this"
    )
    return parser.parse_args()


def say(what: str) -> None:
    sys.stderr.write(f"faults: {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
