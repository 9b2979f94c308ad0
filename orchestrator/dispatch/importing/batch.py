"""Some rows of a file on their way into the ledger, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from orchestrator.dispatch.importing.arriving import arrive
from orchestrator.dispatch.importing.matching import look_up, turns
from orchestrator.dispatch.importing.proofs import terms_of
from orchestrator.dispatch.importing.unclear import told_of
from orchestrator.dispatch.whose import lock_customers
from orchestrator.domain.errors import JogralError, filled, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.customer_file import Row
    from orchestrator.customer_sheet import CustomerSheet
    from orchestrator.dispatch.importing.proofs import Terms
    from orchestrator.dispatch.importing.rows import Person, RowReader
    from orchestrator.dispatch.importing.tally import Tally
    from orchestrator.domain.time import Clock
    from orchestrator.release import Release
    from orchestrator.store.port import Transaction

_NO_PROOF = mark("Consent to {topic}: {why}.")


@dataclass(frozen=True, kw_only=True)
class ReadRows:
    """Rows as people, and those that cannot be read as one."""

    people: Sequence[Person]
    unfit: Sequence[tuple[Row, JogralError]]


def read_rows(reader: RowReader, rows: Sequence[Row]) -> ReadRows:
    """Read before a transaction begins: addresses are slow to check, and others want to write too."""
    people: list[Person] = []
    unfit: list[tuple[Row, JogralError]] = []
    for row in rows:
        try:
            people.append(reader.read(row))
        except JogralError as why:
            unfit.append((row, why))
    return ReadRows(people=people, unfit=unfit)


@dataclass(kw_only=True)
class Batch:
    """Counts in `tally` what becomes of each row, and gathers those that stay out, each with the reason."""

    release: Release
    clock: Clock
    sheet: CustomerSheet
    actor: str
    tally: Tally
    translate: Callable[[str], str]
    kept_aside: list[tuple[Row, str]] = field(default_factory=list)

    def take(self, transaction: Transaction, read: ReadRows) -> None:
        """Store what can be stored."""
        for row, why in read.unfit:
            self._keep_aside(row, self._reason(why))
        terms = terms_of(transaction, self.release, self.clock, read.people, self.actor)
        people = [proven for person in read.people if (proven := self._proven(terms, person)) is not None]
        # All of them at once, in id order, and only then what is decided on.
        lock_customers(transaction, look_up(transaction, self.sheet.source, people).customers)
        for turn in turns(people):
            coming: Sequence[Person] = turn
            while coming:
                arrival = arrive(transaction, self.clock, self.sheet.source, terms, coming, self.tally)
                for person, unfit in arrival.refused:
                    self._keep_aside(person.row, self._reason(unfit))
                coming = arrival.after
        self.kept_aside.sort(key=lambda one: one[0].line)

    def _proven(self, terms: Terms, person: Person) -> Person | None:
        """The person with what can be proven; None where the mapping wants such rows kept aside."""
        for one in person.unclear:
            self.tally.wonder(filled(*told_of(one), self.translate), person.row.line)
        doubts = [(one, terms.doubt(one)) for one in person.said]
        unproven = [*person.unproven, *(doubt for _, doubt in doubts if doubt is not None)]
        if not unproven:
            return person
        reasons = [filled(_NO_PROOF, {"topic": one.topic, "why": one.why}, self.translate) for one in unproven]
        if self.sheet.without_proof == "quarantine":
            self._keep_aside(person.row, " ".join(reasons))
            return None
        for reason in reasons:
            self.tally.doubt(reason, person.row.line)
        return replace(person, said=tuple(one for one, doubt in doubts if doubt is None))

    def _keep_aside(self, row: Row, reason: str) -> None:
        self.kept_aside.append((row, reason))
        self.tally.keep_aside(reason, row.line)

    def _reason(self, why: JogralError) -> str:
        return f"{why.told(self.translate)} {why.remedy(self.translate)}".rstrip()
