"""The main job, as the README tells it: every command in a process of its own, from nothing to variables and back."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pexpect
import pytest

from tests.commands.azimuth import COMMAND, ROOT, STARTER, TRACES, azimuth, environment, lines
from tests.rehearsal import state_of

APPLY = ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes")


def practice_folder() -> Path:
    return Path(os.environ["AZIMUTH_HOME"]) / "state" / "practice"


def password() -> str:
    told = json.loads(azimuth("env", "demo", "--format", "json").stdout)
    return str(told["HIML_SERVICE_PRINCIPAL_PASSWORD"])


def in_clear(secret: str) -> list[str]:
    """The files under this test's home that hold the secret as it is, or its first and last ten characters."""
    parts = [part.encode() for part in (secret, secret[:10], secret[-10:])]
    files = [path for path in Path(os.environ["AZIMUTH_HOME"]).rglob("*") if path.is_file()]
    assert files
    return [str(path) for path in files if any(part in path.read_bytes() for part in parts)]


@pytest.mark.slow
def test_the_main_job(tmp_path: Path) -> None:
    first = azimuth(*APPLY, cwd=ROOT)
    assert first.returncode == 0, first.stderr
    for expected in (
        "+ application himl-vision",
        "+ role assignment Contributor on rg-vision",
        "Proved: 5 of 5",
    ):
        assert expected in first.stdout
    assert "As  you@contoso.example  into  Research" in first.stdout
    assert 'eval "$(azimuth env demo)"' in first.stdout
    secret = password()
    assert secret not in first.stdout + first.stderr
    assert in_clear(secret) == []

    script = f'eval "$({" ".join(COMMAND)} env demo)" && printf %s "$HIML_SERVICE_PRINCIPAL_PASSWORD"'
    for shell in ("bash", "dash", "zsh"):
        done = subprocess.run(
            [shell, "-c", script], env=environment(), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout == secret or "not found" in done.stderr

    verified = azimuth("verify", "demo")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "5 of 5 proofs hold" in verified.stdout
    ran = azimuth(
        "run", "demo", "--", COMMAND[0], "-c", "import os; print(os.environ['HIML_SERVICE_PRINCIPAL_ID'])"
    )
    assert re.fullmatch(r"[0-9a-f-]{36}\n", ran.stdout)

    before = state_of(practice_folder(), without=TRACES)
    again = azimuth(*APPLY)
    assert again.returncode == 0
    assert "Nothing was changed" in again.stdout
    resumed = azimuth("resume", "demo")
    assert resumed.returncode == 0, resumed.stderr
    assert "Nothing was changed" in resumed.stdout
    assert state_of(practice_folder(), without=TRACES) == before
    assert password() == secret

    gone = azimuth("undo", "demo", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "- application himl-vision" in gone.stdout
    left = "".join(state_of(practice_folder(), without=TRACES).values())
    assert ran.stdout.strip() not in left
    assert "himl-taken" in left
    empty = azimuth("env", "demo")
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "undone" in empty.stderr
    assert in_clear(secret) == []
    assert "Nothing was removed" in azimuth("undo", "demo", "--yes").stdout


@pytest.mark.slow
def test_undo_leaves_practice_azure_as_it_was() -> None:
    azimuth("check", "himl", "--practice", "--answers", STARTER)
    before = state_of(practice_folder(), without=TRACES)
    assert azimuth(*APPLY).returncode == 0
    assert state_of(practice_folder(), without=TRACES) != before
    assert azimuth("undo", "demo", "--yes").returncode == 0
    assert state_of(practice_folder(), without=TRACES) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("starter", "code", "made"),
    [
        ("himl-data-scientist.toml", 0, 4),
        ("himl-federated.toml", 4, 4),
        ("himl-interactive.toml", 0, 0),
    ],
)
def test_every_starter_works_on_the_default_world(starter: str, code: int, made: int) -> None:
    """A federated setup leaves a task for a person, and says so by its exit code."""
    told = lines("apply", "himl", "--practice", "--answers", starter, "--profile", "demo", "--yes", code=code)
    outcome = told[-1]
    assert (outcome["event"], outcome["ok"], len(outcome["made"])) == ("outcome", True, made)
    assert bool(outcome["manual"]) is (code == 4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "lacking"),
    [
        ("no-app-registration", "administrators"),
        ("empty", "not there"),
    ],
)
def test_what_stands_in_the_way_is_told_before_anything_is_written(world: str, lacking: str) -> None:
    arguments = ("himl", "--practice", "--world", world, "--answers", STARTER)
    azimuth("check", *arguments)
    before = state_of(practice_folder(), without=TRACES)
    for command in (("plan", *arguments), ("apply", *arguments, "--profile", "demo", "--yes")):
        done = azimuth(*command)
        assert done.returncode == 1
        assert lacking in done.stdout
    assert state_of(practice_folder(), without=TRACES) == before


@pytest.mark.slow
def test_what_somebody_removed_is_told_and_made_again() -> None:
    assert azimuth(*APPLY).returncode == 0
    with closing(sqlite3.connect(practice_folder() / "practice.db")) as database, database:
        database.execute(
            "DELETE FROM document WHERE kind = 'secret' AND body LIKE '%\"himl\"%' AND key NOT LIKE '%7e127b35%'"
        )
    verified = azimuth("verify", "demo")
    assert verified.returncode == 1
    assert "azimuth resume demo" in verified.stdout
    resumed = azimuth("resume", "demo", "--yes")
    assert resumed.returncode == 0, resumed.stdout
    assert azimuth("verify", "demo").returncode == 0


@pytest.mark.slow
def test_a_secret_that_one_has_comes_by_the_environment_and_pasted_ids_are_put_right(tmp_path: Path) -> None:
    """The application's object id stands where its application id should: the guide's trap."""
    assert azimuth(*APPLY).returncode == 0
    secret = password()
    journal = (Path(os.environ["AZIMUTH_HOME"]) / "state" / "journals" / "demo.jsonl").read_text("utf-8")
    found = re.search(r'"object_id": ?"([0-9a-f-]{36})"', journal)
    assert found is not None
    path = tmp_path / "answers.toml"
    path.write_text(
        'subscription = "Research"\nworkspace = "vision"\nauth_way = "service_principal"\n'
        f'app_mode = "existing"\napp_id = "{found[1]}"\nsecret_from = "mine"\n',
        "utf-8",
    )
    command = ("apply", "himl", "--practice", "--answers", str(path), "--profile", "mine", "--yes")
    refused = azimuth(*command)
    assert (refused.returncode, "AZIMUTH_ANSWER_SECRET_VALUE" in refused.stderr) == (2, True)
    done = azimuth(*command, env={"AZIMUTH_ANSWER_SECRET_VALUE": secret})
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(azimuth("env", "mine", "--format", "json").stdout)
    assert told == json.loads(azimuth("env", "demo", "--format", "json").stdout)
    assert in_clear(secret) == []
    assert azimuth(*command).returncode == 0
    assert azimuth("undo", "mine", "--yes").returncode == 0
    assert azimuth("verify", "demo").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("command", [("resume", "demo"), ("himl", "--profile", "demo"), ("resume",)])
def test_on_a_terminal_the_full_screen_goes_on(command: tuple[str, ...]) -> None:
    """The profile names its cloud, so that nobody has to say --practice again."""
    assert azimuth(*APPLY).returncode == 0
    if command == ("resume",):
        assert azimuth("profiles", "copy", "demo", "other").returncode == 0
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], *command],
        env=environment({"TERM": "xterm-256color"}),
        encoding="utf-8",
        timeout=60,
        dimensions=(24, 80),
    )
    child.expect("PRACTICE")
    child.expect("Sign in to")
    child.kill(signal.SIGTERM)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 143
