"""`python -m tests.bench pipeline|render|check|timers|audit|import|journeys|channels`: what our path costs.

See docs/reference/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import audit, channels, importing, journeys, many_workers, pipeline, render, timers
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
    _add_timers(commands.add_parser("timers", help="due timers that become deliveries"))
    _add_audit(commands.add_parser("audit", help="one look of the auditor at a large ledger"))
    _add_import(commands.add_parser("import", help="customers with consent, out of a file"))
    _add_journeys(commands.add_parser("journeys", help="simulated customers, and runs that are called"))
    _add_channels(commands.add_parser("channels", help="every adapter at work, beside bare loops"))
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
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="more than one is compared with one")
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


def _add_timers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_timers)


def _add_audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=2_000_000, metavar="N", help="messages that were ever sent")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_audit)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000, metavar="N")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_import)


def _add_journeys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--customers", type=int, default=100_000, metavar="N", help="how many are simulated")
    parser.add_argument("--runs", type=int, default=20_000, metavar="N", help="how many wait in the ledger")
    parser.add_argument("--database", default="sqlite", metavar="sqlite|postgresql|URL", help="an empty one")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_journeys)


def _pipeline(options: argparse.Namespace) -> tuple[bool, str]:
    if options.workers > 1:
        return _many_workers(options)
    figures = pipeline.measure(options.messages, options.database, options.sink, _say, channel=options.channel)
    document = asdict(figures)
    return figures.ok, _document("pipeline", document, ok=figures.ok) if options.json else _pipeline_table(figures)


def _many_workers(options: argparse.Namespace) -> tuple[bool, str]:
    found = many_workers.measure(
        options.messages, options.database, options.sink, _say, channel=options.channel, workers=options.workers
    )
    lines = {
        "messages/s": f"{found.many.messages_per_s:.0f}  (one worker {found.one.messages_per_s:.0f})",
        "times one": f"{found.ratio_to_one:.2f}  (wanted {many_workers.RATIO_MIN})",
        "CPU-s per 1,000": f"{found.many.cpu_s_per_1000:.3f}  (one worker {found.one.cpu_s_per_1000:.3f})",
        "times one's CPU": f"{found.cpu_ratio_to_one:.2f}  (allowed {many_workers.CPU_RATIO_MAX})",
    }
    if options.json:
        return found.ok, _document("pipeline", found.figures, ok=found.ok)
    return found.ok, _pipeline_table(found.many) + _lines(lines)


def _render(options: argparse.Namespace) -> tuple[bool, str]:
    figures = render.measure(options.message, options.customers, _say)
    return figures.ok, _document("render", asdict(figures), ok=figures.ok) if options.json else _render_table(figures)


def _check(options: argparse.Namespace) -> tuple[bool, str]:
    with tempfile.TemporaryDirectory(prefix="jogral-bench-") as folder:
        figures = measure_check(options.files, Path(folder) / "shop")
    lines = {
        "files": f"{figures.files}",
        **{
            name: f"{took.wall_s:.2f} s, {took.cpu_s:.2f} CPU-s"
            for name, took in (("cold", figures.cold), ("warm", figures.warm), ("one changed", figures.one_changed))
        },
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("check", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _timers(options: argparse.Namespace) -> tuple[bool, str]:
    figures = timers.measure(options.count, options.database, _say)
    lines = {
        "ledger": f"{figures.database}, {figures.fired} of {figures.timers} fired, {figures.deliveries} deliveries",
        "seconds": f"{figures.seconds:.1f}  (allowed {timers.ALLOWED_SECONDS})",
        "timers/s": f"{figures.timers_per_s:.0f}",
        "slowest round": f"{figures.slowest_round_s:.3f} s of {figures.round} timers",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("timers", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _audit(options: argparse.Namespace) -> tuple[bool, str]:
    figures = audit.measure(options.rows, options.database, _say)
    lines = {
        "ledger": f"{figures.database}, {figures.rows} messages, {figures.violations} invariants broken",
        "first look": f"{figures.first_look_s:.2f} s",
        "quiet minute": f"{figures.quiet_look_s:.2f} s  (allowed {audit.ALLOWED_SECONDS})",
        "busy minute": f"{figures.busy_look_s:.2f} s after {figures.busy_messages} messages  "
        f"(allowed {audit.ALLOWED_SECONDS})",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("audit", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _import(options: argparse.Namespace) -> tuple[bool, str]:
    figures = importing.measure(options.rows, options.database, _say)
    lines = {
        "ledger": f"{figures.database}, {figures.granted} of {figures.rows} in with their consent",
        "seconds": f"{figures.seconds:.1f}",
        "rows/s": f"{figures.rows_per_s:.0f}",
        "CPU-s per 1,000": f"{figures.cpu_s_per_1000:.2f}",
        "RSS, MiB": f"{figures.rss_tenth_mib:.0f} after a tenth, {figures.rss_end_mib:.0f} at the end  "
        f"(allowed {importing.GROWTH_MIB_MAX:.0f} more)",
        "peak RSS, MiB": f"{figures.peak_rss_mib:.0f}",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("import", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _journeys(options: argparse.Namespace) -> tuple[bool, str]:
    figures = journeys.measure(options.customers, options.runs, options.database, _say)
    lines = {
        "simulated": f"{figures.many.customers} customers, {journeys.DAYS} days, {figures.many.requested} requests",
        "customers/s": f"{figures.customers_per_s:.0f}",
        "peak RSS, MiB": f"{figures.many.peak_rss_mib:.0f} of {figures.many.customers}, "
        f"{figures.few.peak_rss_mib:.0f} of {figures.few.customers}  "
        f"(allowed {journeys.RSS_MIB_MAX:.0f}, {journeys.GROWTH_MIB_MAX:.0f} more)",
        "ledger": f"{figures.database}, {figures.moved} of {figures.runs} runs moved over {figures.steps} steps",
        "steps/s": f"{figures.steps_per_s:.0f}  (wanted {journeys.STEPS_PER_S_MIN})",
        "rows/s": f"{figures.rows_per_s:.0f}  (bare {figures.bare_rows_per_s:.0f})",
        "ratio": f"{figures.ratio:.2f}",
        "cores, Python": f"{figures.cores}, {figures.python}",
    }
    return figures.ok, _document("journeys", asdict(figures), ok=figures.ok) if options.json else _lines(lines)


def _add_channels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=10_000, metavar="N", help="of each adapter")
    parser.add_argument("--adapter", action="append", default=[], metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=_channels)


def _channels(options: argparse.Namespace) -> tuple[bool, str]:
    found = channels.measure(options.messages, tuple(options.adapter), _say)
    ok = all(one.ok for one in found)
    if options.json:
        return ok, _document("channels", {"items": [asdict(one) for one in found]}, ok=ok)
    return ok, "".join(
        f"{one.adapter:<15} {one.messages_per_s:7.0f}/s   CPU-s per 1,000 {one.cpu_s_per_1000:.3f} "
        f"(bare {one.bare_cpu_s_per_1000:.3f})   bare {one.bare_per_s:7.0f}/s   ratio {one.ratio:.2f}"
        f" (mark {one.ratio_min:.2f})   sent {one.sent} of {one.messages}\n"
        for one in found
    )


def _say(what: str) -> None:
    sys.stderr.write(f"bench: {what}\n")


def _document(name: str, figures: Mapping[str, Any], *, ok: bool) -> str:
    return json.dumps({"schema": f"jogral.bench.{name}/1", "ok": ok, **_rounded(figures)}, indent=2) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, (tuple, list)):
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
