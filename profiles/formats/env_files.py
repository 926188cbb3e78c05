"""Variables for files of NAME=value lines, which dotenv's readers, docker and systemd each read by rules of their own."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from profiles.formats.rules import Format, Variable, by_line, hash_remark, text_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTABLE = re.compile(r"(?![~%])[A-Za-z0-9_./:@%+,=~-]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A backslash at the end would take a closing quote for its own; without quotes these hold it.
_BARE = re.compile(r"[^\s'\"`#\x00-\x1f][^'\"`#\x00-\x1f\x7f-\x9f\u2028\u2029]*\\")
_DOCKER_LONGEST = 63 * 1024  # with its name below the 64 KiB at which docker's reader ends
_NO_SYSTEMD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LAST_OF_PLANE = 0xFFFE
_NO_CHARACTERS = range(0xFDD0, 0xFDF0)


def _plain_line(name: str, value: str) -> str:
    return f"{name}={value}"


def _dotenv_refusal(one: Variable) -> str | None:
    if len(one.value) >= _DOCKER_LONGEST:
        return "is too long for docker's reader"
    if _PORTABLE.fullmatch(one.value):
        return None
    return (
        "holds signs that the readers of dotenv files take differently; dotenv-python and dotenv-node carry more, "
        "and json and the shells all"
    )


def _python_line(name: str, value: str) -> str:
    if value.endswith("\\"):
        return f"{name}={value}"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{quoted}'"


def _python_refusal(one: Variable) -> str | None:
    if "${" in one.value:
        return "holds ${, which python-dotenv takes for a variable even in quotes"
    if "\r" in one.value:
        return "holds a carriage return, of which python-dotenv makes a line feed"
    if one.value.endswith("\\") and not _BARE.fullmatch(one.value):
        return "ends with \\ and needs quotes, which older versions of python-dotenv then do not close"
    return text_refusal(one)


def _node_line(name: str, value: str) -> str:
    return f"{name}={_node_quoted(value) or ''}"


def _node_quoted(value: str) -> str | None:
    """A value in the first of node's three quotes that keeps it, bare if it ends with a backslash, or None."""
    if value.endswith("\\"):
        return value if _BARE.fullmatch(value) else None
    for quote in ("'", "`", '"'):
        # In double quotes \n becomes a line break, and other escapes by version.
        if quote not in value and not (quote == '"' and "\\" in value):
            return f"{quote}{value}{quote}"
    return None


def _node_refusal(one: Variable) -> str | None:
    if "\r" in one.value:
        return "holds a carriage return, which node's readers drop or make a line feed of"
    if _node_quoted(one.value) is None:
        if one.value.endswith("\\"):
            return "ends with \\ and needs quotes, which it would keep open"
        return "holds ' and ` and besides \" or \\: none of node's quotes keeps it"
    return text_refusal(one)


def _docker_refusal(one: Variable) -> str | None:
    value = one.value
    if _CONTROL.search(value.replace("\t", "")):
        return "holds a line break or control character"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return "is in quotes, which newer versions of docker take away"
    if len(value.encode("utf-8", "replace")) >= _DOCKER_LONGEST:
        return "is too long for docker's reader"
    return text_refusal(one)


def _systemd_line(name: str, value: str) -> str:
    quoted = re.sub(r'(["\\`$])', r"\\\1", value)
    return f'{name}="{quoted}"'


def _systemd_refusal(one: Variable) -> str | None:
    if _NO_SYSTEMD.search(one.value):
        return "holds a control character, and systemd would drop the variable"
    # systemd's idea of valid UTF-8 leaves these out.
    codes = map(ord, set(one.value))
    if any(code & _LAST_OF_PLANE == _LAST_OF_PLANE or code in _NO_CHARACTERS for code in codes):
        return "holds a sign that is no character (U+FFFE, U+FFFF …), and systemd would drop the variable"
    return text_refusal(one)


_DOTENV = Format(by_line(_plain_line), _dotenv_refusal, "env", hash_remark)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "dotenv": _DOTENV,
        "dotenv-python": _DOTENV._replace(text=by_line(_python_line), refusal=_python_refusal),
        "dotenv-node": _DOTENV._replace(text=by_line(_node_line), refusal=_node_refusal),
        "docker": Format(by_line(_plain_line), _docker_refusal, "docker.env", hash_remark),
        "systemd": Format(by_line(_systemd_line), _systemd_refusal, "systemd.env", hash_remark),
    }
)
