"""What in a text looks like a secret, or tells who somebody is, and is blanked before it goes into a log or a report."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from profiles.secrets import DOTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SHORTEST_KNOWN = 6
_LONGEST_LINE = 16_384
_NAMED = (
    r"(?:(?<![a-z])|(?<=client))secret(?:[_-]?(?:text|value|key))?|passw(?:or)?d|passphrase|pwd|assertion|(?:access|refresh|id|sas|bearer)[_-]?token"
    r"|(?:account|api|private|shared|access|subscription)[_-]?(?:access)?[_-]?key|device[_-]?code|user[_-]?code"
)
_HEADERS = r"(?:proxy-)?authorization|x-ms-authorization-auxiliary|(?:set-)?cookie"
# The order counts: what spans lines or holds others comes first.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        DOTS,
    ),
    (re.compile(r"(\bhttps?://)[^/\s@\"']{1,300}@", re.IGNORECASE), rf"\1{DOTS}@"),
    (re.compile(r"(\bhttps?://[^\s?\"'<>]{1,2000})\?[^\s\"'<>]+", re.IGNORECASE), rf"\1?{DOTS}"),
    (
        re.compile(rf"\b({_HEADERS})(\\?[\"']?\s*[:=]\s*\\?[\"']?)[^\r\n\"'\\]+", re.IGNORECASE),
        rf"\1\2{DOTS}",
    ),
    (re.compile(r"\b(bearer|sharedkey(?:lite)?)\s+[\w.~+/=:-]{8,}", re.IGNORECASE), rf"\1 {DOTS}"),
    (re.compile(r"\b(basic)\s+(?=[\w+/=-]*\d)[\w+/=-]{12,}", re.IGNORECASE), rf"\1 {DOTS}"),
    (
        re.compile(
            rf"((?:{_NAMED})\\?[\"']?\s*(?:[:=]|%3D)\s*)(?:\\?\"[^\"\\]*\\?\"?|'[^']*'?|[^\s&,;}}\"'\\]+)",
            re.IGNORECASE,
        ),
        rf"\1{DOTS}",
    ),
    (
        re.compile(r"([?&;]|%3F|%26)(sig|code|key|token|t|c|s|h)(=|%3D)[^\s&\"']+", re.IGNORECASE),
        rf"\1\2\3{DOTS}",
    ),
    (re.compile(r"\bey[JI][\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)*"), DOTS),
    (re.compile(r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{20,}"), DOTS),  # a client secret, as Entra makes them
    (re.compile(r"\b[01]\.[\w-]{20,}(?:\.[\w.-]*)?"), DOTS),  # a refresh token, as Entra makes them
    (re.compile(r"[A-Za-z0-9+/]{40,}={1,2}"), DOTS),  # an account key, a thing in base64
    (
        re.compile(r"(?<![\w+~=-])(?=[\w+~=-]*[a-z])(?=[\w+~=-]*[A-Z])(?=[\w+~=-]*\d)[\w+~=-]{40,}"),
        DOTS,
    ),
)
_SECRET_NAME = re.compile(r"SECRET|PASSW|PASSPHRASE|TOKEN|CREDENTIAL|(?:^|_)KEY$|SAS$", re.IGNORECASE)
_GUID = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{4}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_LONG_HEX = re.compile(r"\b([0-9a-f]{4})[0-9a-f]{20,}\b", re.IGNORECASE)
_QUOTED = re.compile(r"(?<!\w)'[^'\n]{1,200}'(?!\w)|“[^”\n]{1,200}”|‘[^’\n]{1,200}’")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|[\w.+%-]+@\w[\w.-]*")
_GROUP = re.compile(r"(/resource[gG]roups/)[^/\s\"?]+", re.IGNORECASE)
_RESOURCE = re.compile(r"(/providers/[A-Za-z.]+)((?:/[^/\s\"?]+){2,})")
_HOST = re.compile(r"(https?://)([a-z0-9-]+)(\.(?:blob|file|queue|table|dfs|vault|azurecr)\b)", re.IGNORECASE)


def redacted(text: str, known: Iterable[str] = ()) -> str:
    """Blank what looks like a secret, by its form or by the name before it, and the values that are `known` to be one.

    Names, ids, statuses and paths stay; of a URL the query goes as a whole. A very long text is cut.
    """
    shown = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"
    for value in known:
        shown = shown.replace(value, DOTS)
    for rule, instead in _RULES:
        shown = rule.sub(instead, shown)
    return shown


def shortened(text: str, home: str = "") -> str:
    """Leave of ids, addresses, names of Azure's resources and what stands in quotes no more than tells them apart."""
    shown = text.replace(home, "~") if len(home) > 1 else text
    shown = _QUOTED.sub("'…'", shown)
    shown = _ADDRESS.sub("…@…", shown)
    shown = _GROUP.sub(r"\1…", shown)
    shown = _HOST.sub(r"\1…\3", shown)
    shown = _RESOURCE.sub(_types_only, shown)
    shown = _GUID.sub(r"\1…", shown)
    return _LONG_HEX.sub(r"\1…", shown)


def secrets_in_environment(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The values of this process's environment whose names say that they are secrets, the longest first."""
    given = os.environ if environ is None else environ
    values = {
        value for name, value in given.items() if names_a_secret(name) and len(value) >= _SHORTEST_KNOWN
    }
    paths = {value for value in values if value.startswith(("/", "~"))}
    return tuple(sorted(values - paths, key=len, reverse=True))


def names_a_secret(name: str) -> bool:
    """Whether the name of an environment variable says that its value is a secret."""
    return _SECRET_NAME.search(name) is not None


def _types_only(found: re.Match[str]) -> str:
    """Keep the types of a resource id's tail, and blank the names between them."""
    parts = found.group(2).split("/")[1:]
    kept = [part if at % 2 == 0 else "…" for at, part in enumerate(parts)]
    return found.group(1) + "".join(f"/{part}" for part in kept)
