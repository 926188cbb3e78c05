"""Profiles that are none: a good one, values that must not stand under its keys, and a seeded way of damaging files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

ID = "0123456789abcdef" * 2
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"

GOOD = f"""# A profile of Azimuth. It may be edited by hand; secrets are never in it.
schema = 2
name = "demo"
id = "{ID}"
revision = 4
guide = "himl"
cloud = "practice"
stage = "proved"
step = "2.1"
origin = ""
created = 2026-01-31T12:00:00Z
updated = 2026-02-01T12:00:00Z
deployments = ["azimuth-demo-1"]

[context] # as whom and where
way = "cli"
account = "ada@contoso.com"
tenant_id = "{TENANT}"
tenant_name = "Contoso"
subscription_id = "{TENANT}"
subscription_name = "Research"

[answers] # the same keys as in an answers file
auth_way = "service_principal"
secret_months = 6
create = true
tenant = "Contoso"

[sources]
auth_way = "chosen"

[outputs]
HIML_TENANT_ID = "{TENANT}"

[[secrets]]
variable = "HIML_SERVICE_PRINCIPAL_PASSWORD"
store = "keyring"
cloud = "practice"
tenant = "{TENANT}"
client_id = "5e1f"
profile = "{ID}"
key_id = "k1"
hint = "q7X"
expires = 2026-07-31T12:00:00Z

[[proofs]]
title = "sign in"
ok = true
at = 2026-02-01T12:00:00Z
detail = "signed in"
"""


class Case(NamedTuple):
    """One bad profile: what it is, its text, and where the fault must be told: a key, a line, or both."""

    what: str
    text: str
    key: str = ""
    line: int | None = None


_NO_TEXT = ("1", "true", "1.5", "nan", "[]", "{}", "2026-01-31")
_NO_TENANT = (
    '"adfs"', '"ADFS"', '"common"', '"organizations"', '"Consumers"', '"adfs/"', '" common "', '"ａdfs"',
    '"https://evil.example"', '"//evil.example"', '"../common"', '"a/b"', '"contoso.com/../adfs"', '"x@evil.example"',
    '"contoso.com?x=1"', '"contoso.com#"',
)  # fmt: skip
_NO_NAME = (
    '""', '"a b"', '"../x"', '"a/b"', '".x"', '"-x"', '"x\\n"', '"$(id)"', '"`id`"', '"é"', '"[b]x[/b]"', '"x\\u001b]0;x"',
    '"x;rm"', '"${x}"', '"x\\u202e"', f'"{"x" * 65}"', '"con:"', '"a\\\\b"',
)  # fmt: skip
_NO_MOMENT = (
    '"2026-01-31T12:00:00Z"', "2026-01-31", "2026-01-31T12:00:00", "12:00:00", "1", "true", "[]",
)  # fmt: skip
_NO_CLOUD = (
    '""', '"https://management.azure.com"', '"management.azure.com"', '"../x"', '"Azure Cloud"', '"azure\\u0000"', '"1st"',
    '"AzureCloud/"', '"[red]"', '"$(id)"', f'"{"a" * 41}"',
)  # fmt: skip
_NO_NUMBER = ('"1"', "1.0", "true", "-1", "9223372036854775808", "[]", "inf", "2026-01-31")

BAD: Mapping[str, tuple[str, ...]] = {
    "schema": ('"2"', "2.0", "true", "0", "-1", "[]", "{}", "nan"),
    "name": (*_NO_TEXT, *_NO_NAME),
    "id": (*_NO_TEXT, '""', '"demo"', f'"{ID.upper()}"', f'"{ID}0"', f'"{ID[:-1]}"', f'"{TENANT}"', f'"{ID}\\n"'),
    "revision": _NO_NUMBER,
    "guide": (*_NO_TEXT, '""', '"Hi ML"', '"../himl"', '"himl.py"', '"himl\\n"', '"os:system"', f'"{"g" * 65}"'),
    "cloud": (*_NO_TEXT, *_NO_CLOUD),
    "stage": (*_NO_TEXT, '""', '"done"', '"Proved"', '"proved|applied"'),
    "step": _NO_TEXT,
    "origin": _NO_TEXT,
    "created": _NO_MOMENT,
    "updated": _NO_MOMENT,
    "deployments": ('"x"', "1", "[1]", '["a", 1]', "{}", "[[]]", "[true]"),
    "context.way": ("1", "[]"),
    "context.account": ("1", "{}"),
    "context.tenant_id": (*_NO_TENANT, '"x"', '"con toso.com"', f'"{TENANT}\\n"', f'"{"a." * 130}com"', "1", "[]"),
    "context.tenant_name": ("1", "true"),
    "context.subscription_id": ('"Research"', '"../x"', f'"/subscriptions/{TENANT}"', f'"{{{TENANT}}}"', "1", "[]"),
    "context.subscription_name": ("1", "{}"),
    "answers.auth_way": ("1.5", "nan", "2026-01-31", "12:00:00", "{}", "{a = 1}", "[1]", '["a", 1]', "[[]]", "[{}]"),
    "answers.secret_months": ("9223372036854775808", "-9223372036854775809", "1e3", "0x8000000000000000"),
    "answers.tenant": tuple(value for value in _NO_TENANT if value != '"a/b"'),  # people may call one so
    "sources.auth_way": ('""', '"guessed"', "1", "true", "[]", '"Chosen"'),
    "outputs.HIML_TENANT_ID": ("1", "true", "[]", "{}", "2026-01-31", "1.5"),
    "secrets[1].variable": ('""', '"PATH"', '"LD_PRELOAD"', '"a b"', '"A=B"', '"1A"', '"A;touch x"', "1", '"HIML_TENANT_ID"'),
    "secrets[1].store": ('""', '"Keyring"', '"../x"', '"os.system"', "1", "[]"),
    "secrets[1].cloud": (*_NO_CLOUD, '"AzureCloud"', "1"),
    "secrets[1].tenant": ('"adfs"', '"x"', "1"),
    "secrets[1].client_id": ('""', "1", "[]"),
    "secrets[1].profile": ('""', "1", f'"{ID[::-1]}"', f'"{ID}/next"'),
    "secrets[1].key_id": ("1", "[]"),
    "secrets[1].hint": ("1", "{}"),
    "secrets[1].expires": _NO_MOMENT,
    "proofs[1].title": ('""', "1", "[]"),
    "proofs[1].ok": ('"yes"', "1", "0", "[]", "1.0"),
    "proofs[1].at": _NO_MOMENT,
    "proofs[1].detail": ("1", "[]"),
}  # fmt: skip
"""Values by the key under which they must be refused."""

_NEEDED = (
    "schema", "name", "id", "revision", "guide", "cloud", "stage", "created", "updated", "secrets[1].variable",
    "secrets[1].store", "secrets[1].cloud", "secrets[1].tenant", "secrets[1].client_id", "secrets[1].profile",
    "proofs[1].title", "proofs[1].ok", "proofs[1].at",
)  # fmt: skip


def line_of(key: str) -> int:
    """The line of the good profile in which a key stands."""
    table, _, name = key.replace("[1]", "").rpartition(".")
    lines = GOOD.split("\n")
    starts = [n for n, line in enumerate(lines) if line.startswith((f"[{table}]", f"[[{table}]]"))]
    at = starts[0] if table else 0
    return next(n for n in range(at, len(lines)) if lines[n].startswith(f"{name} =")) + 1


def _with_value(key: str, value: str) -> str:
    lines = GOOD.split("\n")
    at = line_of(key) - 1
    lines[at] = f"{lines[at].partition(' =')[0]} = {value}"
    return "\n".join(lines)


def _without(key: str) -> str:
    lines = GOOD.split("\n")
    del lines[line_of(key) - 1]
    return "\n".join(lines)


_LINES = GOOD.count("\n") + 1
_STRUCTURE = (
    Case("empty", "", "schema"),
    Case("comments alone", "# nothing\n", "schema"),
    Case("an unknown key", GOOD.replace("schema = 2", 'schema = 2\ncolour = "red"'), "colour", 3),
    Case("an unknown key of a table", GOOD.replace('way = "cli"', 'way = "cli"\nurl = "https://x"'), "context.url", 17),
    Case("an address as a key", GOOD.replace("schema = 2", 'schema = 2\nauthority = "https://x"'), "authority", 3),
    Case("a secret in the file", GOOD.replace('hint = "q7X"', 'hint = "q7X"\nvalue = "s3cret"'), "secrets[1].value"),
    Case("an unknown table", GOOD + "\n[hooks]\nrun = 'id'\n", "hooks"),
    Case("context as a list", GOOD.replace("[context]", "[[context]]"), "context", 15),
    Case("answers as a list", GOOD.replace("[answers]", "[[answers]]"), "answers", 23),
    Case("outputs as a list", GOOD.replace("[outputs]", "[[outputs]]"), "outputs"),
    Case("secrets as a table", GOOD.replace("[[secrets]]", "[secrets]"), "secrets"),
    Case("proofs as a table", GOOD.replace("[[proofs]]", "[proofs]"), "proofs"),
    Case("secrets as a text", "secrets = 'x'\n" + GOOD.split("[[secrets]]", maxsplit=1)[0], "secrets", 1),
    Case("a source without an answer", GOOD.replace("[outputs]", 'pet = "chosen"\n[outputs]'), "sources.pet"),
    Case("an answer's key with a blank", GOOD.replace("create =", '"cre ate" ='), "answers.cre ate"),
    Case("an answer's key that is a path", GOOD.replace("create =", '"../x" ='), "answers.../x"),
    Case("an answer's key that is empty", GOOD.replace("create =", '"" ='), "answers."),
    Case("an answer's key that is long", GOOD.replace("create =", f"{'k' * 65} ="), f"answers.{'k' * 65}"),
    Case("a variable that loads code", GOOD.replace("HIML_TENANT_ID =", "LD_PRELOAD ="), "outputs.LD_PRELOAD"),
    Case("a variable of the shell", GOOD.replace("HIML_TENANT_ID =", "PATH ="), "outputs.PATH"),
    Case("a variable that is code", GOOD.replace("HIML_TENANT_ID =", '"A;id" ='), "outputs.A;id"),
    Case("deep in a list", GOOD + "deep = " + "[" * 20 + "]" * 20, "proofs"),
    Case("deep in tables", "x = " + "{a=" * 15 + "1" + "}" * 15 + "\n" + GOOD, "x", 1),
    Case("deep headers", GOOD + "\n[" + ".".join("a" * 14) + "]\n", "a"),
)  # fmt: skip
_SYNTAX = (
    Case("json", '{"schema": 2}', line=1),
    Case("yaml", "schema: 2\nname: demo\n", line=1),
    Case("ini", "[context]\nway: cli\n", line=2),
    Case("a brace", "{", line=1),
    Case("an open string", GOOD.replace('step = "2.1"', 'step = "2.1'), line=9),
    Case("an open text of lines", GOOD + '\nx = """abc', line=_LINES + 1),
    Case("an open list", GOOD + "\nx = [1,", line=_LINES + 1),
    Case("an open table", GOOD + "\nx = {a = 1", line=_LINES + 1),
    Case("an open header", GOOD.replace("[answers]", "[answers"), line=23),
    Case("no value", GOOD.replace("revision = 4", "revision ="), line=5),
    Case("no key", GOOD.replace("revision = 4", "= 4"), line=5),
    Case("two values", GOOD.replace("revision = 4", "revision = 4 5"), line=5),
    Case("no equals sign", GOOD.replace("revision = 4", "revision 4"), line=5),
    Case("a bare word", GOOD.replace("revision = 4", "revision = four"), line=5),
    Case("True as in Python", GOOD.replace("create = true", "create = True"), line=26),
    Case("a key twice", GOOD.replace("revision = 4", "revision = 4\nrevision = 5"), line=6),
    Case("a key twice, quoted", GOOD.replace("revision = 4", 'revision = 4\n"revision" = 5'), line=6),
    Case("a table twice", GOOD + "\n[context]\n", line=_LINES + 1),
    Case("a table over a value", GOOD + "\n[name]\n", line=_LINES + 1),
    Case("a dotted key over a value", GOOD.replace("revision = 4", "revision = 4\nname.x = 1"), line=6),
    Case("a wrong escape", GOOD.replace('step = "2.1"', 'step = "\\q"'), line=9),
    Case("half a character", GOOD.replace('step = "2.1"', 'step = "\\ud800"'), line=9),
    Case("a NUL", GOOD.replace('step = "2.1"', 'step = "\0"'), line=9),
    Case("an escape sequence", GOOD.replace('step = "2.1"', 'step = "\x1b]0;x\x07"'), line=9),
    Case("an escape sequence as a key", GOOD.replace("step =", "\x1b[2J ="), line=9),
    Case("a date that is none", GOOD.replace("2026-01-31T12:00:00Z", "2026-02-30T12:00:00Z"), line=11),
    Case("an hour that is none", GOOD.replace("2026-01-31T12:00:00Z", "2026-01-31T25:00:00Z"), line=11),
    Case("a zero before a number", GOOD.replace("revision = 4", "revision = 04"), line=5),
    Case("a long number", GOOD.replace("revision = 4", "revision = " + "9" * 5000), line=5),
    Case("a long number in hexadecimal digits", GOOD.replace("revision = 4", "revision = 0x" + "f" * 5000), "revision", 5),
    Case("deep lists", "x = " + "[" * 50_000, line=1),
    Case("deep tables", "\nx = " + "{a=" * 20_000, line=2),
    Case("a key of many parts", GOOD.replace("revision = 4", ".".join("a" * 20_000) + " = 1"), line=5),
    Case("quoted parts", '"a"' + '."a"' * 20_000 + " = 1", line=1),
    Case("a header of many parts", "\n\n[" + ".".join("a" * 20_000) + "]", line=3),
    Case("an inline key of many parts", "x = { " + ".".join("a" * 20_000) + " = 1 }", line=1),
    Case("a line of carriage returns", "a = 1\rb = 2\r", line=1),
    Case("a merge conflict", GOOD.replace("revision = 4", "<<<<<<< mine\nrevision = 4\n=======\n"), line=5),
    Case("a patch", "--- a\n+++ b\n", line=1),
    Case("HTML", "<!doctype html><html>sign in</html>", line=1),
    Case("cut in a string", GOOD[: GOOD.index("contoso.com")], line=17),
    Case("a shell script", "#!/bin/sh\nid\n", line=2),
)  # fmt: skip


def hand_made() -> Iterator[Case]:
    """Every bad profile that was thought of."""
    for key, values in BAD.items():
        for value in values:
            yield Case(f"{key} = {value[:40]}", _with_value(key, value), key, line_of(key))
    for key in _NEEDED:
        yield Case(f"no {key}", _without(key), key)
    yield from _STRUCTURE
    yield from _SYNTAX


BYTES: Mapping[str, bytes] = {
    "UTF-16": GOOD.encode("utf-16"),
    "Latin-1": GOOD.replace("Contoso", "Contöso").encode("latin-1"),
    "half a character": GOOD.encode() + b"# \xed\xa0\x80",
    "zeros": b"\0" * 1000,
    "gzip": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "too large": b"#" * (256 * 1024 + 1),
    "noise": random.Random(5).randbytes(4000),  # noqa: S311 - noise, no key
}
"""Files that are no text, or too much of it."""

HEAVY: Mapping[str, str] = {
    "dotted": ".".join("a" * 20_000) + " = 1",
    "dotted quoted": ".".join(['"a"'] * 20_000) + " = 1",
    "dotted inline": "x = { " + ".".join("a" * 20_000) + " = 1 }",
    "dotted header": "[" + ".".join("a" * 20_000) + "]",
    "many dotted": "\n".join(f"{'.'.join(f'k{n}x{part}' for part in range(30))} = 1" for n in range(1000)),
    "many headers of parts": "\n".join(
        f"[{'.'.join(f'k{n}x{part}' for part in range(30))}]" for n in range(1000)
    ),
    "lists": "x = " + "[" * 50_000,
    "lists closed": "x = " + "[" * 300 + "]" * 300,
    "a list of lists": "x = [" + "[]," * 80_000 + "]",
    "inline tables": "x = " + "{a=" * 20_000,
    "inline keys": "x = {" + ", ".join(f"k{n}=1" for n in range(25_000)) + "}",
    "headers": "[[x]]\n" * 40_000,
    "headers within": "[[x]]\n[[x.y]]\n[[x.y.z]]\n" * 10_000,
    "unknown keys": "\n".join(f"k{n} = 1" for n in range(20_000)),
    "unknown answers": "[answers]\n" + "\n".join(f'"k {n}" = 1' for n in range(15_000)),
    "good answers": GOOD.replace("create = true", "\n".join(f"k{n} = {n}" for n in range(15_000))) + "x",
    "many proofs": GOOD + "[[proofs]]\n" * 20_000,
    "many secrets": GOOD + "[[secrets]]\n" * 20_000,
    "blanks": "[" + " " * 250_000,
    "blank lines": "\n" * 250_000,
    "brackets": "[" * 250_000,
    "quotes": "'" * 250_001,
    "open string": 'x = "' + "a" * 250_000,
    "escapes": 'x = "' + "\\t" * 120_000 + '"',
    "escapes of lines": 'x = """' + "\\\n  " * 60_000 + '"""',
    "comments": "# x\n" * 60_000,
    "long lines": "\n".join(["x" * 1000] * 200),
    "dots": "x = '" + "." * 250_000 + "'",
    "digits": "x = " + "9" * 250_000,
    "underscores": "x = " + "1_" * 100_000 + "1",
    "hexadecimal": "x = 0x" + "f" * 250_000,
    "dates": "x = [" + "2026-01-31T12:00:00Z," * 11_000 + "]",
    "fractions": "x = 1." + "0" * 250_000,
}
"""Files within the size cap that keep a careless reader busy."""

_WORDS: tuple[str, ...] = (
    *"[]{}\"'=.,#\\\n\0\r\t", '"""', "'''", "[[", "]]", "= = ", "\\u202e", "\u202e", "\x1b]0;x\x07", "é", "\ufeff",
    "nan", "-inf", "true", "0x", "1e999", "9" * 400, "2026-01-31", "a.b.c", "{a={a={a=1}}}", "[[[[[[[[1]]]]]]]]",
    '"adfs"', '"../.."', '"$(id)"', "${x}", "[b]", "schema = 3", "schema = 1", "name", "[context]", "[[secrets]]",
)  # fmt: skip


def mutated(rng: random.Random, good: bytes) -> bytes:
    """Damage a file in one to four ways."""
    for _ in range(rng.randint(1, 4)):
        good = rng.choice(_WAYS)(rng, good or b"x")
    return good[: 300 * 1024]


def _flip(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + bytes([text[at] ^ (1 << rng.randrange(8))]) + text[at + 1 :]


def _cut(rng: random.Random, text: bytes) -> bytes:
    start = rng.randrange(len(text))
    return text[:start] + text[start + rng.randint(1, 60) :]


def _end(rng: random.Random, text: bytes) -> bytes:
    return text[: rng.randrange(len(text))]


def _put(rng: random.Random, text: bytes) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(_WORDS).encode() + text[at:]


def _lines(change: Callable[[random.Random, list[bytes]], None]) -> Callable[[random.Random, bytes], bytes]:
    def way(rng: random.Random, text: bytes) -> bytes:
        lines = text.split(b"\n")
        change(rng, lines)
        return b"\n".join(lines)

    return way


def _twice(rng: random.Random, lines: list[bytes]) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def _drop(rng: random.Random, lines: list[bytes]) -> None:
    del lines[rng.randrange(len(lines))]


def _swap(rng: random.Random, lines: list[bytes]) -> None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _retype(rng: random.Random, lines: list[bytes]) -> None:
    """Give a key another value, most often of another kind."""
    at = rng.randrange(len(lines))
    key, equals, _ = lines[at].partition(b" = ")
    values = [value for values in BAD.values() for value in values]
    if equals:
        lines[at] = key + equals + rng.choice(values).encode()


def _dotted(rng: random.Random, lines: list[bytes]) -> None:
    at = rng.randrange(len(lines))
    lines[at] = b"a." * rng.choice((1, 5, 31, 33, 400)) + lines[at]


def _nest(rng: random.Random, lines: list[bytes]) -> None:
    at, deep = rng.randrange(len(lines)), rng.choice((2, 11, 13, 60, 2000))
    key, equals, value = lines[at].partition(b" = ")
    opening, closing = rng.choice(((b"[", b"]"), (b"{a=", b"}")))
    if equals:
        lines[at] = key + equals + opening * deep + value + closing * deep


def _grow(rng: random.Random, lines: list[bytes]) -> None:
    at = rng.randrange(len(lines))
    lines[at] *= rng.choice((2, 50, 900))


_WAYS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _flip,
    _flip,
    _cut,
    _end,
    _put,
    _put,
    *map(_lines, (_twice, _drop, _swap, _retype, _retype, _dotted, _nest, _grow)),
)
