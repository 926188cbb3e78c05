"""How a profile is laid out as TOML: with a word on each part when new, and with a person's own comments when not."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Item

from profiles.profile import Profile, to_values

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_STAGE = re.compile(r"^stage[ \t]*=.*\n", re.MULTILINE)
_HEAD = (
    "A profile of Azimuth. It may be edited by hand; secrets are never in it.",
    "azimuth profiles shows it, azimuth resume goes on with it.",
)
_WORDS = {
    "context": "as whom and where",
    "answers": "the same keys as in an answers file",
    "sources": "where each answer came from: chosen, default or found",
    "outputs": "the variables this profile gives, without secrets",
}


def to_toml(profile: Profile, before: str = "") -> str:
    """The profile as TOML; comments and the order of the text `before` are kept where they can be.

    Raises ValueError when a value can't be written in TOML, without telling the value.
    """
    wanted = to_values(profile)
    if before and (text := _updated(before, wanted)) is not None:
        return text
    text = _fresh(wanted)
    if not _says(text, wanted):
        raise ValueError("a value can't be written in TOML")
    return text


def _fresh(wanted: dict[str, Any]) -> str:
    document = tomlkit.document()
    for line in _HEAD:
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    for key, value in wanted.items():
        if key in {"secrets", "proofs"} and not value:
            continue
        item = _item(value)
        if key in _WORDS:
            item.comment(_WORDS[key])
        document.add(key, item)
    return tomlkit.dumps(document)


def _updated(before: str, wanted: dict[str, Any]) -> str | None:
    try:
        document = tomlkit.parse(_with_room(before, wanted))
        _merge(document, wanted)
        text = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, KeyError, TypeError):
        return None
    return text if _says(text, wanted) else None


def _with_room(before: str, wanted: dict[str, Any]) -> str:
    """The text with the plain keys that it lacks, beside its `stage`: tomlkit would part a table from its comment."""
    present = tomllib.loads(before)
    lacking = {
        key: value
        for key, value in wanted.items()
        if key not in present and not isinstance(value, dict | list)
    }
    found = _STAGE.search(before)
    if not lacking or found is None:
        return before
    made = before[: found.end()] + tomlkit.dumps(lacking) + before[found.end() :]
    try:
        return made if tomllib.loads(made) == present | lacking else before
    except tomllib.TOMLDecodeError:  # that line stood in a text of several lines
        return before


def _merge(table: MutableMapping[str, Any], wanted: dict[str, Any]) -> None:
    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        present = table.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            _merge(present, value)
        elif key not in table:
            if value or not isinstance(value, list):
                table[key] = _item(value)
        elif not _same(_plain(present), value):
            table[key] = _item(value)


def _item(value: Any) -> Item:
    item: Item = tomlkit.item(value)
    if isinstance(item, AoT):
        for table in item:
            table.add(tomlkit.nl())
    return item


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _same(one: Any, other: Any) -> bool:
    # By repr: True equals 1 and yet is another answer.
    return repr(one) == repr(other)


def _says(text: str, wanted: dict[str, Any]) -> bool:
    """Whether a text reads back as what was wanted; empty lists may be left out."""
    try:
        text.encode()
        values = tomllib.loads(text)
    except ValueError:  # not TOML, or half a character
        return False
    needed = {key: value for key, value in wanted.items() if value or not isinstance(value, list)}
    found = {key: value for key, value in values.items() if value or not isinstance(value, list)}
    return bool(_ordered(found) == _ordered(needed))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_ordered(inner) for inner in value]
    return type(value), value
