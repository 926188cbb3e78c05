"""What GitHub's runner makes of $GITHUB_ENV, and what gh and az are given by the lines that call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.readers.matrix import Reader, ReaderError, Task
from tests.readers.programs import needs, ran

# Stands where gh or az would and keeps what it is given: arguments, standard input and environment.
_WITNESS = """#!/bin/sh
here="$(mktemp -d "$WITNESS/XXXXXXXX")"
for word in "$@"; do printf '%s\\0' "$word"; done > "$here/argv"
env -0 > "$here/env"
if [ "${0##*/}" = gh ]; then cat > "$here/stdin"; else echo 7; fi
"""
_PREFIX = "AZURE_DEVOPS_EXT_PIPELINE_VAR_"


def _github(*, windows: bool) -> Callable[[Task], dict[str, bytes]]:
    """actions/runner, FileCommandManager.cs: SetEnvFileCommand."""

    def line_of(text: str, at: int) -> tuple[str, str, int]:
        end = text.find("\n", at)
        if end < 0:
            return text[at:], "", len(text)
        if windows and (pair := text.find("\r\n", at)) >= 0 and pair < end:
            return text[at:pair], "\r\n", pair + 2
        return text[at:end], "\n", end + 1

    def read(task: Task) -> dict[str, bytes]:
        text, at, found = task.text.decode(), 0, dict[str, bytes]()
        while at < len(text):
            line, _, at = line_of(text, at)
            if not line:
                continue
            equals, heredoc = line.find("="), line.find("<<")
            if equals >= 0 and (heredoc < 0 or equals < heredoc):
                name, _, value = line.partition("=")
            else:
                name, _, delimiter = line.partition("<<")
                if not name or not delimiter:
                    raise ReaderError("the runner would refuse a line")
                start = end = at
                inner, newline, at = line_of(text, at)
                while inner != delimiter:
                    if not newline:
                        raise ReaderError("the runner would find no delimiter")
                    end = at - len(newline)
                    inner, newline, at = line_of(text, at)
                value = text[start:end] if end > start else ""
            found[name] = value.encode()
        return found

    return read


def _witnessed(task: Task, program: str) -> list[Path]:
    """Run the lines with bash and return where each call of the program is kept, after a look for other values in it."""
    programs, witness = task.folder / "bin", task.folder / "witness"
    for folder in (programs, witness):
        folder.mkdir()
    (programs / program).write_text(_WITNESS)
    (programs / program).chmod(0o700)
    (task.folder / "secret-of-the-reader").write_text("a file that no value may name")
    more = {"PATH": f"{programs}:/usr/bin:/bin", "WITNESS": str(witness)}
    ran(task, ["bash", "--norc", str(task.file)], more=more)
    return sorted(witness.iterdir())


def _words(call: Path) -> list[bytes]:
    return (call / "argv").read_bytes().split(b"\0")[:-1]


def _gh(kind: str) -> Callable[[Task], dict[str, bytes]]:
    """gh reads the value from its standard input and cuts line breaks off its end (cli/cli, set.go: getBody)."""

    def read(task: Task) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for call in _witnessed(task, "gh"):
            words = _words(call)
            if words[:2] != [kind.encode(), b"set"] or len(words) != 3:
                raise ReaderError(f"gh would be given {words}")
            found[words[2].decode()] = (call / "stdin").read_bytes().rstrip(b"\r\n")
        return found

    return read


def _az_plain(task: Task) -> dict[str, bytes]:
    """az replaces arguments that name files (azure-cli-core's own code), then splits NAME=VALUE at the first =."""
    from azure.cli.core.commands import _expand_file_prefixed_files

    (call,) = _witnessed(task, "az")
    words: list[str] = _expand_file_prefixed_files([word.decode() for word in _words(call)])
    begin = words.index("--variables") + 1
    return {name: value.encode() for name, _, value in (word.partition("=") for word in words[begin:])}


def _az_secret(task: Task) -> dict[str, bytes]:
    """A secret comes by the environment variable that az has for it, and is in no argument."""
    group, *calls = _witnessed_in_order(task)
    if b"--variables" not in _words(group):
        raise ReaderError("the group is not made first")
    found: dict[str, bytes] = {}
    for call in calls:
        words = _words(call)
        name = words[words.index(b"--name") + 1].decode()
        if words[words.index(b"--secret") + 1] != b"true" or words[words.index(b"--group-id") + 1] != b"7":
            raise ReaderError(f"az would be given {words}")
        given = dict(item.split(b"=", 1) for item in (call / "env").read_bytes().split(b"\0") if b"=" in item)
        ours = [one for one in given if one.startswith(_PREFIX.encode())]
        if ours != [f"{_PREFIX}{name}".encode()]:
            raise ReaderError(f"az would find {ours} in its environment")
        found[name] = given[ours[0]]
    return found


def _witnessed_in_order(task: Task) -> list[Path]:
    return sorted(_witnessed(task, "az"), key=lambda call: b"--variables" not in _words(call))


def readers() -> Iterator[Reader]:
    """All of them."""
    source = "actions/runner src/Runner.Worker/FileCommandManager.cs"
    yield Reader("the runner on Linux", "github", _github(windows=False), port=source)
    yield Reader("the runner on Windows", "github", _github(windows=True), port=source)
    bash = needs("bash")
    yield Reader("gh variable set, by bash", "github-secrets", _gh("variable"), bash)
    yield Reader("gh secret set, by bash", "github-secrets", _gh("secret"), bash, secret=True)
    yield Reader("az variable-group create, by bash", "azure-devops", _az_plain, bash)
    yield Reader("az … variable create, by bash", "azure-devops", _az_secret, bash, secret=True)
