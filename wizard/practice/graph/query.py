"""OData as Graph understands it for directory objects: `$filter`, `$select`, `$orderby`, `$top`, `$skiptoken`."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from wizard.practice.kernel import Failure, Request, Response

if TYPE_CHECKING:
    from wizard.practice.graph.schema import Entity

_KNOWN = frozenset({"$filter", "$select", "$orderby", "$top", "$skiptoken", "$count", "$format"})
_PAGE, _LARGEST = 100, 999
_DEEPEST = 50
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?=[\s,)]|$))|(?P<time>\d{4}-\d\d-\d\dT[0-9:.]+Z)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_./]*)|(?P<sign>[(),:]))"
)
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None}
_SORTED = frozenset({"displayName", "userPrincipalName", "createdDateTime"})
_DEFAULT_OPERATORS = frozenset({"eq", "startswith", "in"})

Predicate = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Query:
    """The parsed options of one request for a collection."""

    keep: Predicate
    select: tuple[str, ...]
    order: str
    descending: bool
    top: int
    after: tuple[int, str]
    count: bool


def listing(
    request: Request, entity: Entity, documents: Iterable[Mapping[str, Any]], context: str = ""
) -> Response:
    """One page of the documents as the request wants them, with `@odata.nextLink` when there are more.

    Raises:
        Failure: 400 for options that are malformed, unknown, or not to be had for directory objects.
    """
    query = parse(request, entity)
    found = [document for document in documents if query.keep(document)]
    if query.order:
        found.sort(key=lambda d: (str(d.get(query.order) or "").lower(), d["id"]), reverse=query.descending)
    start = _start(query, found)
    page = found[start : start + query.top]
    shown = f"({','.join(query.select)})" if query.select else ""
    body: dict[str, Any] = {
        "@odata.context": f"{request.origin}/v1.0/$metadata#{context or entity.collection}{shown}"
    }
    if query.count:
        body["@odata.count"] = len(found)
    if start + query.top < len(found):
        body["@odata.nextLink"] = _next(request, start + query.top, str(page[-1]["id"]))
    return Response(body=body | {"value": [entity.shown(document, query.select) for document in page]})


def single(
    request: Request, entity: Entity, document: Mapping[str, Any], *, status: int = 200, context: str = ""
) -> Response:
    """One object, with only the selected properties when there is a `$select`."""
    select = _select(request, entity)
    shown = f"({','.join(select)})" if select else ""
    head = f"{request.origin}/v1.0/$metadata#{context or entity.collection}{shown}/$entity"
    return Response(status, {"@odata.context": head} | entity.shown(document, select))


def parse(request: Request, entity: Entity) -> Query:
    """The options of the request."""
    for option in request.query:
        if option.startswith("$") and option not in _KNOWN:
            raise Failure(
                400,
                "BadRequest",
                f"The query specified in the URI is not valid. '{option}' is not supported here.",
            )
    advanced = request.headers.get("consistencylevel", "").lower() == "eventual" and (
        request.query.get("$count", "").lower() == "true"
    )
    order, descending = _order(request, entity, advanced=advanced)
    text = request.query.get("$filter", "")
    return Query(
        keep=_Filter(text, entity, advanced=advanced).parse() if text else lambda _: True,
        select=_select(request, entity),
        order=order,
        descending=descending,
        top=_top(request),
        after=_after(request),
        count=advanced,
    )


class _Filter:
    """A recursive-descent reading of one `$filter`."""

    def __init__(self, text: str, entity: Entity, *, advanced: bool) -> None:
        self._text, self._entity, self._advanced = text, entity, advanced
        self._at = 0

    def parse(self) -> Predicate:
        """The filter as a predicate of documents."""
        if self._text.count("(") + self._text.count("not ") > _DEEPEST:
            raise self._syntax()
        predicate = self._either()
        if self._text[self._at :].strip():
            raise self._syntax()
        return predicate

    def _either(self) -> Predicate:
        left = self._both()
        while self._word("or"):
            left = _or(left, self._both())
        return left

    def _both(self) -> Predicate:
        left = self._one()
        while self._word("and"):
            left = _and(left, self._one())
        return left

    def _one(self) -> Predicate:
        if self._word("not"):
            self._needs_advanced("not")
            return _not(self._one())
        if self._sign("("):
            inner = self._either()
            self._expect(")")
            return inner
        name = self._name()
        if name in {"startswith", "startsWith"}:
            return self._startswith()
        if name.endswith("/any"):
            return self._any(name.removesuffix("/any"))
        return self._comparison(name)

    def _startswith(self) -> Predicate:
        self._expect("(")
        name = self._property(self._name())
        self._expect(",")
        start = str(self._literal()).lower()
        self._expect(")")
        return lambda document: str(document.get(name) or "").lower().startswith(start)

    def _any(self, name: str) -> Predicate:
        known = self._property(name)
        self._expect("(")
        variable = self._name()
        self._expect(":")
        if self._name() != variable or self._name() != "eq":
            raise self._syntax()
        wanted = _folded(self._literal())
        self._expect(")")
        return lambda document: wanted in [_folded(item) for item in document.get(known) or ()]

    def _comparison(self, name: str) -> Predicate:
        known = self._property(name)
        operator = self._name()
        if operator not in _DEFAULT_OPERATORS:
            if operator not in {"ne", "ge", "le", "gt", "lt"}:
                raise self._syntax()
            self._needs_advanced(name)
        if operator == "in":
            self._expect("(")
            among = [_folded(self._literal())]
            while self._sign(","):
                among.append(_folded(self._literal()))
            self._expect(")")
            return lambda document: _folded(document.get(known)) in among
        wanted = _folded(self._literal())
        return lambda document: _compare(operator, _folded(document.get(known)), wanted)

    def _property(self, name: str) -> str:
        known = self._entity.properties.get(name)
        if known is None:
            kind = self._entity.name[0].lower() + self._entity.name[1:]
            raise Failure(
                400,
                "BadRequest",
                f"Invalid filter clause: Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.",
            )
        if known.kind in {"object", "objects"}:
            raise self._unsupported(name)
        return name

    def _needs_advanced(self, name: str) -> None:
        if not self._advanced:
            raise self._unsupported(name)

    def _unsupported(self, name: str) -> Failure:
        return Failure(
            400,
            "Request_UnsupportedQuery",
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{self._entity.name}'.",
        )

    def _match(self) -> re.Match[str] | None:
        return _TOKEN.match(self._text, self._at)

    def _word(self, word: str) -> bool:
        found = self._match()
        if found is None or found["word"] != word:
            return False
        self._at = found.end()
        return True

    def _sign(self, sign: str) -> bool:
        found = self._match()
        if found is None or found["sign"] != sign:
            return False
        self._at = found.end()
        return True

    def _expect(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._syntax()

    def _name(self) -> str:
        found = self._match()
        if found is None or not found["word"]:
            raise self._syntax()
        self._at = found.end()
        return found["word"]

    def _literal(self) -> object:
        found = self._match()
        if found is None or found["sign"] or (found["word"] and found["word"] not in _WORDS):
            raise self._syntax()
        self._at = found.end()
        if found["text"]:
            return found["text"][1:-1].replace("''", "'")
        if found["word"]:
            return _WORDS[found["word"]]
        return int(found["number"]) if found["number"] else found["time"]

    def _syntax(self) -> Failure:
        return Failure(
            400,
            "BadRequest",
            f"Invalid filter clause: Syntax error at position {self._at} in '{self._text}'.",
        )


def _and(left: Predicate, right: Predicate) -> Predicate:
    return lambda document: left(document) and right(document)


def _or(left: Predicate, right: Predicate) -> Predicate:
    return lambda document: left(document) or right(document)


def _not(inner: Predicate) -> Predicate:
    return lambda document: not inner(document)


def _folded(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _compare(operator: str, left: object, right: object) -> bool:
    if operator in {"eq", "ne"}:
        return (left == right) is (operator == "eq")
    if left is None or right is None:
        return False
    one, other = str(left), str(right)
    return {"ge": one >= other, "le": one <= other, "gt": one > other, "lt": one < other}[operator]


def _select(request: Request, entity: Entity) -> tuple[str, ...]:
    text = request.query.get("$select", "").strip()
    names = tuple(dict.fromkeys(part.strip() for part in text.split(","))) if text and text != "*" else ()
    for name in names:
        if name not in entity.properties:
            kind = entity.name[0].lower() + entity.name[1:]
            raise Failure(
                400,
                "BadRequest",
                "Parsing OData Select and Expand failed: Could not find a property named"
                f" '{name}' on type 'microsoft.graph.{kind}'.",
            )
    return names


def _order(request: Request, entity: Entity, *, advanced: bool) -> tuple[str, bool]:
    text = request.query.get("$orderby", "").strip()
    if not text:
        return "", False
    name, _, direction = text.partition(" ")
    if name not in entity.properties or direction.strip() not in {"", "asc", "desc"}:
        raise Failure(
            400, "BadRequest", f"The $orderby expression '{text}' is not valid for '{entity.collection}'."
        )
    if name not in _SORTED or ("$filter" in request.query and not advanced):
        raise Failure(400, "Request_UnsupportedQuery", "Sorting not supported for current query.")
    return name, direction.strip() == "desc"


def _top(request: Request) -> int:
    text = request.query.get("$top", str(_PAGE))
    if not text.isdecimal() or not 1 <= int(text) <= _LARGEST:
        raise Failure(
            400,
            "Request_UnsupportedQuery",
            f"Invalid page size specified: '{text}'. Must be between 1 and {_LARGEST} inclusive.",
        )
    return int(text)


def _after(request: Request) -> tuple[int, str]:
    text = request.query.get("$skiptoken")
    if text is None:
        return 0, ""
    try:
        position, last = json.loads(base64.urlsafe_b64decode(text))
        return int(position), str(last)
    except (ValueError, TypeError, binascii.Error) as fault:
        raise Failure(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        ) from fault


def _start(query: Query, found: list[Mapping[str, Any]]) -> int:
    position, last = query.after
    if not last:
        return 0
    # The place behind the last one given out, also when others came or went before it.
    return next((index + 1 for index, document in enumerate(found) if document["id"] == last), position)


def _next(request: Request, position: int, last: str) -> str:
    token = base64.urlsafe_b64encode(json.dumps([position, last]).encode()).decode()
    options = {name: value for name, value in request.query.items() if name != "$skiptoken"} | {
        "$skiptoken": token
    }
    return f"{request.origin}{quote(request.path)}?{urlencode(options, safe='$')}"
