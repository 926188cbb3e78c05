"""What a reader is, and what comes of all values through it: each cell is exact, refused by name, or wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from profiles.errors import VariableError
from profiles.secrets import Secret
from profiles.variables import write


class ReaderError(Exception):
    """A reader that ended badly, or did what the lines should not have made it do."""


@dataclass(frozen=True, slots=True)
class Task:
    """A text to read in a folder of its own, and the names that should come of it."""

    text: bytes
    folder: Path
    names: tuple[str, ...]

    @property
    def file(self) -> Path:
        """The text as a file."""
        path = self.folder / "variables"
        path.write_bytes(self.text)
        return path


@dataclass(frozen=True, slots=True)
class Reader:
    """One program or rule that reads a format. `missing` says why it can't be had here, or "".

    `read` gives the value of each name. With `secret` the values are written as secrets. `port` names the source
    of a rule that was ported, since the program itself is not to be had.
    """

    name: str
    form: str
    read: Callable[[Task], Mapping[str, bytes]]
    missing: Callable[[], str] = lambda: ""
    secret: bool = False
    port: str = ""

    @property
    def label(self) -> str:
        """The reader and its format."""
        return f"{self.form}: {self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of all values through one reader."""

    exact: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


def carried(
    values: Mapping[str, str], form: str, *, secret: bool
) -> tuple[dict[str, str | Secret], dict[str, str]]:
    """The values that a format takes, as variables of the same names, and why it refuses the others."""
    variables: dict[str, str | Secret] = {
        name: Secret(value) if secret else value for name, value in values.items()
    }
    try:
        write(variables, form)
    except VariableError as error:
        return {name: one for name, one in variables.items() if name not in error.faults}, error.faults
    return variables, {}


def tried(reader: Reader, values: Mapping[str, str], folder: Path) -> Outcome:
    """Write all values that the format takes in one text, have it read, and compare.

    Raises ReaderError when code ran, or the reader did not end well.
    """
    named = {f"V{number}": name for number, name in enumerate(values)}
    given = {key: values[name] for key, name in named.items()}
    variables, faults = carried(given, reader.form, secret=reader.secret)
    text = write(variables, reader.form, title="demo").encode()
    found = reader.read(Task(text, folder, tuple(variables)))
    ran = [str(path) for path in folder.rglob("PWNED*")]
    if ran:
        raise ReaderError(f"{reader.label} ran code of a value: {ran}")
    wrong = [key for key in variables if found.get(key) != given[key].encode()]
    right = [key for key in variables if key not in set(wrong)]
    return Outcome(
        tuple(named[key] for key in right),
        {named[key]: why for key, why in faults.items()},
        tuple(named[key] for key in wrong),
    )
