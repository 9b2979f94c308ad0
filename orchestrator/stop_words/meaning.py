"""What a text may mean to us."""

from __future__ import annotations

from enum import StrEnum


class Meaning(StrEnum):
    """What a person wants. Of `ambiguous` only a person can tell; `none` is about something else."""

    WRONG_PERSON = "wrong_person"
    ERASURE = "erasure"
    OPT_OUT = "opt_out"
    OPT_OUT_ALL = "opt_out_all"
    OPT_IN = "opt_in"
    PAUSE = "pause"
    HELP = "help"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


ENDING = frozenset({Meaning.OPT_OUT, Meaning.OPT_OUT_ALL, Meaning.ERASURE, Meaning.WRONG_PERSON})
"""What ends our marketing."""
