"""PowerShell and cmd by their rules, ported: neither is to be had on Linux without downloads of its own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator

from tests.readers.matrix import Reader, ReaderError, Task
from tests.readers.programs import INSTALLED_APART, needs_apart, ran

_APOSTROPHES = "'\u2018\u2019\u201a\u201b"  # CharExtensions.IsSingleQuote
_CHAR = re.compile(r"\[char\]0x([0-9A-F]{4})")
_NAME = re.compile(r"\$env:([A-Za-z_][A-Za-z0-9_]*) = ")
_CMD_NAME = re.compile(r"%([^%:=]+)%")
_CMD_LONGEST = 8191
_GRAMMAR = "tree-sitter-powershell"
# A grammar of PowerShell that is not ours: the text has to be assignments of literals, with nothing in it that runs.
_PARSED = """
import json, sys
sys.path.insert(0, sys.argv[1])
import tree_sitter, tree_sitter_powershell
text = open("variables", "rb").read()
tree = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language())).parse(text)
if tree.root_node.has_error: sys.exit("this is no PowerShell")
found, name, cursor, down = {}, "", tree.walk(), True
silent = {"-join", "(", ")", ",", "[", "]", "=", "type_identifier"}
while True:
    node = cursor.node
    if down and not node.children:
        word = node.text.decode()
        if node.type == "variable": name = word.removeprefix("$env:"); found[name] = ""
        elif node.type == "verbatim_string_characters": found[name] += word[1:-1].replace("''", "'")
        elif node.type == "hexadecimal_integer_literal": found[name] += chr(int(word, 16))
        elif node.type not in silent or node.type == "type_identifier" and word != "char": sys.exit(f"this would run: {node.type}")
    if down and cursor.goto_first_child(): continue
    if cursor.goto_next_sibling(): down = True; continue
    if not cursor.goto_parent(): break
    down = False
print(json.dumps(found))
"""


class _Script:
    """PowerShell's tokenizer, as far as our lines need it; whatever else it would meet is code, and is refused."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def assignments(self) -> Iterator[tuple[str, str]]:
        while self._at < len(self._text):
            found = _NAME.match(self._text, self._at)
            if not found:
                raise ReaderError(f"PowerShell would run {self._text[self._at : self._at + 60]!r}")
            self._at = found.end()
            yield found[1], self._expression()
            self._expect("\n")

    def _expression(self) -> str:
        if not self._text.startswith("-join(", self._at):
            return self._literal()
        self._expect("-join(")
        parts = [self._operand()]
        while self._text.startswith(",", self._at):
            self._expect(",")
            parts.append(self._operand())
        self._expect(")")
        # .NET's strings are UTF-16 units, so that two halves make one sign.
        return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le")

    def _operand(self) -> str:
        if found := _CHAR.match(self._text, self._at):
            self._at = found.end()
            return chr(int(found[1], 16))
        return self._literal()

    def _literal(self) -> str:
        """tokenizer.cs, ScanStringLiteral: any two apostrophes in a row are the second of them."""
        if self._peek() not in _APOSTROPHES:
            raise ReaderError(f"PowerShell would run {self._text[self._at : self._at + 60]!r}")
        self._at += 1
        signs: list[str] = []
        while self._peek():
            sign = self._peek()
            self._at += 1
            if sign in _APOSTROPHES:
                if not self._peek() or self._peek() not in _APOSTROPHES:
                    return "".join(signs)
                sign = self._peek()
                self._at += 1
            signs.append(sign)
        raise ReaderError("PowerShell would wait for the end of a string")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _expect(self, what: str) -> None:
        if not self._text.startswith(what, self._at):
            raise ReaderError(f"PowerShell would run {self._text[self._at : self._at + 60]!r}")
        self._at += len(what)


def _powershell(encoding: str, *, lines_joined: bool = False) -> Callable[[Task], dict[str, bytes]]:
    """The script as PowerShell gets it: a file in its own idea of an encoding, or lines put together again."""

    def read(task: Task) -> dict[str, bytes]:
        text = task.text.decode(encoding)
        if lines_joined:
            text = "".join(f"{line}\n" for line in text.splitlines())
        return {name: value.encode() for name, value in _Script(text).assignments() if value}

    return read


def _grammar(task: Task) -> dict[str, bytes]:
    assert task.file.exists()
    where = str(INSTALLED_APART / _GRAMMAR)
    told: dict[str, str] = json.loads(ran(task, [sys.executable, "-I", "-c", _PARSED, where]))
    units = {name: value.encode("utf-16-le", "surrogatepass") for name, value in told.items()}
    return {name: value.decode("utf-16-le").encode() for name, value in units.items()}


def _cmd(*, delayed: bool) -> Callable[[Task], dict[str, bytes]]:
    """A batch file: % is expanded in the whole line, then quotes keep everything up to the last one, then ! if it is on."""

    def read(task: Task) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for raw in task.text.decode("ascii").split("\n")[:-1]:
            if len(raw) > _CMD_LONGEST:
                raise ReaderError("cmd would cut a line")
            line = _percent(raw.removesuffix("\r"))
            if delayed and "!" in line:
                raise ReaderError("cmd would expand a !")
            begin = '@set "'
            inner = line.removeprefix(begin)
            if not line.startswith(begin) or inner.count('"') != 1 or not inner.endswith('"'):
                raise ReaderError(f"cmd would run {line[:60]!r}")
            name, _, value = inner[:-1].partition("=")
            if value:
                found[name] = value.encode()
        return found

    return read


def _percent(line: str) -> str:
    """%% is %; %0 to %9 and %* are arguments; %NAME% is a variable, empty where there is none; a lone % goes."""
    out, at = [], 0
    while at < len(line):
        if line[at] != "%":
            out.append(line[at])
            at += 1
        elif line.startswith("%%", at):
            out.append("%")
            at += 2
        elif line[at + 1 : at + 2].isdigit() or line.startswith("%*", at):
            at += 2
        else:
            name = _CMD_NAME.match(line, at)
            at = name.end() if name else at + 1
    return "".join(out)


def readers() -> Iterator[Reader]:
    """All of them."""
    source = "PowerShell/PowerShell src/System.Management.Automation/engine/parser/tokenizer.cs"
    for name, encoding in (
        ("7, a file", "utf-8"),
        ("5.1, a file", "cp1252"),
        ("5.1, code page 850", "cp850"),
    ):
        yield Reader(f"PowerShell {name}", "powershell", _powershell(encoding), port=source)
    joined = _powershell("ascii", lines_joined=True)
    yield Reader("PowerShell, -join of lines", "powershell", joined, port=source)
    yield Reader("PowerShell's grammar", "powershell", _grammar, needs_apart(_GRAMMAR))
    rules = "cmd's documented rules for batch files"
    yield Reader("cmd, a file", "cmd", _cmd(delayed=False), port=rules)
    yield Reader("cmd /V:ON, a file", "cmd", _cmd(delayed=True), port=rules)
