"""What the operating system and the reader of JSON say of what they refuse, in words that can be translated."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from orchestrator.domain.errors import Word, mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from json import JSONDecodeError

_SAID: Mapping[int, str] = {
    errno.EACCES: mark("permission denied"),
    errno.EADDRNOTAVAIL: mark("this machine does not have that address"),
    errno.EBUSY: mark("it is in use"),
    errno.ECONNREFUSED: mark("connection refused"),
    errno.EDQUOT: mark("this user's share of the disk is used up"),
    errno.EEXIST: mark("it exists already"),
    errno.EFBIG: mark("the file is too large"),
    errno.EHOSTUNREACH: mark("the machine cannot be reached"),
    errno.EIO: mark("the disk failed"),
    errno.EISDIR: mark("it is a folder"),
    errno.ELOOP: mark("it links to itself"),
    errno.EMFILE: mark("too many files are open"),
    errno.ENAMETOOLONG: mark("the name is too long"),
    errno.ENETUNREACH: mark("the network cannot be reached"),
    errno.ENOENT: mark("no such file or folder"),
    errno.ENOSPC: mark("no space left on the disk"),
    errno.ENOTDIR: mark("a part of the path is no folder"),
    errno.EPERM: mark("permission denied"),
    errno.EROFS: mark("the disk is read-only"),
    errno.ETIMEDOUT: mark("no answer in time"),
}


def system_words(error: OSError) -> str:
    """Why, in our words; what is seldom met, in the system's own."""
    said = _SAID.get(error.errno or 0)
    return Word(said) if said else error.strerror or str(error)


# Python's own sentences: they are only known to the catalogs from here.
_JSON_SAID = (
    mark("Expecting value"),
    mark("Expecting ',' delimiter"),
    mark("Expecting ':' delimiter"),
    mark("Expecting property name enclosed in double quotes"),
    mark("Extra data"),
    mark("Illegal trailing comma before end of array"),
    mark("Illegal trailing comma before end of object"),
    mark("Invalid \\escape"),
    mark("Invalid \\uXXXX escape"),
    mark("Invalid control character at"),
    mark("Unterminated string starting at"),
)


def json_words(error: JSONDecodeError) -> Word:
    """Why a text is not JSON."""
    return Word(error.msg)
