"""What a mapping of a file of customers says of other files: topics, wordings, and the columns of the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.consent import CONFIRMED_AT, DOUBLE_OPT_IN
from orchestrator.customer_sheet import InColumn
from orchestrator.domain.errors import ConfigurationError, DocumentError, did_you_mean, mark
from orchestrator.project.references import NO_TOPIC, TOPICS, UNKNOWN_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from orchestrator.customer_file import CustomerFile
    from orchestrator.customer_sheet import ConsentSheet, CustomerSheet
    from orchestrator.documents import Document
    from orchestrator.domain.errors import Finding
    from orchestrator.release import Release, Topic
    from orchestrator.wordings import Wording

UNPROVABLE = "CO170"


def check_sheet(sheet: CustomerSheet, document: Document, file: CustomerFile, release: Release) -> None:
    """Refuse an import of which nothing good could come, before it begins.

    Raises:
        DocumentError: with every fault of the mapping.
        ConfigurationError: the file lacks a column, or has it twice.
    """
    findings = [
        *unknown_topics_of_sheet(sheet, document, release.project.topics),
        *unprovable(sheet, document, release.project.topics, release.wordings),
    ]
    if findings:
        raise DocumentError(findings)
    _check_columns(sheet, document, file)


def unknown_topics_of_sheet(sheet: CustomerSheet, document: Document, topics: Mapping[str, Topic]) -> Iterator[Finding]:
    """Topics that the project does not have."""
    for place, one in enumerate(sheet.consents):
        if one.topic not in topics:
            yield document.finding(
                ("consents", place, "topic"),
                NO_TOPIC,
                code=UNKNOWN_TOPIC,
                help=TOPICS,
                params={"name": one.topic, "hint": did_you_mean(one.topic, topics)},
            )


def unprovable(
    sheet: CustomerSheet, document: Document, topics: Mapping[str, Topic], wordings: Mapping[str, Wording]
) -> Iterator[Finding]:
    """Consents that no row of the file can prove."""
    for place, one in enumerate(sheet.consents):
        if one.granted is None:
            continue
        if isinstance(one.wording, str):
            yield from _wrong_wording(one, one.wording, place, document, wordings)
        if one.topic in topics and topics[one.topic].double and not _confirms(one):
            yield document.finding(
                ("consents", place, "method"),
                mark('"{topic}" has double opt-in, and nothing shows that it was confirmed'),
                code=UNPROVABLE,
                help=mark(
                    "Import those who confirmed: `method: double_opt_in` and `evidence: {{confirmed_at: "
                    "{{column: …}}}}`."
                ),
                params={"topic": one.topic},
            )


def _wrong_wording(
    one: ConsentSheet, name: str, place: int, document: Document, wordings: Mapping[str, Wording]
) -> Iterator[Finding]:
    at = ("consents", place, "wording")
    if name not in wordings:
        yield document.finding(
            at,
            mark('Unknown wording "{name}"{hint}'),
            code=UNPROVABLE,
            help=mark("Wordings are declared in templates/wordings.yaml."),
            params={"name": name, "hint": did_you_mean(name, wordings)},
        )
    elif wordings[name].topic != one.topic:
        yield document.finding(
            at,
            mark('"{name}" asks for {other}, and not for {topic}'),
            code=UNPROVABLE,
            help=mark("Name the words that asked for this topic."),
            params={"name": name, "other": wordings[name].topic, "topic": one.topic},
        )


def _confirms(one: ConsentSheet) -> bool:
    """Whether some row may show a double opt-in to its end."""
    said = isinstance(one.method, InColumn) or one.method == DOUBLE_OPT_IN
    return said and CONFIRMED_AT in one.evidence


def _check_columns(sheet: CustomerSheet, document: Document, file: CustomerFile) -> None:
    for column in sheet.named_columns():
        times = file.columns.count(column)
        if times == 0:
            raise ConfigurationError(
                '{file} has no column "{column}"{hint}',
                remedy="Its columns are: {columns}.",
                where=document.file,
                file=file.path,
                column=column,
                hint=did_you_mean(column, file.columns),
                columns=", ".join(file.columns),
            )
        if times > 1:
            raise ConfigurationError(
                '{file} has {times} columns "{column}": nobody knows which one is meant.',
                remedy="Give them different names.",
                where=document.file,
                file=file.path,
                times=times,
                column=column,
            )
