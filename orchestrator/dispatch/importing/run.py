"""One import of one file: batch by batch, each with its place in the file, so that it can be killed and goes on."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from orchestrator.customer_file import rows_of
from orchestrator.dispatch.importing.batch import Batch, ReadRows, read_rows
from orchestrator.dispatch.importing.quarantine import Quarantine
from orchestrator.dispatch.importing.rows import RowReader
from orchestrator.dispatch.importing.tally import UNCHANGED, Tally
from orchestrator.dispatch.record import Entry, record_all
from orchestrator.domain.errors import Conflict
from orchestrator.domain.identifiers import ENTROPY_SIZE, new_id
from orchestrator.faultpoints import nowhere
from orchestrator.store.port import ImportRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from orchestrator.customer_file import CustomerFile
    from orchestrator.customer_sheet import CustomerSheet
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Store

ROWS_PER_BATCH = 500

# Under this name the counts of an import hold how much of its quarantine file goes with them.
_QUARANTINE_SIZE = "quarantine_size"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an import stands when it ends. `repeated`: the same file, read the same way, was imported before.

    A rehearsal has neither an id nor a quarantine.
    """

    tally: Tally
    id: str | None = None
    quarantine: Path | None = None
    repeated: bool = False


@dataclass(frozen=True, kw_only=True)
class Import:
    """One file, read as its mapping says, which fits file and release (see `project.sheets.check_sheet`).

    `folder` is where rows that stay out are kept; `by` is who wants the import.

    `translate` gives reasons in the reader's language; `progress` is called with how many rows are done.
    """

    store: Store
    release: Release
    clock: Clock
    file: CustomerFile
    sheet: CustomerSheet
    folder: Path
    by: str
    translate: Callable[[str], str] = str
    progress: Callable[[int], None] = lambda _done: None
    passing: Callable[[str], None] = nowhere
    rows_per_batch: int = ROWS_PER_BATCH

    def run(self) -> Ended:
        """Import what is not in yet.

        Raises:
            Conflict: another process imports the same file now (`import_running`).
        """
        with self.store.write() as transaction:
            begun = transaction.imports.open(self._new())
        path = self.folder / f"{begun.id}.csv"
        if begun.ended_at is not None:
            return Ended(id=begun.id, tally=Tally.of(begun.counts), quarantine=path, repeated=True)
        tally = Tally.of(begun.counts)
        quarantine = Quarantine(path, self.file)
        for position, read, is_last in self._batches(begun.position):
            tally = self._commit(begun.id, position, read, quarantine, is_last=is_last)
            self.progress(tally.rows)
        return Ended(id=begun.id, tally=tally, quarantine=path)

    def rehearse(self) -> Ended:
        """What an import would do, after doing it and taking it back: batch by batch, so that nobody waits for it.

        Rows of somebody who was in an earlier batch count as unchanged, since that batch was taken back.
        """
        tally, seen = Tally(), set[int]()
        for _, read, _ in self._batches(0):
            fresh = [person for person in read.people if seen.isdisjoint(map(hash, person.keys))]
            seen.update(hash(key) for person in fresh for key in person.keys)
            tally.counts[UNCHANGED] += len(read.people) - len(fresh)
            with suppress(_TakenBack), self.store.write() as transaction:
                self._batch("rehearsal", tally).take(transaction, replace(read, people=fresh))
                raise _TakenBack
            self.progress(tally.rows)
        return Ended(tally=tally)

    # --- batches ------------------------------------------------------------------------------------------------------

    def _batches(self, after: int) -> Iterator[tuple[int, ReadRows, bool]]:
        """Where each begins, what is in it, and whether it is the last. A file without rows is one empty batch."""
        reader = RowReader(self.file.columns, self.sheet)
        rows = rows_of(self.file, after=after)
        is_last = False
        while not is_last:
            batch = list(islice(rows, self.rows_per_batch))
            is_last = len(batch) < self.rows_per_batch
            yield after, read_rows(reader, batch), is_last
            after += len(batch)

    def _commit(self, import_id: str, position: int, read: ReadRows, quarantine: Quarantine, *, is_last: bool) -> Tally:
        """Rows, what was counted, and how far it is: on disk together, or not at all."""
        with self.store.write() as transaction:
            held = transaction.imports.hold(import_id)
            if held.position != position or held.ended_at is not None:
                raise Conflict(
                    "Another process imports {file} at this moment.",
                    remedy="Let it go on, or end it and start again.",
                    code="import_running",
                    file=self.file.path.name,
                )
            quarantine.cut(held.counts[_QUARANTINE_SIZE])
            batch = self._batch(import_id, Tally.of(held.counts))
            batch.take(transaction, read)
            quarantine.keep(batch.kept_aside)
            transaction.imports.advance(
                import_id,
                position=position + len(read.people) + len(read.unfit),
                counts=self._counts(batch.tally, quarantine_size=quarantine.size),
                ended_at=self.clock.now() if is_last else None,
            )
            if is_last:
                done = Entry(
                    kind="import.done", by=self.by, said={"id": import_id, **self._of_the_file, **batch.tally.numbers}
                )
                record_all(transaction, self.clock, [done])
            self.passing("before_import_commit")
        return batch.tally

    def _batch(self, import_id: str, tally: Tally) -> Batch:
        return Batch(
            release=self.release, clock=self.clock, sheet=self.sheet, actor=f"import:{import_id}", tally=tally,
            translate=self.translate,
        )  # fmt: skip

    def _new(self) -> ImportRun:
        """The same file, read the same way, is the same import; who corrects one of them has another."""
        now = self.clock.now()
        return ImportRun(
            id=new_id("imp", now, self.clock.entropy(ENTROPY_SIZE)),
            digest=self._digest(),
            file_name=self.file.path.name,
            position=0,
            counts=self._counts(Tally(), quarantine_size=0),
            by=self.by,
            started_at=now,
        )

    def _digest(self) -> str:
        """What the file is read by counts too: a wording that is published later proves what nothing proved before."""
        topics = {one.topic: self.release.project.topics[one.topic].opt_in for one in self.sheet.consents}
        wordings = {name: one.topic for name, one in self.release.wordings.items() if one.topic in topics}
        read_by = [self.sheet.model_dump(mode="json", by_alias=True), topics, wordings]
        said = f"{self.file.digest}\n{json.dumps(read_by, sort_keys=True)}"
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def _of_the_file(self) -> dict[str, str]:
        """By this somebody who still has the file can show that it is the one (LGPD art. 8 §2)."""
        return {"file_sha256": self.file.digest}

    def _counts(self, tally: Tally, *, quarantine_size: int) -> dict[str, Any]:
        return {**tally.document, **self._of_the_file, _QUARANTINE_SIZE: quarantine_size}


class _TakenBack(Exception):  # nothing went wrong: it is how a transaction is taken back
    """A rehearsal is over."""
