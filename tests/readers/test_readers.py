"""Each reader gives back every value byte for byte, or it was refused by name; nothing of a value ever runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from profiles.variables import FORMATS
from tests.readers.matrix import Reader, ReaderError, Task, carried, tried
from tests.readers.shells import readers as shells
from tests.readers.table import all_readers, row, told
from tests.readers.values import OWN_VALUES, all_values

READERS = {reader.label: reader for reader in all_readers()}
# Half a character, a NUL, and one that is longer than any variable may be.
NEVER = {"own-half", "own-nul", "own-too-long"}


@pytest.mark.parametrize("label", READERS)
def test_every_value_is_read_back_exactly_or_was_refused_by_name(label: str, tmp_path: Path) -> None:
    reader = READERS[label]
    if missing := reader.missing():
        pytest.skip(missing)
    outcome = tried(reader, all_values(), tmp_path)
    assert outcome.wrong == ()
    assert all(outcome.refused.values())
    assert len(outcome.exact) + len(outcome.refused) == len(all_values())


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_a_reader(form: str) -> None:
    assert any(reader.form == form for reader in READERS.values())


@pytest.mark.parametrize("form", ["bash", "zsh", "sh", "fish"])
def test_a_shell_is_refused_only_what_no_variable_can_hold(form: str) -> None:
    names = {f"V{number}": name for number, name in enumerate(all_values())}
    _, faults = carried(dict(zip(names, all_values().values(), strict=True)), form, secret=False)
    assert {names[key] for key in faults} == NEVER


@pytest.mark.parametrize("form", FORMATS)
def test_ids_and_secrets_of_azure_fit_every_format(form: str) -> None:
    usual = {"HIML_TENANT_ID": OWN_VALUES["own-plain"], "HIML_PASSWORD": OWN_VALUES["own-entra"]}
    assert carried(usual, form, secret=False)[1] == {}
    assert carried(usual, form, secret=True)[1] == {}


def test_there_are_at_least_forty_values_of_our_own() -> None:
    assert len(OWN_VALUES) >= 40


def _bash(label: str) -> Reader:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed here")
    return next(reader for reader in shells() if reader.name == label)


def test_a_reader_sees_what_a_careless_writer_does(tmp_path: Path) -> None:
    """The judge can say no: code in double quotes runs, and a history's ! is expanded where lines are typed."""
    careless = Task(b'export V0="$(touch PWNED)"\n', tmp_path, ("V0",))
    assert _bash("bash, file").read(careless)["V0"] == b""
    assert (tmp_path / "PWNED").exists()
    typed = Task(b'export V0="a!!b"\n', tmp_path, ("V0",))
    assert _bash("bash, typed").read(typed)["V0"] != b"a!!b"


@pytest.mark.parametrize(
    ("name", "careless"),
    [
        ("PowerShell 7, a file", "'\u2018x\u2019;Get-Date'"),  # the grammar knows one of the five apostrophes
        ("PowerShell 7, a file", "'x';Get-Date"),
        ("PowerShell 7, a file", "$(Get-Date)"),
        ("PowerShell's grammar", "'x';Get-Date"),
        ("PowerShell's grammar", "$(Get-Date)"),
    ],
)
def test_powershell_is_seen_to_run_what_a_careless_writer_lets_out_of_its_quotes(
    name: str, careless: str, tmp_path: Path
) -> None:
    reader = READERS[f"powershell: {name}"]
    if missing := reader.missing():
        pytest.skip(missing)
    assert reader.read(Task(b"$env:V0 = 'a''b'\n", tmp_path, ("V0",))) == {"V0": b"a'b"}
    with pytest.raises(ReaderError):
        reader.read(Task(f"$env:V0 = {careless}\n".encode(), tmp_path, ("V0",)))


def test_code_that_ran_fails_the_reader(tmp_path: Path) -> None:
    def run(task: Task) -> dict[str, bytes]:
        (task.folder / "PWNED").touch()
        return {}

    with pytest.raises(ReaderError, match="ran code"):
        tried(Reader("careless", "bash", run), {"one": "1"}, tmp_path)


def test_the_table_counts_every_cell() -> None:
    values = {"one": "1", "none": "a\0b"}
    rows = [
        row(Reader("right", "json", lambda _: {"V0": b"1", "V1": b"a\0b"}), values),
        row(Reader("wrong", "bash", lambda _: {"V0": b"2"}), values),
        row(Reader("absent", "bash", lambda _: {}, lambda: "it is not installed here"), values),
    ]
    table = told(rows, len(values))
    assert "2 values x 2 readers = 4 cells: 2 exact, 1 refused by name, 1 wrong" in table
    assert "not tried: bash: absent: it is not installed here" in table
