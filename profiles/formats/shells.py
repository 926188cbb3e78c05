"""Variables for the shells of Unix: one quoting for the POSIX family, one for fish."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.formats.rules import Format, by_line, hash_remark, quoted_for_sh, text_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


def _posix_line(name: str, value: str) -> str:
    return f"export {name}={quoted_for_sh(value)}"


def _fish_line(name: str, value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{quoted}'"


def _no_op(words: str) -> str:
    # Not #: an interactive zsh knows no comments in what it evals.
    return f": {quoted_for_sh(words)}"


_POSIX = Format(by_line(_posix_line), text_refusal, "sh", _no_op)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "bash": _POSIX,
        "zsh": _POSIX._replace(ending="zsh"),
        "sh": _POSIX,
        "fish": Format(by_line(_fish_line), text_refusal, "fish", hash_remark),
    }
)
