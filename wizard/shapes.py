"""Shapes: rules that a value alone can break, told at once while it is typed (COMMON section 4)."""

from __future__ import annotations

import re

from profiles.tenants import tenant_fault
from wizard.answers import Value
from wizard.guide import Shape

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE)
_NIL = "00000000-0000-0000-0000-000000000000"


def is_guid(text: str) -> bool:
    """Whether the text is a GUID in 8-4-4-4-12 form, and not the empty one."""
    return _GUID.fullmatch(text) is not None and text != _NIL


def is_domain(text: str) -> bool:
    """Whether the text has the form of a DNS domain."""
    return _DOMAIN.fullmatch(text) is not None


def guid(value: Value) -> str:
    """Rule V-guid."""
    return "" if is_guid(str(value)) else f"“{value}” is not a GUID (8-4-4-4-12 hex digits)."


def tenant(value: Value) -> str:
    """Rule V-tenant: a GUID or a verified domain; never a name that several tenants share."""
    text = str(value)
    if tenant_fault(text):
        return f"“{text}” stands for no tenant of its own."
    if is_guid(text) or is_domain(text):
        return ""
    return f"“{text}” is neither a GUID nor a domain such as contoso.com."


def tenant_or_name(value: Value) -> str:
    """As `tenant`, but a tenant may be named as people call it: what is refused could never be one."""
    return f"“{value}” stands for no tenant of its own." if tenant_fault(str(value)) else ""


def length(least: int, most: int) -> Shape:
    """Return a shape that wants between `least` and `most` characters."""

    def look(value: Value) -> str:
        size = len(str(value))
        if size > most:
            return f"Too long ({size} of at most {most} characters)."
        return f"Too short ({size} of at least {least} characters)." if size < least else ""

    return look


def between(least: int, most: int) -> Shape:
    """Return a shape that wants a whole number from `least` to `most`."""

    def look(value: Value) -> str:
        inside = isinstance(value, int) and least <= value <= most
        return "" if inside else f"{value} is not between {least} and {most}."

    return look


def matches(pattern: str, otherwise: str) -> Shape:
    """Return a shape that wants the whole value to match; `otherwise` says what is wrong."""
    wanted = re.compile(pattern)

    def look(value: Value) -> str:
        return "" if wanted.fullmatch(str(value)) else otherwise

    return look


def printable(value: Value) -> str:
    """No control characters: a pasted line end or tab is never meant."""
    return (
        ""
        if str(value).isprintable()
        else "There is an invisible character in it (a pasted line end or tab?)."
    )
