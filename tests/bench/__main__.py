"""`python -m tests.bench pipeline`: what Jogral's own path costs. See docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from tests.bench.pipeline import Figures, measure
from tests.bench.processes import Broken


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    pipeline = commands.add_parser("pipeline", help="messages a second, from accepted rows to settled ones")
    pipeline.add_argument("--sink", metavar="URL", help="where the posts go; without it, a fast sink of our own")
    pipeline.add_argument("--messages", type=int, default=20_000, metavar="N")
    pipeline.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    pipeline.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        figures = measure(options.messages, options.database, options.sink, _say)
    except Broken as error:
        _say(str(error))
        return 1
    sys.stdout.write(_document(figures) if options.json else _table(figures))
    return 0 if figures.ok else 1


def _say(what: str) -> None:
    sys.stderr.write(f"bench: {what}\n")


def _document(figures: Figures) -> str:
    measured = {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(figures).items()}
    return json.dumps({"schema": "jogral.bench.pipeline/1", "ok": figures.ok, **measured}, indent=2) + "\n"


def _table(figures: Figures) -> str:
    seen = "not asked" if figures.keys is None else f"{figures.keys} different references in {figures.posts} posts"
    lines = {
        "ledger": f"{figures.database}, {figures.sent} of {figures.messages} sent",
        "sink": seen,
        "messages/s": f"{figures.messages_per_s:.0f}",
        "CPU-s per 1,000": f"{figures.cpu_s_per_1000:.3f}  (bare {figures.bare_cpu_s_per_1000:.3f})",
        "peak RSS, MiB": f"{figures.peak_rss_mib:.0f}",
        "bare posts/s": f"{figures.bare_per_s:.0f}  (before {figures.bare_before_per_s:.0f}, "
        f"after {figures.bare_after_per_s:.0f})",
        "ratio": f"{figures.ratio:.2f}",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return "".join(f"{name:<16} {value}\n" for name, value in lines.items())


if __name__ == "__main__":
    sys.exit(main())
