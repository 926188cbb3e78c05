"""What every format of variables is made of: its text, what it refuses and why, and the rules that several share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Linux takes no longer NAME=VALUE in an environment (MAX_ARG_STRLEN): the next command would not start.
_LONGEST = 128 * 1024 - 1


class Variable(NamedTuple):
    """A variable as it is written; `value` is plain text here, or dots where it is for the eye."""

    name: str
    value: str
    secret: bool = False


class Format(NamedTuple):
    """How variables become a text (`title` is the profile's name), and the reason why one can't, if any.

    `remark` makes a line that the reader passes over, if its syntax has any. With `caseless` the reader takes
    names that differ only in capitals for one.
    """

    text: Callable[[Sequence[Variable], str], str]
    refusal: Callable[[Variable], str | None]
    ending: str
    remark: Callable[[str], str] | None = None
    caseless: bool = False


def by_line(line: Callable[[str, str], str]) -> Callable[[Sequence[Variable], str], str]:
    """The text of a format that is no more than its lines."""
    return lambda variables, _title: "".join(f"{line(one.name, one.value)}\n" for one in variables)


def hash_remark(words: str) -> str:
    """A remark after #."""
    return f"# {words}"


def text_refusal(one: Variable) -> str | None:
    """Why a value is in no environment, whatever the format."""
    if "\0" in one.value:
        return "holds a NUL, which no variable can"
    try:
        size = len(one.name) + 1 + len(one.value.encode())
    except UnicodeEncodeError:
        return "holds half a character (a lone surrogate)"
    return "is longer than a variable can be (128 KiB)" if size > _LONGEST else None


def quoted_for_sh(value: str) -> str:
    """A value in apostrophes, as every shell of the POSIX family reads it."""
    inner = value.replace("'", "'\\''")
    return f"'{inner}'"
