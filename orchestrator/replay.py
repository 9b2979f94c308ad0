"""Replay: somebody's file of orders, turned into events and run through the real path into the local inbox."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from orchestrator.dispatch.register import Profile, register
from orchestrator.domain.errors import ConfigurationError, DocumentError, JogralError, did_you_mean
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.domain.system import system_words
from orchestrator.events import faults
from orchestrator.mapping import UnmappableRow, map_row
from orchestrator.project.references import unknown_in_mapping
from orchestrator.timeline import Player, Timeline, require_local

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from orchestrator.app import App
    from orchestrator.dispatch.tick import Bell
    from orchestrator.documents import Document
    from orchestrator.mapping import MappedCustomer, MappedEvent, Mapping
    from orchestrator.release import Release

ROWS_PER_BATCH = 500

_COLUMN = re.compile(r"\brow\.([A-Za-z_]\w*)")


@dataclass
class Accounting:
    """What a replay did, for people and for `--json`."""

    rows: int = 0
    quarantined: int = 0
    events: dict[str, int] = field(default_factory=dict)
    events_repeated: int = 0
    messages: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document `jogral.replay/1`."""
        return {
            "schema": "jogral.replay/1",
            "ok": self.quarantined == 0,
            "rows": self.rows,
            "quarantined": self.quarantined,
            "events": self.events,
            "events_repeated": self.events_repeated,
            "messages": self.messages,
        }


@dataclass(frozen=True, kw_only=True)
class Replay:
    """One run of one file. `quarantine` is where rows that do not map are kept, each with its number and reason."""

    app: App
    release: Release
    mapping: Mapping
    bell: Bell
    file: Path
    quarantine: Path
    sleep: Callable[[float], None]
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None

    def run(self) -> Accounting:
        """Read, map, register, play, count.

        Raises:
            Refused: an account would reach people. ConfigurationError: the file or its columns do not fit.
        """
        require_local(self.app, self.release)
        timeline = Timeline()
        try:
            with _Quarantine(self.quarantine) as quarantine:
                rows = self._read(timeline, quarantine)
                origin = new_id("rpl", self.app.clock.now(), self.app.clock.entropy(ENTROPY_SIZE))
                total = len(timeline)
                played = Player(
                    app=self.app,
                    release=self.release,
                    bell=self.bell,
                    source=self.mapping.source,
                    journeys=self.mapping.journeys,
                    origin=origin,
                    sleep=self.sleep,
                    progress=lambda done: self.progress("play", done, total),
                ).play(timeline)
                for row, reason in played.refused:
                    quarantine.add(row, reason, {})
        finally:
            timeline.close()
        return Accounting(
            rows=rows,
            quarantined=quarantine.rows,
            events=dict(sorted(played.events.items())),
            events_repeated=played.repeated,
            messages=self._messages(origin),
        )

    def _read(self, timeline: Timeline, quarantine: _Quarantine) -> int:
        rows = 0
        batch: list[MappedCustomer] = []
        for number, row in _rows(self.file, self.mapping):
            rows += 1
            try:
                customer, events = self._mapped(row)
            except JogralError as error:
                quarantine.add(number, str(error), row)
                continue
            timeline.add(number, customer.id, events)
            batch.append(customer)
            if len(batch) == ROWS_PER_BATCH:
                self._register(batch)
                batch = []
                self.progress("read", rows, 0)
        self._register(batch)
        self.progress("read", rows, rows)
        return rows

    def _mapped(self, row: dict[str | None, Any]) -> tuple[MappedCustomer, tuple[MappedEvent, ...]]:
        """One row, whole or not at all: a row of which half maps is a row that does not map."""
        if None in row or None in row.values():
            raise UnmappableRow("The row has more or fewer columns than the header.")
        customer, events = map_row(self.mapping, row)  # type: ignore[arg-type]  # no None, as just checked
        profile(customer).check()
        for event in events:
            for fault in faults(self.release.events[event.type], event.data):
                raise UnmappableRow(
                    "{type} {pointer}: {detail}", type=event.type, pointer=fault.pointer, detail=fault.detail
                )
        return customer, events

    def _register(self, batch: list[MappedCustomer]) -> None:
        # The same customer may stand in many rows: the first says who they are.
        once = {customer.id: customer for customer in reversed(batch)}
        with self.app.store.write() as transaction:
            register(transaction, [profile(customer) for customer in once.values()], self.app.clock)

    def _messages(self, origin: str) -> dict[str, dict[str, int]]:
        """Every message that the mapping's journeys can ask for, with what became of this run's requests."""
        asked: dict[str, dict[str, int]] = {
            step.send: {} for journey_id in self.mapping.journeys for step in self.release.journeys[journey_id].sends()
        }
        with self.app.store.read() as transaction:
            tally = asked | transaction.deliveries.tally(origin=origin)
        return {
            message: {"requested": sum(states.values()), **dict(sorted(states.items()))}
            for message, states in sorted(tally.items())
        }


def profile(customer: MappedCustomer) -> Profile:
    """A mapped customer as one to register."""
    return Profile(
        id=customer.id,
        locale=customer.locale,
        time_zone=customer.timezone,
        attributes=customer.attributes,
        emails=(customer.email,) if customer.email else (),
        phones=(customer.phone,) if customer.phone else (),
        push_tokens=(customer.push_token,) if customer.push_token else (),
    )


def check_mapping(mapping: Mapping, release: Release, document: Document) -> None:
    """What a mapping says of other files. Raises DocumentError with every fault."""
    findings = [*unknown_in_mapping(mapping, document, release.journeys, release.events)]
    if findings:
        raise DocumentError(findings)


# --- the file ---------------------------------------------------------------------------------------------------------


def _rows(file: Path, mapping: Mapping) -> Iterator[tuple[int, dict[str | None, Any]]]:
    """(line number, column → text). The header is line 1. Raises ConfigurationError."""
    line = 1
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, delimiter=_delimiter(opened.readline()), strict=True)
            opened.seek(0)
            _check_columns(file, reader.fieldnames or (), mapping)
            for row in reader:
                line = reader.line_num
                yield line, row
    except FileNotFoundError as error:
        raise ConfigurationError("There is no file {file}.", file=file) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            "{file} is not UTF-8 text (byte {place}).",
            remedy='Save it as UTF-8; in Excel: "CSV UTF-8".',
            file=file,
            place=error.start,
        ) from error
    except csv.Error as error:
        raise ConfigurationError(
            "{file} cannot be read as CSV after line {line}: {why}.",
            remedy="A quote that is opened must be closed; nothing was sent.",
            file=file,
            line=line,
            why=error,
        ) from error
    except OSError as error:
        raise ConfigurationError("{file} cannot be read: {why}.", file=file, why=system_words(error)) from error


def _delimiter(header: str) -> str:
    """Spreadsheets of many countries, Brazil among them, write semicolons."""
    return max(",;\t", key=header.count)


def _check_columns(file: Path, columns: Sequence[str], mapping: Mapping) -> None:
    present = list(columns)
    wanted = dict.fromkeys(_COLUMN.findall(mapping.model_dump_json()))
    missing = [column for column in wanted if column not in present]
    if missing:
        raise ConfigurationError(
            '{file} has no column "{column}"{hint}',
            remedy="Its columns are: {columns}.",
            where=f"templates/mappings/{mapping.id}.yaml",
            file=file,
            column=missing[0],
            hint=did_you_mean(missing[0], present),
            columns=", ".join(present) or "none",
        )


class _Quarantine:
    """Rows that do not map, kept with their number and the reason. The file appears with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._opened: Any = None
        self._writer: Any = None

    def __enter__(self) -> Self:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._opened is not None:
            self._opened.close()

    def add(self, number: int, reason: str, row: dict[str | None, Any]) -> None:
        """Keep one row."""
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._opened = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._opened)
            self._writer.writerow(["row", "reason", "values"])
        self.rows += 1
        self._writer.writerow([number, reason, *("" if value is None else value for value in row.values())])
