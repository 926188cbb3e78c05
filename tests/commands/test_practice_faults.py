"""`azimuth practice serve --faults`: the file is read before anything is served, and what it says comes true."""

from __future__ import annotations

import json
import ssl
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.commands.azimuth import COMMAND, azimuth, environment


def test_a_fault_of_the_file_strikes(tmp_path: Path) -> None:
    (tmp_path / "faults.toml").write_text('[[faults]]\npath = "^/metadata"\nstatus = 503\n', encoding="utf-8")
    with subprocess.Popen(
        [*COMMAND, "practice", "serve", "--json", "--faults", str(tmp_path / "faults.toml")],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        ready = json.loads(child.stdout.readline())
        trust = ssl.create_default_context(cafile=ready["ca"])
        address = f"{ready['url']}/metadata/endpoints?api-version=2022-09-01"
        with pytest.raises(urllib.error.HTTPError) as met:
            urllib.request.urlopen(address, context=trust, timeout=20)  # noqa: S310 - https of our own
        assert met.value.code == 503
        met.value.close()
        with urllib.request.urlopen(address, context=trust, timeout=20) as answer:  # noqa: S310 - the same
            assert answer.status == 200
        child.stdin.close()
        assert child.wait(timeout=30) == 0
    token = Path(ready["admin_token_file"])
    assert token.stat().st_mode & 0o777 == 0o600


def test_a_file_of_no_faults_is_explained(tmp_path: Path) -> None:
    (tmp_path / "faults.toml").write_text("[[faults]]\nstatus = 399\n", encoding="utf-8")
    done = azimuth("practice", "serve", "--faults", str(tmp_path / "faults.toml"))
    assert done.returncode == 2
    assert "Fault 1: status is one of 400 to 599" in done.stderr
