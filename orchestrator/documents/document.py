"""One document: its plain data, the models that it is read into, and findings at its places."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from orchestrator.documents.compose import compose
from orchestrator.documents.explain import faults
from orchestrator.documents.scalars import spell
from orchestrator.documents.source import MISSING_KEY, WRONG_FILE, Source
from orchestrator.documents.wording import called
from orchestrator.domain.errors import DocumentError, Finding, did_you_mean, filled, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from orchestrator.documents.compose import Node, Span
    from orchestrator.documents.explain import Fault
    from orchestrator.documents.fields import KeyPath
    from orchestrator.domain.errors import Fix

    Codes = Mapping[tuple[str, KeyPath], str]

M = TypeVar("M", bound=BaseModel)

_KIND = mark('"{wanted}" is the kind of files here.')
_ID = mark('"{wanted}" is the name of the file.')

_NO_CODES: Codes = MappingProxyType({})


def parse(text: str, *, file: str) -> Document:
    """The document that a text holds. `file` is the name that findings carry; nothing is opened.

    Raises:
        DocumentError: the text is not YAML, or YAML that we do not take (YA100, YA102, YA105, YA106, YA108).
    """
    source = Source(text, file=file)
    root = compose(source)
    return Document(source, root.value, root)


def recall(text: str, data: dict[str, Any], *, file: str) -> Document:
    """The document again, where its data is already known to be what `parse` makes of this very text."""
    return Document(Source(text, file=file), data)


class Document:
    """A YAML document: one mapping with text as keys.

    Only what JSON would call a number is one, and a number with a point is a float (`repr` gives back its digits, but
    not its trailing zeros); dates, times, `no`, `20%` and `129.90 BRL` are text. Aliases share their value: take
    `data`, which is plain dicts, lists, str, int, float, bool and None, as read-only.
    """

    def __init__(
        self,
        source: Source,
        data: dict[str, Any],
        root: Node | None = None,
        written_at: Callable[[KeyPath], KeyPath] | None = None,
    ) -> None:
        self.source = source
        self.data = data
        self._composed = root
        self._written_at = written_at

    @property
    def file(self) -> str:
        """The name that findings carry."""
        return self.source.file

    @property
    def _root(self) -> Node:
        """Where everything is written. A document that was recalled is parsed when the first finding asks for it."""
        if self._composed is None:
            self._composed = compose(self.source)
        return self._composed

    def seen_as(self, data: dict[str, Any], written_at: Callable[[KeyPath], KeyPath]) -> Document:
        """The same text, taken for another document: with this data, and with what is at each path of it elsewhere."""
        return Document(self.source, data, self._composed, written_at)

    def expect(self, kind: str, id: str | None) -> None:  # noqa: A002  # the YAML's own word
        """The document is of this kind, and its `id` is the name of its file. None: this kind has no id.

        Raises:
            DocumentError: it is not (YA107), or does not say (YA103).
        """
        findings = []
        for key, wanted, why in (("kind", kind, _KIND), ("id", id, _ID)):
            if wanted is None:
                continue
            params: dict[str, object] = {"key": key, "wanted": wanted}
            if key not in self.data:
                code, message, remedy = (
                    MISSING_KEY,
                    mark('Key "{key}" is missing'),
                    mark("Write `{key}: {wanted}` at the top."),
                )
            elif not isinstance(said := self.data[key], str):
                code, message, remedy = (
                    WRONG_FILE,
                    mark('"{key}" must be text, not {got}'),
                    mark('Write `{key}: "{wanted}"`.'),
                )
                params["got"] = called(said)
            elif said != wanted:
                code, message, remedy = WRONG_FILE, mark('"{key}" is "{said}"{hint}'), why
                params |= {"said": said, "hint": did_you_mean(said, [wanted])}
            else:
                continue
            findings.append(self.finding((key,), message, code=code, help=remedy, params=params))
        if findings:
            raise DocumentError(findings)

    def read(self, model: type[M], *, codes: Codes = _NO_CODES, data: dict[str, Any] | None = None) -> M:
        """The document as a model.

        The `ValueError` of a validator is shown as it is, and in the reader's language if it is an `Unfit`; where it
        begins in lower case ("must be a path"), the key is named before it.

        Args:
            model: what to read it as.
            codes: what a fault is called where a rule of its own stands above it: the general code and a path, in
                which `*` stands for any one part and a `**` at its end for all that follow, give the special code.
            data: what is read instead of the document's own, where it says only a part of it.

        Raises:
            DocumentError: with every fault, in the order of the file (YA101, YA103, YA104).
        """
        whole = self.data if data is None else data
        try:
            return model.model_validate(whole)
        except ValidationError as error:
            findings = [
                self.finding(
                    fault.path,
                    fault.message.template,
                    code=_special(codes, fault),
                    help=fault.help.template if fault.help else "",
                    params=fault.message.params | (fault.help.params if fault.help else {}),
                    on_key=fault.on_key,
                    fix=None if fault.meant is None else self.fix(fault.path, fault.meant, on_key=True),
                )
                for fault in faults(error, model, whole)
            ]
            raise DocumentError(sorted(findings, key=lambda finding: (finding.line, finding.column))) from error

    def finding(  # noqa: PLR0913  # all but the first two are named
        self,
        path: KeyPath,
        message: str,
        *,
        code: str,
        level: str = "error",
        help: str = "",  # noqa: A002  # as in Finding
        offset: int | None = None,
        length: int | None = None,
        on_key: bool = False,
        params: Mapping[str, object] | None = None,
        fix: Fix | None = None,
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
            length: how many characters of the text, from `offset`, the finding is about.
            on_key: stand on the key instead of its value.
            params: the places of `message` and `help`, which are templates then and can be said in other languages.
            fix: what `--fix` writes.
        """
        start, end = self._span(path, offset=offset, length=length, on_key=on_key)
        line, column = self.source.place(start)
        end_line, end_column = self.source.place(end)
        return Finding(
            code=code,
            level=level,
            message=message if params is None else filled(message, params),
            file=self.file,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            help=help if params is None else filled(help, params),
            fix=fix,
            template="" if params is None else message,
            help_template="" if params is None else help,
            params=params or {},
        )

    def fix(
        self, path: KeyPath, replacement: str, *, offset: int | None = None, length: int | None = None,
        on_key: bool = False,
    ) -> Fix:  # fmt: skip
        """What `--fix` writes at a place that is named as in `finding`: words for words, spelled as the text around."""
        start, end = self._span(path, offset=offset, length=length, on_key=on_key)
        node = self._node(path)
        spelled = spell(replacement, node.style) if node is not None and offset is not None else replacement
        return self.source.fix(start, end, spelled)

    def _node(self, path: KeyPath) -> Node | None:
        node: Node | None = self._root
        for part in self._place(path):
            node = node.children.get(part) if node is not None else None
        return node

    def _place(self, path: KeyPath) -> KeyPath:
        return path if self._written_at is None else self._written_at(path)

    def _span(self, path: KeyPath, *, offset: int | None, length: int | None, on_key: bool) -> Span:
        node: Node = self._root
        key: Span | None = None
        for part in self._place(path):
            child = node.children.get(part)
            if child is None:
                return node.first if key is None else key
            node, key = child, node.keys.get(str(part))
        if offset is not None and node.text:
            return node.span(self.source.text, offset, length or 0)
        invisible = node.start == node.end
        if key is not None and (on_key or invisible):
            return key
        if node.text is None:
            return node.start, node.start  # a list or mapping: where it begins says enough
        return node.start, node.start + len(self.source.text[node.start : node.end].rstrip())


def _special(codes: Codes, fault: Fault) -> str:
    for (general, pattern), special in codes.items():
        if general == fault.code and _fits(pattern, fault.path):
            return special
    return fault.code


def _fits(pattern: KeyPath, path: KeyPath) -> bool:
    begin, rest = (pattern[:-1], True) if pattern[-1:] == ("**",) else (pattern, False)
    if len(path) < len(begin) or (len(path) > len(begin) and not rest):
        return False
    return all(wanted in ("*", part) for wanted, part in zip(begin, path, strict=False))
