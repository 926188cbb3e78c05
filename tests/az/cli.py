"""The real Azure CLI as the tests use it: pointed at one practice Azure, with a home and a configuration of its own."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from wizard.practice import az_config
from wizard.practice.launcher import Running

ROOT = Path(__file__).parents[2]
_DRIVER = Path(__file__).with_name("driver.py")


@dataclass(frozen=True)
class Said:
    """What one command ended with."""

    command: str
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON it printed; it must have succeeded."""
        assert self.code == 0, f"az {self.command}\n{self.err}"
        return json.loads(self.out)

    @property
    def refusal(self) -> str:
        """The error it printed; it must have failed."""
        assert self.code != 0, f"az {self.command} succeeded:\n{self.out}"
        return self.err


def executable() -> Path:
    """Where `az` is.

    `AZIMUTH_AZ` names it, else it is in `.venv-az` of this checkout; without one the test is skipped.
    """
    found = Path(_NAMED or ROOT / ".venv-az" / "bin" / "az")
    if not found.exists():
        pytest.skip(f"the Azure CLI is not installed at {found}; .ci/run installs it")
    return found


# Read when this module is: every test runs without the variables of the person who runs it.
_NAMED = os.environ.get("AZIMUTH_AZ", "")


class Az:
    """The CLI for one practice Azure; call it with a command line, or with words that need no quoting."""

    def __init__(self, running: Running, folder: Path) -> None:
        self._az = executable()
        self.folder = folder
        home = folder / "home"
        home.mkdir(parents=True)
        self.environment = {
            "AZURE_CONFIG_DIR": str(az_config(running, folder / "azure")),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "NO_PROXY": "127.0.0.1,localhost",
            "PATH": os.environ["PATH"],
            "REQUESTS_CA_BUNDLE": str(running.ca),
        }
        self._child: subprocess.Popen[str] | None = None

    def __call__(self, command: str, *words: str) -> Said:
        """Run a command in the long-lived interpreter."""
        arguments = [*shlex.split(command), *words]
        child = self._child = self._child or self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(arguments) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        assert line, f"the Azure CLI died at az {shlex.join(arguments)}"
        answer = json.loads(line)
        return Said(shlex.join(arguments), answer["code"], answer["out"], answer["err"])

    def process(self, command: str, *words: str) -> Said:
        """Run a command as a person does: a process of its own."""
        arguments = [*shlex.split(command), *words]
        ended = subprocess.run(
            [self._az, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Said(shlex.join(arguments), ended.returncode, ended.stdout, ended.stderr)

    def file(self, name: str, document: object) -> str:
        """Write a JSON file where the commands run, and give its name."""
        (self.folder / name).write_text(json.dumps(document), encoding="utf-8")
        return name

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._az.with_name("python"), "-I", _DRIVER],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """End the long-lived interpreter."""
        if self._child is not None:
            assert self._child.stdin is not None
            assert self._child.stdout is not None
            self._child.stdin.close()
            self._child.wait(timeout=30)
            self._child.stdout.close()
