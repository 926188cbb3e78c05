"""Snippets fetch a profile's variables, hold no secret, and refuse what their reader would bend."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from profiles.errors import VariableError
from profiles.snippets import SNIPPETS, Source, write_snippet

SOURCE = Source("demo", {"HIML_TENANT_ID": "0f8f-95", "HIML_GROUP": "rg-vision"}, ("HIML_PASSWORD",))
# Stands for azimuth on the PATH; `direnv` and the shells are the real ones.
STAND_IN = """#!/bin/sh
[ "$*" = "env demo --format {form}" ] || exit 9
{answer}
"""
SHELLS = {
    "bash": (["bash", "--norc", "-c", ". ./snippet; env"], "bash", "printf '%s\\n' \"export TOLD='a b'\""),
    "zsh": (["zsh", "-f", "-c", ". ./snippet; env"], "zsh", "printf '%s\\n' \"export TOLD='a b'\""),
    "fish": (["fish", "--no-config", "-c", "source snippet; env"], "fish", "echo \"set -gx TOLD 'a b'\""),
}


def stand_in(folder: Path, form: str, answer: str) -> dict[str, str]:
    """An environment in which azimuth answers."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "azimuth").write_text(STAND_IN.format(form=form, answer=answer))
    (programs / "azimuth").chmod(0o700)
    return {"PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)}


@pytest.mark.parametrize("kind", SNIPPETS)
def test_a_snippet_names_the_secret_at_most(kind: str) -> None:
    text = write_snippet(kind, SOURCE)
    assert "demo" in text or "HIML_TENANT_ID" in text
    assert "•" not in text
    assert text.endswith("\n")


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("there", [True, False])
def test_a_start_up_file_gets_the_variables_and_is_quiet_without_azimuth(
    shell: str, there: bool, tmp_path: Path
) -> None:
    command, form, answer = SHELLS[shell]
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    env = stand_in(tmp_path, form, answer)
    if not there:
        (tmp_path / "bin" / "azimuth").unlink()
    (tmp_path / "snippet").write_text(write_snippet(shell, SOURCE))
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert ("TOLD=a b" in done.stdout.splitlines()) is there
    assert done.stderr == ""


def test_direnv_itself_gets_the_variables_by_the_snippet(tmp_path: Path) -> None:
    if shutil.which("direnv") is None:
        pytest.skip("direnv is not installed here")
    env = stand_in(tmp_path, "bash", "printf '%s\\n' \"export TOLD='a b'\"")
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".envrc").write_text(write_snippet("direnv", SOURCE))
    subprocess.run(["direnv", "allow", str(folder)], env=env, cwd=folder, check=True, capture_output=True)
    done = subprocess.run(
        ["direnv", "exec", ".", "env"], env=env, cwd=folder, check=True, capture_output=True, text=True
    )
    assert "TOLD=a b" in done.stdout.splitlines()
    assert "azimuth_variables" not in done.stdout


def test_direnv_watches_the_profile_that_a_rotated_secret_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AZIMUTH_HOME", str(tmp_path / "it's here"))
    line = next(
        line for line in write_snippet("direnv", SOURCE).splitlines() if line.startswith("watch_file")
    )
    script = f'watch_file() {{ printf %s "$1"; }}; {line}'
    told = subprocess.run(
        ["bash", "-c", script], env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert told.stdout == f"{tmp_path}/it's here/config/profiles/demo.toml"
    assert str(tmp_path) not in line


def test_permanent_variables_of_windows_leave_secrets_out_and_say_so() -> None:
    powershell = write_snippet("powershell-permanent", SOURCE)
    assert "[Environment]::SetEnvironmentVariable('HIML_GROUP', 'rg-vision', 'User')" in powershell
    assert re.search(r"# HIML_PASSWORD is secret.*azimuth env demo --format powershell", powershell)
    cmd = write_snippet("cmd-permanent", SOURCE)
    assert '@setx HIML_GROUP "rg-vision"' in cmd
    assert "@rem HIML_PASSWORD is secret" in cmd


@pytest.mark.parametrize("value", ["x" * 1025, 'a"b', "100%", "a!", "é", "a\nb", "", "/M", "a\\"])
def test_setx_is_refused_what_it_would_cut_or_bend(value: str) -> None:
    with pytest.raises(VariableError, match="cmd-permanent"):
        write_snippet("cmd-permanent", Source("demo", {"V": value}, ()))


def test_a_container_run_gives_names_and_an_image_no_secret() -> None:
    docker = write_snippet("docker", SOURCE)
    assert docker.startswith("azimuth run demo -- docker run")
    assert "--env HIML_PASSWORD" in docker
    assert "rg-vision" not in docker
    image = write_snippet("dockerfile", SOURCE)
    assert "# ENV HIML_GROUP=rg-vision" in image
    assert "never in an image" in image
    with pytest.raises(VariableError):
        write_snippet("dockerfile", Source("demo", {"V": "a b"}, ()))


def test_a_workflow_and_terraform_get_what_the_formats_beside_them_set() -> None:
    workflow = write_snippet("github-workflow", SOURCE)
    assert "  HIML_GROUP: ${{ vars.HIML_GROUP }}" in workflow
    assert "  HIML_PASSWORD: ${{ secrets.HIML_PASSWORD }}" in workflow
    blocks = write_snippet("terraform", SOURCE)
    assert blocks.count("sensitive = true") == 1
    assert blocks.count("variable ") == 3
