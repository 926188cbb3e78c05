"""Which texts can't mean a tenant: the words of the sign-in protocol that look like one, and addresses."""

from __future__ import annotations

import re
import unicodedata

# With these the sign-in library would send a secret to whatever authority it is given, or to no tenant at all.
_WORDS = frozenset({"adfs", "common", "organizations", "consumers"})
_MEANS_TENANT = re.compile(r"(?:.*_)?tenant(?:_id)?")
_TRICKS = ("//", "\\", "../", "?", "#", "%2f", "@")


def tenant_fault(value: str) -> str:
    """What keeps a text from meaning a tenant, whether as its id, its domain or its name; "" if nothing does."""
    wanted = unicodedata.normalize("NFKC", value).strip().casefold()
    word = wanted.strip("/. ")
    if word in _WORDS or word.partition("/")[0] in _WORDS:
        return f"{word!r} is no tenant: give the id of one"
    if wanted in {".", ".."} or any(trick in wanted for trick in _TRICKS):
        return "must be a tenant's id, domain or name, and no address"
    return ""


def answer_fault(key: str, value: object) -> str:
    """What keeps an answer from being kept, where its key says that it means a tenant; "" if nothing does."""
    return tenant_fault(value) if isinstance(value, str) and _MEANS_TENANT.fullmatch(key) else ""
