"""The few `$filter` forms that ARM's lists know, read strictly."""

from __future__ import annotations

import re

_EQUAL = re.compile(r"(\w+)\s+eq\s+'((?:[^']|'')*)'", re.IGNORECASE)
_CALL = re.compile(r"(\w+)\(\s*(?:'((?:[^']|'')*)')?\s*\)", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)


def read(text: str) -> dict[str, str]:
    """Terms joined by `and`: `{"principalid": "X"}` for `principalId eq 'X'`, `{"atscope()": ""}` for `atScope()`.

    Raises:
        ValueError: there is anything else in it.
    """
    terms: dict[str, str] = {}
    for term in _AND.split(text.strip()) if text.strip() else ():
        if equal := _EQUAL.fullmatch(term.strip()):
            terms[equal[1].lower()] = equal[2].replace("''", "'")
        elif call := _CALL.fullmatch(term.strip()):
            terms[call[1].lower() + "()"] = (call[2] or "").replace("''", "'")
        else:
            raise ValueError(term)
    return terms
