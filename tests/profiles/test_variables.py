"""Variables read back byte for byte in real shells, or are refused by name; nothing of a value ever runs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from profiles.errors import VariableError
from profiles.secrets import Secret
from profiles.variables import FORMATS, github_masks, masked, write

if TYPE_CHECKING:
    from pathlib import Path

# Each prints the variables with a NUL after each, as its children see them.
SHELLS = {
    "bash": ("bash", ["bash", "--norc", "-c"], "bash"),
    "bash-posix": ("bash", ["bash", "--norc", "--posix", "-c"], "sh"),
    "bash-histexpand": ("bash", ["bash", "--norc", "-H", "-c"], "bash"),
    "sh": ("sh", ["sh", "-c"], "sh"),
    "dash": ("dash", ["dash", "-c"], "sh"),
    "ksh": ("ksh", ["ksh", "-c"], "sh"),
    "mksh": ("mksh", ["mksh", "-c"], "sh"),
    "busybox": ("busybox", ["busybox", "sh", "-c"], "sh"),
    "zsh": ("zsh", ["zsh", "-f", "-c"], "zsh"),
    "zsh-rcquotes": ("zsh", ["zsh", "-f", "-o", "rcquotes", "-c"], "zsh"),
    "fish": ("fish", ["fish", "--no-config", "-c"], "fish"),
}


def carried(values: dict[str, str], form: str) -> tuple[dict[str, str], dict[str, str]]:
    """The values a format takes, under names of variables, and the refusals by name."""
    variables = {f"V{number}": value for number, value in enumerate(values.values())}
    try:
        write(variables, form)
    except VariableError as error:
        return {name: value for name, value in variables.items() if name not in error.faults}, error.faults
    return variables, {}


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("way", ["file", "eval"])
def test_nasty_values_read_back_byte_for_byte_in_a_real_shell(
    shell: str, way: str, nasty: dict[str, str], tmp_path: Path
) -> None:
    program, command, form = SHELLS[shell]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    variables, faults = carried(nasty, form)
    assert len(faults) == 2, "only NUL and half a character can't be in a variable"
    script = tmp_path / "variables"
    script.write_bytes(write(variables, form).encode())
    load = {
        "file": f". '{script}'" if shell != "fish" else f"source '{script}'",
        "eval": f"eval \"$(cat '{script}')\"" if shell != "fish" else f"cat '{script}' | source",
    }[way]
    shown = subprocess.run(
        [*command, f"{load}; env -0"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    pairs = dict(pair.split(b"=", 1) for pair in shown.stdout.split(b"\0") if b"=" in pair)
    assert {name: pairs.get(name.encode()) for name in variables} == {
        n: v.encode() for n, v in variables.items()
    }
    assert not list(tmp_path.rglob("PWNED"))


def test_json_reads_back_in_python(nasty: dict[str, str]) -> None:
    variables, faults = carried(nasty, "json")
    assert len(faults) == 1
    assert json.loads(write(variables, "json")) == variables


def test_docker_lines_read_back_by_its_rule(nasty: dict[str, str]) -> None:
    variables, faults = carried(nasty, "docker")
    assert faults
    lines = [line for line in write(variables, "docker").split("\n") if line]
    assert dict(line.split("=", 1) for line in lines) == variables
    assert not [v for v in variables.values() if len(v) > 1 and v[0] == v[-1] and v[0] in "\"'"]


def test_dotenv_carries_ids_and_secrets_and_refuses_what_readers_differ_in(nasty: dict[str, str]) -> None:
    variables, faults = carried(nasty, "dotenv")
    kept = set(variables.values())
    assert {"0f8fad5b-d9cb-469f-a165-70867728950e", "abC8Q~dEfGhIjKlMnOpQrStUvWxYz.0123456_-9"} <= kept
    assert all(re.fullmatch(r"[A-Za-z0-9_./:@%+,=~-]*", value) for value in kept)
    assert len(faults) > 60


def test_powershell_doubles_all_five_of_its_apostrophes() -> None:
    text = write({"V": "\u2018x\u2019;code '\u201a\u201b"}, "powershell")
    assert text == "$env:V = '\u2018\u2018x\u2019\u2019;code ''\u201a\u201a\u201b\u201b'\n"
    with pytest.raises(VariableError, match="empty"):
        write({"V": ""}, "powershell")


@pytest.mark.parametrize("value", ["", 'a"b', "wow!", "a\nb", "é", "x" * 8001, "\x07"])
def test_cmd_refuses_what_it_would_bend(value: str) -> None:
    with pytest.raises(VariableError) as caught:
        write({"V": value}, "cmd")
    assert set(caught.value.faults) == {"V"}


def test_cmd_doubles_the_per_cent_sign_and_shows_no_line() -> None:
    assert write({"V": "100%PATH%^&|"}, "cmd") == '@set "V=100%%PATH%%^&|"\n'


def read_github(text: str) -> dict[str, str]:
    """$GITHUB_ENV as GitHub's runner reads it: NAME<<DELIMITER, lines, DELIMITER."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, delimiter = line.split("<<", 1)
        value: list[str] = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        found[name] = "\n".join(value)
    return found


def test_github_values_read_back_and_cannot_end_their_own_delimiter(nasty: dict[str, str]) -> None:
    variables, faults = carried(nasty, "github")
    assert len(faults) == 4  # two with a carriage return, NUL, half a character
    first, second = write(variables, "github"), write(variables, "github")
    assert read_github(first) == variables
    assert first != second, "the delimiters are not random"


def test_github_masks_every_line_of_a_secret_and_only_of_secrets() -> None:
    masks = github_masks({"A": Secret("one%\ntwo"), "B": "plain", "C": "named"}, ["C"])
    assert masks.splitlines() == ["::add-mask::one%25", "::add-mask::two", "::add-mask::named"]


@pytest.mark.parametrize("form", FORMATS)
def test_masked_text_holds_no_secret_in_any_format(form: str) -> None:
    variables: dict[str, str | Secret] = {"A": Secret("sentinel-one"), "B": "sentinel-two", "C": "shown"}
    text = write(variables, form, ["B"], mask=True)
    assert "sentinel" not in text
    assert text.count("•••") == 2
    assert "shown" in text
    assert masked(variables, ["B"]) == {"A": "•••", "B": "•••", "C": "shown"}
    assert "sentinel-one" in write(variables, form)


@pytest.mark.parametrize("form", FORMATS)
def test_all_names_that_may_not_be_set_are_refused_at_once(form: str) -> None:
    bad = [
        "A B",
        "1A",
        "",
        "A\n",
        "é",
        "A;x",
        "PATH",
        "path",
        "LD_PRELOAD",
        "PYTHONPATH",
        "https_proxy",
        "GITHUB_ENV",
    ]
    with pytest.raises(VariableError) as caught:
        write({**dict.fromkeys(bad, "sentinel"), "HIML_TENANT_ID": "fine"}, form)
    assert list(caught.value.faults) == bad
    assert "sentinel" not in str(caught.value)


def test_a_refusal_never_tells_the_value() -> None:
    with pytest.raises(VariableError) as caught:
        write({"HIML_SECRET": Secret("sentinel value")}, "dotenv")
    assert "HIML_SECRET" in str(caught.value)
    assert "sentinel" not in str(caught.value)


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="bash, zsh, sh"):
        write({}, "tcsh")
