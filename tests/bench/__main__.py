"""`python -m tests.bench pipeline|render|check`: what Jogral's own path costs. See docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import pipeline, render
from tests.bench.checking import measure_check
from tests.bench.processes import Broken

if TYPE_CHECKING:
    from collections.abc import Mapping


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_pipeline(commands.add_parser("pipeline", help="messages a second, from accepted rows to settled ones"))
    _add_render(commands.add_parser("render", help="saying a message, beside plain Jinja2 on the same texts"))
    _add_check(commands.add_parser("check", help="jogral check on a large project, cold and warm"))
    options = parser.parse_args()
    try:
        ok, written = options.run(options)
    except Broken as error:
        _say(str(error))
        return 1
    sys.stdout.write(written)
    return 0 if ok else 1


def _add_pipeline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sink", metavar="URL", help="where the posts go; without it, a fast sink of our own")
    parser.add_argument("--messages", type=int, default=20_000, metavar="N")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    parser.add_argument("--channel", default="sms", choices=("sms", "email"))
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_pipeline)


def _add_render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--message", default=render.MESSAGE, metavar="ID", help="a shipped one")
    parser.add_argument("--customers", type=int, default=render.CUSTOMERS, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_render)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--files", type=int, default=500, metavar="N")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_check)


def _pipeline(options: argparse.Namespace) -> tuple[bool, str]:
    figures = pipeline.measure(options.messages, options.database, options.sink, _say, channel=options.channel)
    document = asdict(figures)
    return figures.ok, _document("pipeline", document, ok=figures.ok) if options.json else _pipeline_table(figures)


def _render(options: argparse.Namespace) -> tuple[bool, str]:
    figures = render.measure(options.message, options.customers, _say)
    return figures.ok, _document("render", asdict(figures), ok=figures.ok) if options.json else _render_table(figures)


def _check(options: argparse.Namespace) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="jogral-bench-") as folder:
        figures = measure_check(options.files, Path(folder) / "shop")
    lines = {
        "files": f"{figures.files}",
        "cold": f"{figures.cold_s:.2f} s",
        "warm": f"{figures.warm_s:.2f} s",
        "one changed": f"{figures.one_changed_s:.2f} s",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("check", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _say(what: str) -> None:
    sys.stderr.write(f"bench: {what}\n")


def _document(name: str, figures: Mapping[str, Any], *, ok: bool) -> str:
    return json.dumps({"schema": f"jogral.bench.{name}/1", "ok": ok, **_rounded(figures)}, indent=2) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, tuple):
        return [_rounded(one) for one in value]
    return round(value, 4) if isinstance(value, float) else value


def _pipeline_table(figures: pipeline.Figures) -> str:
    seen = "not asked" if figures.keys is None else f"{figures.keys} different references in {figures.posts} posts"
    return _lines(
        {
            "ledger": f"{figures.database}, {figures.sent} of {figures.messages} sent on {figures.channel}",
            "sink": seen,
            "messages/s": f"{figures.messages_per_s:.0f}",
            "CPU-s per 1,000": f"{figures.cpu_s_per_1000:.3f}  (bare {figures.bare_cpu_s_per_1000:.3f})",
            "peak RSS, MiB": f"{figures.peak_rss_mib:.0f}",
            "bare posts/s": f"{figures.bare_per_s:.0f}  (before {figures.bare_before_per_s:.0f}, "
            f"after {figures.bare_after_per_s:.0f})",
            "ratio": f"{figures.ratio:.2f}",
            "cores, Python": f"{figures.cores}, {figures.python}",
        }
    )


def _render_table(figures: render.Figures) -> str:
    head = f"{figures.message}, {figures.customers} customers, {figures.cores} cores, Python {figures.python}\n"
    return head + "".join(
        f"{one.channel:<10} ours {one.ours_us:6.1f} µs   plain {one.plain_us:6.1f} µs   ratio {one.ratio:.2f}"
        f"   all promised something else {one.first_us:6.1f} µs\n"
        for one in figures.channels
    )


def _lines(lines: Mapping[str, str]) -> str:
    return "".join(f"{name:<16} {value}\n" for name, value in lines.items())


if __name__ == "__main__":
    sys.exit(main())
