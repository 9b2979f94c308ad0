"""What was found, as JSON, as lines on a terminal, and as the table of docs/reliability.md."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.run import Ran

SCHEMA = "jogral.faults/1"
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: written by python -m tests.faults --write-docs -->", "<!-- faults: end -->"


def document(ran: Sequence[Ran], *, fast: bool) -> dict[str, Any]:
    """All items as one JSON document; it is ok when each is, and when there is one."""
    return {
        "schema": SCHEMA,
        "ok": bool(ran) and all(one.item.ok for one in ran),
        "size": "fast" if fast else "full",
        "cores": len(os.sched_getaffinity(0)),
        "python": ".".join(map(str, sys.version_info[:3])),
        "seconds": round(sum(one.seconds for one in ran)),
        "items": [
            {
                "name": one.item.name,
                "ok": one.item.ok,
                "database": one.database,
                "sentence": one.sentence,
                "seed": one.seed,
                "seconds": round(one.seconds, 1),
                "figures": _rounded(one.item.figures),
            }
            | ({"broken": list(one.item.broken)} if one.item.broken else {})
            for one in ran
        ],
    }


def plain(found: dict[str, Any]) -> str:
    """Lines for a terminal."""
    lines = [
        f"{'ok ' if one['ok'] else 'NOT'}  {one['name']:<22} {one['database']:<11} {one['seconds']:>6.0f} s  "
        f"{_figures(one['figures'])}\n" + "".join(f"     {sentence}\n" for sentence in one.get("broken", ()))
        for one in found["items"]
    ]
    return "".join(lines)


def write_docs(found: dict[str, Any], page: Path = PAGE) -> None:
    """Put the table of this document between the page's two markers."""
    written = page.read_text(encoding="utf-8")
    assert BEGIN in written, f'{page} does not say where the table begins: "{BEGIN}"'
    assert END in written, f'{page} does not say where the table ends: "{END}"'
    before, after = written.partition(BEGIN)[0], written.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{table(found)}\n{END}{after}", encoding="utf-8")


def table(found: dict[str, Any]) -> str:
    """A Markdown table: an item a row, its databases side by side."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for one in found["items"]:
        by_name.setdefault(one["name"], []).append(one)
    rows = [
        f"| `{name}` | {of_name[0]['sentence']} | {'yes' if all(one['ok'] for one in of_name) else '**no**'} | "
        + "<br>".join(f"{one['database']}: {_figures(one['figures'])}" for one in of_name)
        + " |\n"
        for name, of_name in by_name.items()
    ]
    head = "| item | what happens, and what is promised | held | measured |\n|---|---|---|---|\n"
    where = (
        f"Measured on {found['cores']} cores with Python {found['python']}, {found['size']} size, "
        f"in {found['seconds'] / 60:.0f} min. A time is in seconds.\n\n"
    )
    return where + head + "".join(rows)


def _figures(figures: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_said(value)}" for name, value in figures.items())


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_figures(value)})"
    if isinstance(value, list):
        return " to ".join(map(_said, value))
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return round(value, 3) if isinstance(value, float) else value
