"""What a value of the cluster form may look like: tags, init script, disks, retention, standby, and their messages."""

from __future__ import annotations

import re

from wizard.answers import Value
from wizard.guide import Shape
from wizard.guides.hopsworks.form import SHEBANG

_MOST_TAGS, _TAG_NAME, _TAG_VALUE = 50, 512, 256
_TAG_SIGNS = frozenset("<>%&\\?/")
_LARGEST_DISK = 32_767
_DISK_SET = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+/providers/Microsoft\.Compute/diskEncryptionSets/[^/]+",
    re.IGNORECASE,
)
FEWEST_DAYS = 7
SMALLEST_HEAD = 256


def head_disk(value: Value) -> str:
    """At least 256 GB, as Hopsworks' provider wants it."""
    if isinstance(value, int) and value < SMALLEST_HEAD:
        return f"Head disk: at least {SMALLEST_HEAD} GB."
    return disk(value)


def disk(value: Value) -> str:
    """A disk of Azure's: up to 32,767 GB."""
    if isinstance(value, int) and 0 <= value <= _LARGEST_DISK:
        return ""
    return f"{value} GB is no size of a disk: 0 to {_LARGEST_DISK}."


def at_least(least: int, what: str) -> Shape:
    """Return a shape that wants a number from `least` on."""

    def look(value: Value) -> str:
        return f"{what}: at least {least}." if isinstance(value, int) and value < least else ""

    return look


def retention(value: Value) -> str:
    """0, or at least 7 days."""
    if isinstance(value, int) and (value == 0 or value >= FEWEST_DAYS):
        return ""
    return f"The retention must be either 0 (disabled) or at least {FEWEST_DAYS} days."


def standby(value: Value) -> str:
    """A number of 0 or more, such as 0.5."""
    try:
        fine = 0 <= float(str(value)) < float("inf")
    except ValueError:
        fine = False
    return "" if fine else f"“{value}” is not a number of 0 or more, such as 0.5."


def tags(value: Value) -> str:
    """Azure's limits: 50 tags, names of 512 and values of 256 characters, NAME=VALUE on each line."""
    lines = [text for text in str(value).splitlines() if text.strip()]
    if len(lines) > _MOST_TAGS:
        return f"{len(lines)} tags; Azure takes {_MOST_TAGS} at most."
    seen: set[str] = set()
    for number, text in enumerate(lines, 1):
        name, sign, content = (part.strip() for part in text.partition("="))
        wrong = _wrong_tag(name, sign, content, seen)
        if wrong:
            return f"Line {number}: {wrong}"
        seen.add(name.lower())
    return ""


def _wrong_tag(name: str, sign: str, content: str, seen: set[str]) -> str:
    if not sign or not name:
        return "write NAME=VALUE."
    if len(name) > _TAG_NAME:
        return f"the name has {len(name)} characters, {_TAG_NAME} at most."
    if len(content) > _TAG_VALUE:
        return f"the value has {len(content)} characters, {_TAG_VALUE} at most."
    wrong = next((sign for sign in name if sign in _TAG_SIGNS), "")
    if wrong:
        return f"“{wrong}” can't be in a tag's name."
    return f"“{name}” is there twice; case does not matter." if name.lower() in seen else ""


def init_script(value: Value) -> str:
    """The first line is exactly the one that Hopsworks wants."""
    text = str(value)
    if "\r" in text:
        return "It has Windows line ends (CR LF), with which bash does not start."
    first = text.partition("\n")[0]
    return "" if first == SHEBANG else f"The init script must start with {SHEBANG}."


def disk_set(value: Value) -> str:
    """The ARM id of a disk encryption set."""
    return "" if _DISK_SET.fullmatch(str(value)) else f"“{value}” is not the id of a disk encryption set."
