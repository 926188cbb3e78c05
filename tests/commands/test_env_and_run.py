"""`azimuth env` and `azimuth run` hand over exactly the variables of a profile, to real shells, and load little."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest

from tests.commands.azimuth import COMMAND, applied, azimuth, environment

NAMES = (
    "HIML_TENANT_ID",
    "HIML_SERVICE_PRINCIPAL_ID",
    "HIML_SERVICE_PRINCIPAL_PASSWORD",
    "HIML_SUBSCRIPTION_ID",
    "HIML_RESOURCE_GROUP",
    "HIML_WORKSPACE_NAME",
)
HEAVY = ("click", "textual", "azure", "msal", "aiohttp", "keyring", "questionary", "pydantic", "asyncio")


PASSWORD = "HIML_SERVICE_PRINCIPAL_PASSWORD"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A home with a profile `demo` that is applied, made once, and its variables."""
    home = tmp_path_factory.mktemp("kept") / "azimuth"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZIMUTH_HOME", str(home))
        patch.setenv("HOME", str(home.parent))
        applied()
        told: dict[str, str] = json.loads(azimuth("env", "demo", "--format", "json").stdout)
    assert sorted(told) == sorted(NAMES)
    return home, told


@pytest.fixture
def variables(kept: tuple[Path, dict[str, str]]) -> dict[str, str]:
    """A profile `demo` that is applied, in this test's own home, and its variables."""
    home, told = kept
    shutil.copytree(home, os.environ["AZIMUTH_HOME"])
    return dict(told)


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "sh"])
def test_a_shell_that_evals_it_knows_every_variable(variables: dict[str, str], shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    form = "zsh" if shell == "zsh" else "bash"
    shows = "; ".join(f'printf "%s\\0" "${name}"' for name in NAMES)
    script = f'eval "$({COMMAND[0]} -m screens.entry env demo --format {form})"; {shows}'
    done = subprocess.run(
        [shell, "-c", script], env=environment(), capture_output=True, timeout=60, check=True
    )
    assert done.stdout.decode().split("\0")[:-1] == [variables[name] for name in NAMES]


def test_the_short_way_and_clicks_way_say_the_same(variables: dict[str, str]) -> None:
    assert azimuth("env", "demo").stdout == azimuth("--no-color", "env", "demo").stdout
    assert variables["HIML_SERVICE_PRINCIPAL_PASSWORD"] in azimuth("env", "demo").stdout


def test_on_a_terminal_secrets_are_masked_unless_asked_for(variables: dict[str, str]) -> None:
    password = variables["HIML_SERVICE_PRINCIPAL_PASSWORD"]
    for more, shown in (((), False), (("--reveal",), True)):
        child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "env", "demo", *more], env=environment(), encoding="utf-8", timeout=30
        )
        child.setwinsize(40, 400)
        text = child.read()
        assert (password in text) is shown
        assert ("masked" in text) is not shown


def test_a_run_sets_the_variables_for_the_child_alone(variables: dict[str, str]) -> None:
    code = (
        "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('HIML_')}))"
    )
    done = azimuth("run", "demo", "--", COMMAND[0], "-c", code)
    assert json.loads(done.stdout) == variables
    assert "HIML_TENANT_ID" not in os.environ


@pytest.mark.usefixtures("variables")
def test_a_run_is_the_command_itself() -> None:
    """Exit code, signals, umask and environment are the command's own."""
    assert azimuth("run", "demo", "--", "sh", "-c", "exit 7").returncode == 7
    assert azimuth("run", "demo", "--", "sh", "-c", "kill -TERM $$").returncode == -signal.SIGTERM
    assert azimuth("run", "demo", "--", "nosuchcommand").returncode == 127
    assert azimuth("run", "demo", "--", "/").returncode == 126
    before = os.umask(0)
    os.umask(before)
    told = azimuth(
        "run", "demo", "--", "sh", "-c", "umask; echo $TEXTUAL_KEPT", env={"TEXTUAL_KEPT": "yes"}
    ).stdout
    assert told.split() == [f"{before:04o}", "yes"]
    assert azimuth("run", "demo", "--", "echo", "--json", "-v").stdout == "--json -v\n"


@pytest.mark.usefixtures("variables")
def test_env_loads_no_click_no_textual_and_no_azure() -> None:
    code = (
        "import sys; sys.argv=['azimuth','env','demo']\n"
        "from screens.entry import main\n"
        "try: main()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", code], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stderr.split())
    assert "profiles" in loaded
    assert sorted(loaded & set(HEAVY)) == []


def test_a_file_is_written_private_and_replaced_until_it_is_changed(
    variables: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "demo.env"
    done = azimuth("env", "demo", "--format", "dotenv", "--write", str(path))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert f"Wrote {path}" in done.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"{PASSWORD}={variables[PASSWORD]}\n" in path.read_text("utf-8")
    assert azimuth("env", "demo", "--write", str(path), "--format", "dotenv").returncode == 0
    path.write_text("MINE=1\n", "utf-8")
    refused = azimuth("env", "demo", "--format", "dotenv", "--write", str(path))
    assert refused.returncode == 1
    assert "--force" in refused.stderr
    assert path.read_text("utf-8") == "MINE=1\n"
    assert azimuth("env", "demo", "--write", str(path), "--force").returncode == 0


@pytest.mark.usefixtures("variables")
def test_a_file_that_git_would_commit_is_warned_of(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed here")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=30)
    path = tmp_path / ".env"
    warned = azimuth("env", "demo", "--format", "dotenv", "--write", str(path))
    assert (warned.returncode, "keeps it out: /.env" in warned.stderr) == (0, True)
    subprocess.run(["git", "-C", str(tmp_path), "add", ".env"], check=True, timeout=30)
    for arguments in (
        ("env", "demo", "--format", "dotenv", "--write", str(path)),
        ("export", "demo", "--format", "dotenv", "--with-secrets", "--output", str(tmp_path)),
    ):
        refused = azimuth(*arguments)
        assert refused.returncode == 1
        assert "git rm --cached" in refused.stderr


@pytest.mark.usefixtures("variables")
def test_a_snippet_fetches_the_variables_and_holds_none(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "azimuth").write_text(f'#!/bin/sh\nexec {COMMAND[0]} -m screens.entry "$@"\n')
    (folder / "azimuth").chmod(0o700)
    path = tmp_path / "rc"
    assert azimuth("env", "demo", "--snippet", "bash", "--write", str(path)).returncode == 0
    done = subprocess.run(
        ["bash", "--norc", "-c", f'. {path}; printf %s "$HIML_RESOURCE_GROUP"'],
        env=environment({"PATH": f"{folder}:{os.environ['PATH']}"}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "rg-vision"
    assert "rg-vision" not in path.read_text("utf-8")
    for wrong in (("--format", "bash"), ("--reveal",), ("--force", "--write", str(path))):
        assert azimuth("env", "demo", "--snippet", "direnv", *wrong).returncode == 2
    assert azimuth("env", "demo", "--force").returncode == 2


def test_a_masked_run_lets_no_secret_through(variables: dict[str, str]) -> None:
    script = f'echo "$HIML_RESOURCE_GROUP ${PASSWORD}"; printf %s "${PASSWORD}" | base64 >&2; exit 7'
    for words in (("--mask", "demo", "--"), ("demo", "--mask", "--"), ("--mask", "demo")):
        done = azimuth("run", *words, "sh", "-c", script)
        assert (done.stdout, done.returncode) == ("rg-vision •••\n", 7)
        assert variables[PASSWORD] not in done.stdout + done.stderr
        assert "•••" in done.stderr
    assert azimuth("run", "demo", "--mask", "--", "nosuchcommand").returncode == 127
    assert azimuth("run", "demo", "--mask", "--", "/").returncode == 126
    assert azimuth("run", "demo", "--mask", "--").returncode == 2
    assert azimuth("run", "demo", "echo", "--mask").stdout == "--mask\n"


def test_on_a_terminal_a_masked_run_has_one(variables: dict[str, str]) -> None:
    code = f"import os; print(os.get_terminal_size(), os.environ[{PASSWORD!r}])"
    child = pexpect.spawn(
        COMMAND[0],
        [*COMMAND[1:], "run", "--mask", "demo", "--", COMMAND[0], "-c", code],
        env=environment(),
        encoding="utf-8",
        timeout=60,
        dimensions=(33, 99),
    )
    text = child.read()
    assert "os.terminal_size(columns=99, lines=33) •••" in text
    assert variables[PASSWORD] not in text


def test_in_github_actions_the_runner_is_told_to_hide_the_secret(variables: dict[str, str]) -> None:
    done = azimuth("env", "demo", "--format", "github", env={"GITHUB_ACTIONS": "true"})
    assert f"::add-mask::{variables['HIML_SERVICE_PRINCIPAL_PASSWORD']}" in done.stderr
    assert "add-mask" not in done.stdout


def test_exports_leave_secrets_out_unless_asked_for(variables: dict[str, str], tmp_path: Path) -> None:
    password = variables["HIML_SERVICE_PRINCIPAL_PASSWORD"]
    bare = azimuth("export", "demo", "--format", "dotenv", "--output", str(tmp_path))
    assert bare.returncode == 0, bare.stderr
    assert "HIML_SERVICE_PRINCIPAL_PASSWORD" in bare.stderr
    written = tmp_path / ".env"
    assert password not in written.read_text("utf-8")
    assert written.stat().st_mode & 0o777 == 0o600
    with written.open("a", encoding="utf-8") as file:
        file.write("MINE=1\n")
    again = azimuth("export", "demo", "--format", "dotenv", "--output", str(tmp_path))
    assert again.returncode == 1
    assert "--force" in again.stderr
    azimuth("export", "demo", "--format", "bash", "--output", str(tmp_path), "--with-secrets", "--force")
    assert f"HIML_SERVICE_PRINCIPAL_PASSWORD='{password}'\n" in (tmp_path / "demo.sh").read_text("utf-8")


def test_exported_secrets_are_masked_on_a_terminal_and_left_out_without_their_store(
    variables: dict[str, str],
) -> None:
    words = [*COMMAND[1:], "export", "demo", "--format", "dotenv", "--with-secrets"]
    child = pexpect.spawn(COMMAND[0], words, env=environment(), encoding="utf-8", timeout=60)
    text = child.read()
    assert f"{PASSWORD}=•••" in text
    assert variables[PASSWORD] not in text
    shutil.rmtree(Path(os.environ["AZIMUTH_HOME"]) / "state" / "practice" / "secrets")
    bare = azimuth("export", "demo", "--format", "dotenv")
    assert (bare.returncode, PASSWORD in bare.stdout) == (0, False)


def test_the_workspace_and_the_template_are_exported(variables: dict[str, str], tmp_path: Path) -> None:
    config = json.loads(azimuth("export", "demo", "--format", "aml-config").stdout)
    assert config == {
        "subscription_id": variables["HIML_SUBSCRIPTION_ID"],
        "resource_group": "rg-vision",
        "workspace_name": "vision",
    }
    template = json.loads(azimuth("export", "demo", "--format", "arm").stdout)
    (nested,) = template["resources"]
    assert nested["resourceGroup"] == "rg-vision"
    inner = nested["properties"]["template"]["resources"]
    assert [resource["type"] for resource in inner] == ["Microsoft.Authorization/roleAssignments"]
    azimuth("export", "demo", "--format", "arm", "--output", str(tmp_path))
    assert json.loads((tmp_path / "demo.template.json").read_text("utf-8")) == template
    given = json.loads((tmp_path / "demo.parameters.json").read_text("utf-8"))["parameters"]
    assert given.keys() == template["parameters"].keys()
    assert all(one["value"] for one in given.values())
