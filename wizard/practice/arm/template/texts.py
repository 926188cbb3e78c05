"""The template functions that work on strings, numbers and truth."""

from __future__ import annotations

import base64
import binascii
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urljoin

from wizard.practice.arm.template import hashing
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import (
    MANY,
    WIDEST,
    Function,
    as_bool,
    as_int,
    as_list,
    as_string,
    equal,
    text,
)

_HOLE = re.compile(r"\{\{|\}\}|\{(\d+)(?:,(-?\d{1,4}))?(?::([A-Za-z])(\d{0,4}))?\}")


def _format(pattern: str, *values: Any) -> str:
    def filled(hole: re.Match[str]) -> str:
        if hole[1] is None:
            return hole[0][0]
        if int(hole[1]) >= len(values):
            raise ExpressionError("The format string refers to an argument that is not given.")
        written = _formatted(values[int(hole[1])], hole[3] or "", hole[4] or "")
        width = int(hole[2] or 0)
        return written.rjust(width) if width >= 0 else written.ljust(-width)

    rest = _HOLE.sub("", as_string(pattern))
    if "{" in rest or "}" in rest:
        raise ExpressionError("The format string is not valid.")
    return _HOLE.sub(filled, pattern)


def _formatted(value: object, letter: str, width: str) -> str:
    if not letter:
        return text(value)
    if letter.upper() not in "DXN" or int(width or 0) > WIDEST:
        raise ExpressionError(f"The format '{letter}{width}' is not valid.")
    number = as_int(value)
    if letter in "nN":
        return f"{number:,.{int(width or 2)}f}"
    written = str(abs(number)) if letter in "dD" else format(abs(number), "x" if letter == "x" else "X")
    return ("-" if number < 0 else "") + written.zfill(int(width or 0))


def _split(value: str, separators: Any) -> list[str]:
    signs = [as_string(one) for one in (separators if isinstance(separators, list) else [separators])]
    return re.split("|".join(re.escape(one) for one in signs), as_string(value)) if any(signs) else [value]


def _substring(value: str, start: int, length: int | None = None) -> str:
    whole, first = as_string(value), as_int(start)
    count = len(whole) - first if length is None else as_int(length)
    if first < 0 or count < 0 or first + count > len(whole):
        raise ExpressionError("The index and length parameters must refer to a location within the string.")
    return whole[first : first + count]


def _padded(value: Any, width: Any, sign: Any = " ") -> str:
    if not 0 <= as_int(width) <= WIDEST or len(as_string(sign)) != 1:
        raise ExpressionError(
            "The function 'padLeft' expects a width that is not too big, and one character."
        )
    return text(value).rjust(width, sign)


def _int(value: Any) -> int:
    try:
        return int(value) if not isinstance(value, bool) else as_int(value)
    except (TypeError, ValueError) as fault:
        raise ExpressionError(f"The value '{text(value)}' cannot be converted to 'Integer'.") from fault


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as fault:
        raise ExpressionError(f"The value '{text(value)}' cannot be converted to 'Float'.") from fault


def _bool(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if isinstance(value, int):
        return bool(value)
    raise ExpressionError(f"The value '{text(value)}' cannot be converted to 'Boolean'.")


def _json(value: str) -> Any:
    try:
        return json.loads(as_string(value))
    except (ValueError, RecursionError) as fault:
        raise ExpressionError("The argument of 'json' is not valid JSON.") from fault


def _unbase64(value: str) -> str:
    try:
        return base64.b64decode(as_string(value), validate=True).decode()
    except (binascii.Error, ValueError) as fault:
        raise ExpressionError("The argument of 'base64ToString' is not valid base64.") from fault


def _data_uri(value: Any) -> str:
    encoded = base64.b64encode(as_string(value).encode("utf-8", "replace")).decode()
    return f"data:text/plain;charset=utf8;base64,{encoded}"


def _from_data_uri(value: str) -> str:
    head, comma, rest = as_string(value).partition(",")
    if not comma or not head.startswith("data:"):
        raise ExpressionError("The argument of 'dataUriToString' is not a data URI.")
    return _unbase64(rest) if head.endswith(";base64") else unquote(rest)


def _uri(base: str, relative: str) -> str:
    try:
        return urljoin(as_string(base), as_string(relative))
    except ValueError as fault:
        raise ExpressionError(f"The argument '{base}' is not a valid absolute Uri.") from fault


def _name_guid(*values: Any) -> str:
    return hashing.guid([as_string(value) for value in values])


def _divided(one: Any, other: Any) -> int:
    if as_int(other) == 0:
        raise ExpressionError("Division by zero.")
    whole: int = abs(as_int(one)) // abs(other)
    return whole if (one < 0) == (other < 0) else -whole


def _rest(one: Any, other: Any) -> int:
    return as_int(one) - _divided(one, other) * as_int(other)


def _order(one: Any, other: Any) -> int:
    if isinstance(one, str) and isinstance(other, str):
        return (one > other) - (one < other)
    return as_int(one) - as_int(other)


def _edges(name: str) -> Function:
    def work(*values: Any) -> int:
        numbers: list[int] = [
            as_int(one)
            for one in (as_list(values[0]) if len(values) == 1 and isinstance(values[0], list) else values)
        ]
        if not numbers:
            raise ExpressionError(f"The function '{name}' expects at least one number.")
        return min(numbers) if name == "min" else max(numbers)

    return Function(1, MANY, work)


def _random_guid() -> str:
    return str(uuid.uuid4())


def _fail(message: Any) -> None:
    raise ExpressionError(as_string(message))


FUNCTIONS: Mapping[str, Function] = {
    "format": Function(1, MANY, _format),
    "guid": Function(1, MANY, _name_guid),
    "uniquestring": Function(
        1, MANY, lambda *values: hashing.unique_string([as_string(value) for value in values])
    ),
    "newguid": Function(0, 0, _random_guid),
    "equals": Function(2, 2, equal),
    "not": Function(1, 1, lambda value: not as_bool(value)),
    "xor": Function(2, 2, lambda one, other: as_bool(one) != as_bool(other)),
    "tolower": Function(1, 1, lambda value: as_string(value).lower()),
    "toupper": Function(1, 1, lambda value: as_string(value).upper()),
    "trim": Function(1, 1, lambda value: as_string(value).strip()),
    "string": Function(1, 1, text),
    "int": Function(1, 1, _int),
    "float": Function(1, 1, _float),
    "bool": Function(1, 1, _bool),
    "null": Function(0, 0, lambda: None),
    "true": Function(0, 0, lambda: True),
    "false": Function(0, 0, lambda: False),
    "startswith": Function(
        2, 2, lambda value, head: as_string(value).lower().startswith(as_string(head).lower())
    ),
    "endswith": Function(
        2, 2, lambda value, tail: as_string(value).lower().endswith(as_string(tail).lower())
    ),
    "split": Function(2, 2, _split),
    "join": Function(2, 2, lambda values, by: as_string(by).join(text(value) for value in as_list(values))),
    "replace": Function(
        3, 3, lambda value, old, new: as_string(value).replace(as_string(old), as_string(new))
    ),
    "substring": Function(2, 3, _substring),
    "padleft": Function(2, 3, _padded),
    "json": Function(1, 1, _json),
    "base64": Function(
        1, 1, lambda value: base64.b64encode(as_string(value).encode("utf-8", "replace")).decode()
    ),
    "base64tostring": Function(1, 1, _unbase64),
    "base64tojson": Function(1, 1, lambda value: _json(_unbase64(value))),
    "datauri": Function(1, 1, _data_uri),
    "datauritostring": Function(1, 1, _from_data_uri),
    "uri": Function(2, 2, _uri),
    "uricomponent": Function(1, 1, lambda value: quote(as_string(value), safe="", errors="replace")),
    "uricomponenttostring": Function(1, 1, lambda value: unquote(as_string(value))),
    "add": Function(2, 2, lambda one, other: as_int(one) + as_int(other)),
    "sub": Function(2, 2, lambda one, other: as_int(one) - as_int(other)),
    "mul": Function(2, 2, lambda one, other: as_int(one) * as_int(other)),
    "div": Function(2, 2, _divided),
    "mod": Function(2, 2, _rest),
    "min": _edges("min"),
    "max": _edges("max"),
    "less": Function(2, 2, lambda one, other: _order(one, other) < 0),
    "greater": Function(2, 2, lambda one, other: _order(one, other) > 0),
    "lessorequals": Function(2, 2, lambda one, other: _order(one, other) <= 0),
    "greaterorequals": Function(2, 2, lambda one, other: _order(one, other) >= 0),
    "fail": Function(1, 1, _fail),
}
