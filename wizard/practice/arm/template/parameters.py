"""The parameters of a template: what was given, what has a default, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from wizard.practice.arm.template.evaluate import Frame, NotYetError
from wizard.practice.arm.template.expressions import ExpressionError
from wizard.practice.arm.template.values import equal, kind, text

_HELP = "Please see https://aka.ms/resource-manager-parameter-files for usage details."
_SYNTAX = "Please see https://aka.ms/arm-syntax-parameters for usage details."
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "securestring": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "secureobject": lambda value: isinstance(value, dict),
}
_EXPECTED = {
    "string": "String, Uri",
    "securestring": "String, Uri",
    "int": "Integer",
    "bool": "Boolean",
    "array": "Array",
    "object": "Object",
    "secureobject": "Object",
}
_SHOWN = {
    "string": "String",
    "securestring": "SecureString",
    "int": "Int",
    "bool": "Bool",
    "array": "Array",
    "object": "Object",
    "secureobject": "SecureObject",
}


class TemplateError(ValueError):
    """A template that ARM refuses as InvalidTemplate; `path` is where, for its additionalInfo."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


def type_name(declared: Mapping[str, Any]) -> str:
    """The type of a parameter or output as deployments show it: `SecureString`."""
    return _SHOWN.get(str(declared.get("type")).lower(), str(declared.get("type")))


def is_secret(declared: Mapping[str, Any]) -> bool:
    """Whether its value is never shown."""
    return str(declared.get("type")).lower().startswith("secure")


def resolved(declared: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """A declaration with the definition it refers to by `$ref`, its own members first."""
    found, seen = dict(declared), set()
    while isinstance(found.get("$ref"), str) and found["$ref"] not in seen:
        seen.add(found["$ref"])
        named = definitions.get(found.pop("$ref").rpartition("/")[2])
        found = {**named, **found} if isinstance(named, dict) else found
    return found


def values(
    declared: Mapping[str, Any], given: Mapping[str, Any], frame: Frame, definitions: Mapping[str, Any]
) -> dict[str, Any]:
    """The value of every parameter, by its name in lower case.

    Args:
        declared: the parameters of the template.
        given: as they were sent, each with a `value`.
        frame: what a default value can see.
        definitions: the types the template defines itself.

    Raises:
        TemplateError: one is missing, not known, or not as it is declared.
    """
    _check_known(declared, given)
    sent = {name.lower(): value for name, value in given.items()}
    found: dict[str, Any] = {}
    for name in declared:
        low, known = name.lower(), resolved(declared[name], definitions)
        found[low] = _value(
            name, known, sent.get(low), replace(frame, parameters=found, known={}, fresh=True)
        )
        if not (known.get("nullable") and found[low] is None):
            _check(name, known, found[low])
    return found


def _check_known(declared: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    names = {name.lower() for name in declared}
    strangers = [name for name in given if name.lower() not in names]
    if strangers:
        raise _invalid(
            f"The template parameters '{', '.join(strangers)}' in the parameters file are not valid; they are not present"
            " in the original template and can therefore not be provided at deployment time. The only supported"
            f" parameters for this template are '{', '.join(declared)}'. {_HELP}",
            f"properties.template.parameters.{strangers[0]}",
        )


def _value(name: str, declared: Mapping[str, Any], sent: Any, frame: Frame) -> Any:
    if isinstance(sent, dict) and sent.get("reference"):
        raise _invalid(
            f"The key vault reference of the template parameter '{name}' cannot be read. {_HELP}", _path(name)
        )
    if isinstance(sent, dict) and sent.get("value") is not None:
        return sent["value"]
    if "defaultValue" not in declared and declared.get("nullable"):
        return None
    if "defaultValue" not in declared:
        raise _invalid(
            f"The value for the template parameter '{name}' at line '1' and column '1' is not provided. {_HELP}",
            _path(name),
        )
    try:
        return frame.value(declared["defaultValue"])
    except (ExpressionError, NotYetError) as fault:
        raise _invalid(
            f"The default value of the template parameter '{name}' is not valid: {fault}", _path(name)
        ) from fault


def _check(name: str, declared: Mapping[str, Any], value: Any) -> None:
    fits = _FITS.get(str(declared.get("type")).lower())
    if fits is None:
        raise _invalid(
            f"The template parameter '{name}' has the type '{declared.get('type')}', which is not known. {_SYNTAX}",
            _path(name),
        )
    if not fits(value):
        expected = _EXPECTED[str(declared["type"]).lower()]
        raise _invalid(
            f"Template parameter JToken type is not valid. Expected '{expected}'. Actual '{kind(value)}'. {_HELP}",
            _path(name),
        )
    allowed = declared.get("allowedValues")
    if isinstance(allowed, list) and not _is_allowed(value, allowed):
        raise _invalid(
            f"The provided value '{text(value)}' for the template parameter '{name}' is not valid. The parameter value is"
            f" not part of the allowed value(s): '{','.join(text(one) for one in allowed)}'.",
            _path(name, "allowedValues"),
        )
    _check_range(name, declared, value)


def _is_allowed(value: Any, allowed: list[Any]) -> bool:
    """An array may hold any of the allowed values."""
    if isinstance(value, list) and not any(isinstance(one, list) for one in allowed):
        return all(any(equal(item, one) for one in allowed) for item in value)
    return any(equal(value, one) for one in allowed)


def _check_range(name: str, declared: Mapping[str, Any], value: Any) -> None:
    number = isinstance(value, int) and not isinstance(value, bool)
    size = value if number else len(value) if isinstance(value, str | list) else 0
    subject = "Value" if number else "Length of the value"
    ends = ("minValue", "maxValue") if number else ("minLength", "maxLength")
    least, most = declared.get(ends[0]), declared.get(ends[1])
    for key, words, broken in (
        (ends[0], "greater than or equal to", isinstance(least, int) and size < least),
        (ends[1], "less than or equal to", isinstance(most, int) and size > most),
    ):
        if broken:
            raise _invalid(
                f"The provided value for the template parameter '{name}' is not valid. {subject} should be {words}"
                f" '{declared[key]}'. {_SYNTAX}",
                _path(name, key),
            )


def _path(name: str, key: str = "") -> str:
    return f"properties.template.parameters.{name}" + (f".{key}" if key else "")


def _invalid(message: str, path: str) -> TemplateError:
    return TemplateError(f"Deployment template validation failed: '{message}'.", path)
