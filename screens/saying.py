"""How an answer reads: a switch as yes or no, a text of several lines by its first one; and what no face takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wizard.answers import Value

YES, NO = "yes", "no"
HANDED = "handoff:"
"""How the keys of tasks begin that wait for somebody else."""
_PRIVATE = re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED", re.IGNORECASE)


def written(value: Value) -> str:
    """Return an answer as a person writes it."""
    if isinstance(value, bool):
        return YES if value else NO
    return str(value)


def said(value: Value) -> str:
    """Return an answer on one line."""
    lines = written(value).strip().splitlines()
    if len(lines) < 2:  # noqa: PLR2004 - one line
        return "".join(lines)
    return f"{lines[0]} … ({len(lines)} lines)"


def holds_private_key(text: str) -> bool:
    """Whether a text is, or holds, the private half of a key: no question asks for one, and none is shown or kept."""
    return _PRIVATE.search(text) is not None


REFUSED_KEY = "That is a private key. It was not taken: only the public half (.pub) is ever asked for."
