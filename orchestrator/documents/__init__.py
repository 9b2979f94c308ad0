"""YAML documents: text into plain values and models, with every error at its file, line and column. No I/O."""

from orchestrator.documents.document import Document, parse, recall
from orchestrator.documents.source import CODES

__all__ = ["CODES", "Document", "parse", "recall"]
