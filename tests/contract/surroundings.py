"""What a cassette tells of the world it was recorded in: its subscriptions, its tenant, names that strangers had."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from tests.contract.recordings import GUID, ZERO, Cassette

_TAKEN = frozenset({"AlreadyExists", "StorageAccountAlreadyTaken", "VaultAlreadyExists", "NameUnavailable"})
# A template names a subscription without its path: `"subscriptionId": "..."`, or as the value of such a parameter.
_NAMED = re.compile(rf'"\w*sub\w*id":\s*(?:{{\s*"value":\s*)?"({GUID.pattern})"')
_TENANT = "54826b22-38d6-4fb2-bad9-b7b93a3e9c5a"


def subscriptions(cassette: Cassette) -> Iterator[str]:
    """Every subscription that is asked for or referred to."""
    for row in cassette.rows:
        if row["host_kind"] != "arm":
            continue
        told = f"{row['uri']} {json.dumps(row.sent) if row.sent else ''}"
        for part in told.lower().split("/subscriptions/")[1:]:
            if GUID.match(part):
                yield part[:36]
        yield from (found[1] for found in _NAMED.finditer(told.replace("\\", "").lower()))


def tenant(cassette: Cassette) -> str:
    """The tenant the cassette speaks of most."""
    found: Counter[str] = Counter()
    for row in cassette.rows:
        text = json.dumps(row["resp_body"]) if row["resp_body"] else ""
        for part in text.split('"tenantId": "')[1:]:
            if GUID.match(part) and part[:36] != ZERO:
                found[part[:36].lower()] += 1
    return found.most_common(1)[0][0] if found else _TENANT


def taken(cassette: Cassette) -> Iterator[str]:
    """Names that strangers have, as the recording says."""
    made = {
        row.path.rsplit("/", 1)[-1].lower() for row in cassette.rows if row.method == "PUT" and row.succeeded
    }
    for row in cassette.rows:
        if row.error.get("code") in _TAKEN and isinstance(row.sent, dict):
            name = str(row.sent.get("name") or row.path.rsplit("/", 1)[-1]).lower()
            if name not in made:
                yield name
