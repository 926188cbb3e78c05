"""The shells of Unix, each loading the variables in the ways that people do, and a child telling what it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tests.readers.matrix import Reader, Task
from tests.readers.programs import needs, pairs, ran

_FILE = ". ./variables"
_EVAL = 'eval "$(cat variables)"'
_POSIX: Sequence[tuple[str, Sequence[str], str]] = (
    ("bash", ("bash", "--norc", "-c"), "bash"),
    ("bash --posix", ("bash", "--norc", "--posix", "-c"), "sh"),
    ("sh", ("sh", "-c"), "sh"),
    ("dash", ("dash", "-c"), "sh"),
    ("ksh", ("ksh", "-c"), "sh"),
    ("mksh", ("mksh", "-c"), "sh"),
    ("yash", ("yash", "-c"), "sh"),
    ("busybox", ("busybox", "sh", "-c"), "sh"),
    ("zsh", ("zsh", "-f", "-c"), "zsh"),
    ("zsh rcquotes", ("zsh", "-f", "-o", "rcquotes", "-c"), "zsh"),
    ("zsh as sh", ("zsh", "--emulate", "sh", "-f", "-c"), "sh"),
)
# A shell that takes its commands as from the keyboard, with its history's ! on.
_TYPED: Sequence[tuple[str, Sequence[str], str]] = (
    ("bash, typed", ("bash", "--norc", "--noprofile", "--noediting", "-i"), "bash"),
    ("zsh, typed", ("zsh", "-f", "-i", "-o", "banghist", "-s"), "zsh"),
)


def _loaded(command: Sequence[str], load: str) -> Callable[[Task], dict[str, bytes]]:
    def read(task: Task) -> dict[str, bytes]:
        assert task.file.exists()
        return pairs(ran(task, [*command, f"{load}; env -0"]))

    return read


def _typed(command: Sequence[str]) -> Callable[[Task], dict[str, bytes]]:
    def read(task: Task) -> dict[str, bytes]:
        ran(task, command, b"echo before\n" + task.text + b"\nenv -0 > told\nexit 0\n")
        return pairs((task.folder / "told").read_bytes())

    return read


def _fish(load: str) -> Callable[[Task], dict[str, bytes]]:
    return _loaded(("fish", "--no-config", "-c"), load)


def readers() -> Iterator[Reader]:
    """All of them."""
    for name, command, form in _POSIX:
        for way, load in (("file", _FILE), ("eval", _EVAL)):
            yield Reader(f"{name}, {way}", form, _loaded(command, load), needs(command[0]))
    for name, command, form in _TYPED:
        yield Reader(name, form, _typed(command), needs(command[0]))
    yield Reader("fish, file", "fish", _fish("source variables"), needs("fish"))
    yield Reader("fish, pipe", "fish", _fish("cat variables | source"), needs("fish"))
    yield Reader("bash, file", "dotenv", _loaded(("bash", "--norc", "-c"), f"set -a; {_FILE}"), needs("bash"))
