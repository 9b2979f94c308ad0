"""Customers out of a file: each with what they agreed to and its proof, once, however often the file is read."""

from orchestrator.dispatch.importing.run import Ended, Import
from orchestrator.dispatch.importing.tally import CONSENTS, ROWS, Tally

__all__ = ["CONSENTS", "ROWS", "Ended", "Import", "Tally"]
