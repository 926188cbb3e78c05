"""When what a vault was asked to delete or to recover is deleted or recovered, by what the recording shows later."""

from __future__ import annotations

import re

from tests.contract.recordings import Cassette, Row

ITEM = re.compile(r"/(deleted)?(keys|secrets)/([^/]+)(?:/([0-9a-f]{32}))?(?:/([a-z]+))?", re.IGNORECASE)


def end(cassette: Cassette, index: int, row: Row) -> float | None:
    """By which row a deletion or a recovery is over; None when it was at once."""
    found = ITEM.fullmatch(row.path)
    if found is None or not (row.method == "DELETE" or found[5] == "recover"):
        return None
    wanted = f"/{'' if found[1] else 'deleted'}{found[2]}/{found[3]}".lower()
    late: float | None = None
    for at, later in enumerate(cassette.rows[index + 1 :], index + 1):
        if later.method != "GET" or later.path.lower() != wanted or later.host != row.host:
            continue
        if later.succeeded:
            return at if late is not None else None
        late = at
    return None if late is None else late + 1
