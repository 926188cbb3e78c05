"""HCL, the language of Terraform, written so that `terraform fmt` has nothing to say and no foreign text is code.

A file is a list of blocks; a block holds attributes and further blocks. A text is always a quoted text: quotes,
backslashes and the signs of a template (``${``, ``%{``) are escaped. What is meant as code is an `Expression`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_INDENT = "  "
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SIGNS = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_KEYWORDS = frozenset({"true", "false", "null", "for", "if"})


@dataclass(frozen=True, slots=True)
class Expression:
    """Code of our own: a reference such as ``azapi_resource.vnet.id``, or a call. Never text from outside."""

    code: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with code in it: texts are escaped, expressions are interpolated."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """A text of several lines, written as a heredoc where HCL can hold it as it is."""

    text: str


Value: TypeAlias = (
    "str | int | float | bool | Expression | Template | Lines | Sequence[Any] | Mapping[str, Any] | None"
)


@dataclass(frozen=True, slots=True)
class Block:
    """One block: its kind, labels, attributes in order, nested blocks in order, and a comment above it."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    comment: str = ""


def block(
    kind: str,
    *labels: str,
    attributes: Mapping[str, Value] | None = None,
    blocks: Sequence[Block] = (),
    comment: str = "",
) -> Block:
    """Return a block: ``block("resource", "hopsworksai_cluster", "cluster", attributes={"name": "a"})``.

    Attributes are written in their order, each on its own line, and nested blocks after them. A value is a text,
    number, bool, None, list, mapping (an object), `Expression`, `Template` or `Lines` (a heredoc).
    """
    return Block(kind, labels, dict(attributes or {}), tuple(blocks), comment)


def document(blocks: Sequence[Block], *, head: str = "") -> str:
    """Return a whole file of these blocks; `head` is a comment at its top."""
    parts = ["\n".join(_comment(head, ""))] if head else []
    parts += ["\n".join(_block(one, "")) for one in blocks]
    return "\n\n".join(parts) + "\n"


def json_document(blocks: Sequence[Block]) -> str:
    """Return the same file in Terraform's JSON form (``.tf.json``)."""
    return json.dumps(_merged(blocks), indent=2, ensure_ascii=False) + "\n"


def quoted(text: str) -> str:
    """Return a text as HCL's quoted text; it means exactly these characters."""
    return f'"{_escaped(text)}"'


def inline(value: Value) -> list[str]:
    """Return a value as the lines that stand behind a sign of equality."""
    return _value(value, "")


def name(text: str) -> str:
    """Return a label for Terraform that is made of a text: letters, digits and underscores."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "it"
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def _escaped(text: str) -> str:
    # A dollar before an escaped one would read as one more escape, so that dollar is written by its code.
    text = re.sub(r"(\$+|%+)\{", lambda m: f"{_coded(m[1][:-1])}{m[1][-1] * 2}{{", text)
    out = []
    for sign in text:
        control = ord(sign) < 0x20 or ord(sign) in {0x7F, 0x85, 0x2028, 0x2029}  # noqa: PLR2004 - controls
        out.append(_SIGNS.get(sign) or (f"\\u{ord(sign):04x}" if control else sign))
    return "".join(out).replace(_CODED["$"], "\\u0024").replace(_CODED["%"], "\\u0025")


_CODED = {"$": "\ue0f0", "%": "\ue0f1"}


def _coded(signs: str) -> str:
    return "".join(_CODED[sign] for sign in signs)


def _comment(text: str, indent: str) -> list[str]:
    return [f"{indent}# {line}".rstrip() for line in text.splitlines()]


def _block(one: Block, indent: str) -> list[str]:
    head = " ".join((one.kind, *(quoted(label) for label in one.labels)))
    lines = _comment(one.comment, indent)
    if not one.attributes and not one.blocks:
        return [*lines, f"{indent}{head} {{", f"{indent}}}"]
    lines.append(f"{indent}{head} {{")
    inner = indent + _INDENT
    lines += _aligned([(key, value, " = ") for key, value in one.attributes.items()], inner, gaps=True)
    for number, nested in enumerate(one.blocks):
        if number or one.attributes:
            lines.append("")
        lines += _block(nested, inner)
    lines.append(f"{indent}}}")
    return lines


def _aligned(pairs: Sequence[tuple[str, Value, str]], indent: str, *, gaps: bool) -> list[str]:
    """Write attributes; those on one line that follow each other have their signs of equality below each other."""
    lines: list[str] = []
    run: list[tuple[str, str]] = []

    def close() -> None:
        width = max((len(key) for key, _ in run), default=0)
        lines.extend(f"{indent}{key:{width}} = {text}" for key, text in run)
        run.clear()

    for key, value, _ in pairs:
        first, *rest = _value(value, indent)
        if not rest:
            run.append((key, first))
            continue
        close()
        alone = isinstance(value, Lines)
        if lines and (gaps or alone):
            lines.append("")
        lines += [f"{indent}{key} = {first}", *rest]
        if gaps or alone:
            run_follows = key != pairs[-1][0]
            lines += [""] if run_follows else []
    close()
    return _single_gaps(lines)


def _single_gaps(lines: list[str]) -> list[str]:
    return [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]


def _value(value: Value, indent: str) -> list[str]:  # noqa: PLR0911 - one return for each kind of value
    """Return the lines of a value; the first one stands behind the sign of equality."""
    match value:
        case None:
            return ["null"]
        case bool():
            return ["true" if value else "false"]
        case int() | float():
            return [repr(value)]
        case str():
            return [quoted(value)]
        case Expression(code):
            return [code]
        case Template(parts):
            texts = (
                f"${{{part.code}}}" if isinstance(part, Expression) else _escaped(part) for part in parts
            )
            return [f'"{"".join(texts)}"']
        case Lines(text):
            return _heredoc(text)
        case Mapping():
            return _object(value, indent)
        case _:
            return _list(value, indent)


def _heredoc(text: str) -> list[str]:
    """Write a heredoc. What it can't hold as it is (other control characters, no last line end) is quoted instead."""
    marker = "EOT"
    body = text.split("\n")
    while marker in (line.strip() for line in body):
        marker += "_"
    fit = text.endswith("\n") and len(body) > 1 and not re.search(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]", text)
    if not fit or re.search(r"[\u2028\u2029]|\$\$\{|%%\{", text):
        return [quoted(text)]
    held = [re.sub(r"([$%])\{", r"\1\1{", line) for line in body[:-1]]
    return [f"<<{marker}", *held, marker]


def _list(values: Sequence[Any], indent: str) -> list[str]:
    if not values:
        return ["[]"]
    inner = indent + _INDENT
    if len(values) == 1:
        only = _value(values[0], inner)
        if len(only) == 1:
            return [f"[{only[0]}]"]
    lines = ["["]
    for value in values:
        first, *rest = _value(value.text if isinstance(value, Lines) else value, inner)
        lines += [f"{inner}{first}", *rest]
        lines[-1] += ","
    return [*lines, f"{indent}]"]


def _object(values: Mapping[str, Any], indent: str) -> list[str]:
    if not values:
        return ["{}"]
    pairs = [(_key(key), value, " = ") for key, value in values.items()]
    return ["{", *_aligned(pairs, indent + _INDENT, gaps=False), f"{indent}}}"]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) and key not in _KEYWORDS else quoted(key)


def _merged(blocks: Sequence[Block]) -> dict[str, Any]:
    """Return blocks as nested objects: kind, then labels; several of one kind and name are a list."""
    found: dict[str, Any] = {}
    for one in blocks:
        place, path = found, (one.kind, *one.labels)
        for part in path[:-1]:
            place = place.setdefault(part, {})
        last, body = path[-1], _json_body(one)
        held = place.get(last)
        if held is None:
            place[last] = body
        else:
            place[last] = [*held, body] if isinstance(held, list) else [held, body]
    return found


def _json_body(one: Block) -> dict[str, Any]:
    own = {key: _json_value(value) for key, value in one.attributes.items()}
    return ({"//": one.comment} if one.comment else {}) | own | _merged(one.blocks)


def _json_value(value: Value) -> Any:
    match value:
        case Expression(code):
            return f"${{{code}}}"
        case Template(parts):
            return "".join(f"${{{p.code}}}" if isinstance(p, Expression) else _json_text(p) for p in parts)
        case Lines(text) | str(text):
            return _json_text(text)
        case Mapping():
            return {_json_text(key): _json_value(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_json_value(inner) for inner in value]
        case _:
            return value


def _json_text(text: str) -> str:
    return "".join(_dollars(text))


def _dollars(text: str) -> Iterator[str]:
    """Escape the signs of a template in a JSON text, which is read as a template too."""
    at = 0
    for found in re.finditer(r"(\$+|%+)\{", text):
        yield text[at : found.start()]
        signs = found[1]
        if len(signs) > 1:
            yield f'${{"{signs[:-1]}"}}'
        yield f"{signs[-1] * 2}{{"
        at = found.end()
    yield text[at:]
