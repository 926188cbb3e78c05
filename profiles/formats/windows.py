"""Variables for PowerShell and cmd, for this session (a profile's variables are nowhere kept by Windows)."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.formats.rules import Format, Variable, by_line, hash_remark, text_refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PRINTABLE = re.compile(r"[ -~]*")
_RUNS = re.compile(r"[ -~]+|[^ -~]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CMD_LONGEST = 8000  # cmd reads lines of 8191
_WINDOWS_LONGEST = 32_767  # a variable's value, in UTF-16 units


def powershell_literal(value: str) -> str:
    """A value as PowerShell reads it, in printable ASCII whatever it holds.

    So it is the same in a file that Windows PowerShell 5.1 reads as ANSI, through a pipe whose code page is another, and
    after Out-String has made line ends of its own. None of PowerShell's four other apostrophes (‘ ’ ‚ ‛) gets in.
    """
    if _PRINTABLE.fullmatch(value):
        return _in_apostrophes(value)
    return f"-join({','.join(_parts(value))})"


def powershell_refusal(one: Variable) -> str | None:
    """Why PowerShell on Windows can't hold a value, or None."""
    if not one.value:
        return "is empty, and PowerShell before 7.5 would remove it"
    fault = text_refusal(one)
    if fault is None and len(one.value.encode("utf-16-le")) // 2 >= _WINDOWS_LONGEST:
        return "is longer than Windows lets a variable be (32,766)"
    return fault


def _in_apostrophes(value: str) -> str:
    inner = value.replace("'", "''")
    return f"'{inner}'"


def _parts(value: str) -> Iterator[str]:
    for run in _RUNS.findall(value):
        if _PRINTABLE.fullmatch(run):
            yield _in_apostrophes(run)
        else:
            units = run.encode("utf-16-be")
            yield from (f"[char]0x{int.from_bytes(units[at : at + 2]):04X}" for at in range(0, len(units), 2))


def _powershell_line(name: str, value: str) -> str:
    return f"$env:{name} = {powershell_literal(value)}"


def _cmd_line(name: str, value: str) -> str:
    # @: a batch file shows its lines as it runs them.
    return f'@set "{name}={value.replace("%", "%%")}"'


def _cmd_refusal(one: Variable) -> str | None:
    value = one.value
    if not value:
        return "is empty, and cmd would remove it"
    if _CONTROL.search(value):
        return "holds a line break or control character"
    if '"' in value or "!" in value:
        return 'holds " or !'
    if not value.isascii():
        return "holds more than ASCII, which depends on cmd's code page"
    return "makes a line longer than cmd reads" if len(_cmd_line(*one[:2])) > _CMD_LONGEST else None


def _rem(words: str) -> str:
    return f"@rem {words}"


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "powershell": Format(
            by_line(_powershell_line), powershell_refusal, "ps1", hash_remark, caseless=True
        ),
        "cmd": Format(by_line(_cmd_line), _cmd_refusal, "cmd", _rem, caseless=True),
    }
)
