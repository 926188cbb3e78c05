"""The command line is a contract: exit codes, who hears what, and that nobody ever sees a traceback."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.commands.azimuth import COMMAND, ROOT, STARTER, azimuth, environment

APPLY = ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo")


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--help",), 0, ""),
        (("--version",), 0, ""),
        (("guides",), 0, ""),
        (("hmil",), 2, "Did you mean himl"),
        (("aply",), 2, "Did you mean apply"),
        (("apply", "himl"), 2, "--answers"),
        (("apply", "hmil", "--answers", STARTER, "--profile", "x"), 2, "There are: himl"),
        (("apply", "himl", "--answers", "nowhere.toml", "--profile", "x"), 2, "nowhere.toml"),
        (
            ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "../x", "--yes"),
            2,
            "profile's name",
        ),
        (("--practice", "--cloud", "AzureCloud", "guides"), 2, "contradict"),
        (("check", "himl", "--cloud", "https://evil.example", "--answers", STARTER), 2, "no cloud"),
        (("check", "himl", "--practice", "--world", "nowhere", "--answers", STARTER), 2, "no world"),
        (("env", "nobody"), 2, "no profile"),
        (("env", "nobody", "--format", "xml"), 2, "xml"),
        (("verify", "nobody"), 2, "no profile"),
        (("resume",), 2, "half-finished"),
        (("run", "nobody", "--", "true"), 2, "no profile"),
        (("himl",), 2, "--plain himl"),
        ((), 2, "apply GUIDE"),
        (("--plain", "himl"), 2, "--answers FILE"),
        (("--practice", "himl"), 2, "--plain himl"),
        (APPLY, 2, "--yes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_exit_codes_and_what_is_said(arguments: tuple[str, ...], code: int, expected: str) -> None:
    done = azimuth(*arguments)
    assert done.returncode == code, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert "{" not in done.stdout


@pytest.mark.parametrize("terminal", ["dumb", ""])
def test_a_terminal_that_only_prints_gets_no_full_screen(terminal: str) -> None:
    import pexpect

    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], "himl"], env=environment({"TERM": terminal}), encoding="utf-8", timeout=30
    )
    child.expect("--plain himl")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 2


def test_without_a_sign_in_every_way_is_told_with_its_reason() -> None:
    done = azimuth("check", "himl", "--answers", STARTER)
    assert done.returncode == 3
    for way in ("cli", "device", "environment", "managed_identity"):
        assert way in done.stderr
    assert "no az login found" in done.stderr
    assert "AZURE_CLIENT_ID is not set" in done.stderr


def test_all_faults_of_an_answers_file_come_with_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(
        'subscripton = "Research"\nsecret_months = "six"\nauth_way = "service_principal"\n', "utf-8"
    )
    done = azimuth("apply", "himl", "--practice", "--answers", str(path), "--profile", "demo", "--yes")
    assert done.returncode == 2
    assert "subscripton" in done.stderr
    assert "'subscription'" in done.stderr
    assert "secret_months" in done.stderr
    assert "workspace" in done.stderr
    told = azimuth("check", "himl", "--practice", "--answers", str(path), "--json")
    fault = json.loads(told.stdout)["error"]
    assert (fault["kind"], fault["exit"]) == ("answers", 2)
    assert {one["key"] for one in fault["faults"]} == {
        "subscripton",
        "secret_months",
        "subscription",
        "workspace",
    }


@pytest.mark.parametrize("before", [True, False])
def test_common_options_stand_before_and_after_the_command(*, before: bool) -> None:
    options = ("--practice", "--json", "--no-color", "--world", "default", "--time-scale", "0")
    command = ("check", "himl", "--answers", STARTER)
    done = azimuth(*((*options, *command) if before else (*command, *options)))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["context"]["cloud"] == "practice Azure"


def test_the_cloud_comes_from_the_environment_too() -> None:
    done = azimuth("check", "himl", "--answers", STARTER, env={"AZIMUTH_CLOUD": "practice"})
    assert done.returncode == 0, done.stderr
    assert "PRACTICE" in done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    text = f"{COMMAND[0]} -m screens.entry guides himl --json | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", text], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_a_fault_of_ours_is_told_without_values() -> None:
    """A folder where the profiles' folder should be a file is not expected by anybody."""
    code = (
        "import sys; sys.argv=['azimuth','guides']\n"
        "import screens.commands.guides as g\n"
        "def broken(): secret='S3cr3t~value'; raise KeyError(secret)\n"
        "g.all_guides = broken\n"
        "from screens.entry import main; main()"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert "Azimuth itself failed: KeyError" in done.stderr
    assert "S3cr3t" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_nothing_is_coloured_where_nobody_sees_it() -> None:
    assert "\x1b" not in azimuth("guides", "himl").stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_are_no_fault(closed: str) -> None:
    text = f"{COMMAND[0]} -m screens.entry guides {closed}; echo $? >$RESULT"
    result = Path(os.environ["HOME"]) / "result"
    env = environment({"RESULT": str(result)})
    done = subprocess.run(
        ["bash", "-c", text], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.read_text("utf-8") == "0\n"
    assert done.stderr == ""


def test_text_of_others_steers_no_terminal() -> None:
    """A profile file that somebody sent holds a sequence that would set the terminal's title."""
    azimuth("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes")
    path = Path(os.environ["AZIMUTH_HOME"]) / "config" / "profiles" / "demo.toml"
    path.write_text(
        path.read_text("utf-8").replace('"himl-vision"', r'"himl\u001B]0;owned\u0007\u202E-vision"'), "utf-8"
    )
    for more in ((), ("--json",)):
        done = azimuth("profiles", "show", "demo", *more)
        assert "owned" in done.stdout
        assert not any(sign in done.stdout + done.stderr for sign in "\x1b\x07\u202e")
