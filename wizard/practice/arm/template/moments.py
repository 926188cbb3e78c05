"""The template functions that work on moments and lengths of time, in the forms .NET writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import Function, as_int, as_string

_SHORT = "yyyyMMddTHHmmssZ"
_STANDARD = {
    "d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "s": "yyyy-MM-ddTHH:mm:ss", "u": "yyyy-MM-dd HH:mm:ssZ",
    "o": "yyyy-MM-ddTHH:mm:ss.fffffffZ", "O": "yyyy-MM-ddTHH:mm:ss.fffffffZ", "t": "HH:mm", "T": "HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm", "G": "MM/dd/yyyy HH:mm:ss", "r": "ddd, dd MMM yyyy HH:mm:ss GMT",
    "R": "ddd, dd MMM yyyy HH:mm:ss GMT", "y": "yyyy MMMM", "Y": "yyyy MMMM", "m": "MMMM dd", "M": "MMMM dd",
}  # fmt: skip
_PARTS = re.compile(
    r"'[^']*'|yyyy|yy|MMMM|MMM|MM|M|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|f{1,7}|tt|t|zzz|K|Z|[A-Za-z]|[^A-Za-z]"
)
_LENGTH = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_FORMS = ("%Y-%m-%d %H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%Y-%m-%d")
_STRFTIME = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "tt": "%p",
}  # fmt: skip
_BARE = {"M": "%m", "d": "%d", "H": "%H", "h": "%I", "m": "%M", "s": "%S"}


def written(moment: datetime, form: str) -> str:
    """A moment in UTC in a .NET format, standard (`d`) or of one's own (`yyyy-MM-dd`)."""
    found = _PARTS.findall(_STANDARD.get(form, form or _SHORT))
    return "".join(_part(moment, part) for part in found)


def _part(moment: datetime, part: str) -> str:
    if part.startswith("'"):
        return part.strip("'")
    if part in _STRFTIME:
        return moment.strftime(_STRFTIME[part])
    if part in _BARE:
        return str(int(moment.strftime(_BARE[part])))
    if part.startswith("f"):
        return f"{moment.microsecond:06d}0"[: len(part)]
    if part == "zzz":
        return "+00:00"
    return "Z" if part == "K" else moment.strftime("%p")[0] if part == "t" else part


def _read(value: Any) -> datetime:
    asked = as_string(value)
    if compact := _COMPACT.fullmatch(asked):
        asked = "{}-{}-{}T{}:{}:{}+00:00".format(*compact.groups())
    try:
        found = datetime.fromisoformat(asked)
    except ValueError:
        found = _otherwise(asked)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _otherwise(asked: str) -> datetime:
    for form in _FORMS:
        try:
            return datetime.strptime(asked, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise ExpressionError(f"The date time string '{asked}' is not valid.")


def _length(value: Any) -> tuple[int, timedelta]:
    """Months, and the rest."""
    found = _LENGTH.fullmatch(as_string(value))
    if found is None or not any(found.groups()[1:]):
        raise ExpressionError(f"The duration '{value}' is not a valid ISO 8601 duration.")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[1:7])
    try:
        rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(found[8] or 0))
    except OverflowError as fault:
        raise ExpressionError(f"The duration '{value}' is too long.") from fault
    sign = -1 if found[1] else 1
    return sign * (12 * years + months), sign * rest


def _add(base: Any, length: Any, form: Any = "") -> str:
    moment, (months, rest) = _read(base), _length(length)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    try:
        for day in range(moment.day, 27, -1):
            # The 31st a month later is that month's last day.
            try:
                moved = moment.replace(year=year, month=month + 1, day=day)
                break
            except ValueError:
                continue
        else:
            moved = moment.replace(year=year, month=month + 1)
        moved += rest
    except (ValueError, OverflowError) as fault:
        raise ExpressionError("The date time is out of range.") from fault
    return written(moved, as_string(form) or "yyyy-MM-ddTHH:mm:ssZ")


def _from_epoch(seconds: Any) -> str:
    try:
        return written(datetime.fromtimestamp(as_int(seconds), UTC), "yyyy-MM-ddTHH:mm:ssZ")
    except (ValueError, OverflowError, OSError) as fault:
        raise ExpressionError("The date time is out of range.") from fault


FUNCTIONS: Mapping[str, Function] = {
    "utcnow": Function(0, 1, lambda form="": written(datetime.now(UTC), as_string(form))),
    "datetimeadd": Function(2, 3, _add),
    "datetimefromepoch": Function(1, 1, _from_epoch),
    "datetimetoepoch": Function(1, 1, lambda value: int(_read(value).timestamp())),
}
