"""One document: its plain data, the models that it is read into, and findings at its places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.documents.compose import Node, compose
from orchestrator.documents.explain import called, faults
from orchestrator.documents.source import MISSING_KEY, WRONG_FILE, Source
from orchestrator.domain.errors import DocumentError, did_you_mean

if TYPE_CHECKING:
    from orchestrator.documents.fields import KeyPath
    from orchestrator.domain.errors import Finding

M = TypeVar("M", bound=BaseModel)


def parse(text: str, *, file: str) -> Document:
    """The document that a text holds. `file` is the name that findings carry; nothing is opened.

    Raises:
        DocumentError: the text is not YAML, or YAML that we do not take (YA100, YA102, YA105, YA106, YA108).
    """
    source = Source(text, file=file)
    return Document(source=source, root=compose(source))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Document:
    """A YAML document: one mapping with text as keys.

    Only what JSON would call a number is one, and a number with a point is a float (`repr` gives back its digits, but
    not its trailing zeros); dates, times, `no`, `20%` and `129.90 BRL` are text. Aliases share their value: take
    `data` as read-only.
    """

    source: Source = field(repr=False)
    root: Node = field(repr=False)

    @property
    def file(self) -> str:
        """The name that findings carry."""
        return self.source.file

    @property
    def data(self) -> dict[str, Any]:
        """Plain dicts, lists, str, int, float, bool and None."""
        data: dict[str, Any] = self.root.value
        return data

    def expect(self, kind: str, id: str | None) -> None:  # noqa: A002  # the YAML's own word
        """The document is of this kind, and its `id` is the name of its file. None: this kind has no id.

        Raises:
            DocumentError: it is not (YA107), or does not say (YA103).
        """
        findings = []
        for key, wanted, why in (("kind", kind, "is the kind of files here"), ("id", id, "is the name of the file")):
            if wanted is None:
                continue
            if key not in self.data:
                message, remedy = f'Key "{key}" is missing', f"Write `{key}: {wanted}` at the top."
                findings.append(self.finding((key,), message, code=MISSING_KEY, help=remedy))
            elif not isinstance(said := self.data[key], str):
                message, remedy = f'"{key}" must be text, not {called(said)}', f'Write `{key}: "{wanted}"`.'
                findings.append(self.finding((key,), message, code=WRONG_FILE, help=remedy))
            elif said != wanted:
                message = f'"{key}" is "{said}"{did_you_mean(said, [wanted])}'
                findings.append(self.finding((key,), message, code=WRONG_FILE, help=f'"{wanted}" {why}.'))
        if findings:
            raise DocumentError(findings)

    def read(self, model: type[M]) -> M:
        """The document as a model.

        The `ValueError` of a validator is shown as it is; where it begins in lower case ("must be a path"), the key
        is named before it.

        Raises:
            DocumentError: with every fault, in the order of the file (YA101, YA103, YA104).
        """
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            found = faults(error, model, self.data)
            findings = [
                self.finding(fault.path, fault.message, code=fault.code, help=fault.help, on_key=fault.on_key)
                for fault in found
            ]
            raise DocumentError(sorted(findings, key=lambda finding: (finding.line, finding.column))) from error

    def finding(  # all but the first two are named
        self,
        path: KeyPath,
        message: str,
        *,
        code: str,
        level: str = "error",
        help: str = "",  # noqa: A002  # as in Finding
        offset: int | None = None,
        on_key: bool = False,
    ) -> Finding:
        """A finding about the value at `path`, or about its key.

        Args:
            path: keys and indexes from the top. Where it leaves the document, the finding stands on the key that
                should hold the rest, or on the first key of a mapping that has none.
            message: one sentence without a full stop.
            code: the rule, such as `YA101`.
            level: error, warn or info.
            help: what to do about it.
            offset: a character of the text at `path`, counted as the text is read: without indentation, with
                escapes resolved. The finding stands on that character.
            on_key: stand on the key instead of its value.
        """
        index = self._index(path, offset=offset, on_key=on_key)
        return self.source.finding(code, message, index, level=level, remedy=help)

    def _index(self, path: KeyPath, *, offset: int | None, on_key: bool) -> int:
        node, key = self.root, None
        for part in path:
            child = node.children.get(part)
            if child is None:
                return node.first if key is None else key
            node, key = child, node.keys.get(str(part))
        if offset is not None and node.text:
            return node.index(self.source.text, offset)
        invisible = node.start == node.end
        return key if key is not None and (on_key or invisible) else node.start
