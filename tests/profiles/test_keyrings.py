"""Every keyring back end that is here but not trusted is named with the reason, and none of its code is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOOK = """
import json, sys
from profiles.keyrings import allowed, refused
from profiles.secrets import SecretStoreError, open_store
told = {"allowed": [one._replace(backend=None) for one in allowed()], "refused": [one.sentence for one in refused()]}
try: open_store("keyring")
except SecretStoreError as error: told["error"] = str(error)
told["loaded"] = [name for name in sys.modules if name.startswith(("keyrings", "third", "planted"))]
print(json.dumps(told))
"""


def look(home: Path, **more: str) -> dict[str, Any]:
    """What is seen by a process with nothing but these variables."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "XDG_RUNTIME_DIR": str(home), **more}
    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def package(folder: Path, name: str, *modules: str) -> None:
    """Install a package that offers keyring back ends; its code would tell on itself if anybody ran it."""
    (folder / f"{name.replace('.', '_')}-1.0.dist-info").mkdir(parents=True)
    info = folder / f"{name.replace('.', '_')}-1.0.dist-info"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{module.rpartition('.')[2]} = {module}\n" for module in modules)
    (info / "entry_points.txt").write_text(f"[keyring.backends]\n{lines}")
    for module in modules:
        place = folder.joinpath(*module.split(".")).with_suffix(".py")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"raise SystemExit('{module} was run')\n")


def test_what_is_installed_is_named_with_its_reason_and_not_run(tmp_path: Path) -> None:
    package(tmp_path / "lib", "keyrings.alt", "keyrings.alt.file", "keyrings.alt.Gnome")
    package(tmp_path / "lib", "keyrings.cryptfile", "keyrings.cryptfile.cryptfile")
    package(tmp_path / "lib", "third-party", "third_party.keyring:Best")
    told = look(tmp_path, PYTHONPATH=str(tmp_path / "lib"))
    assert told["loaded"] == []
    assert told["refused"] == [
        "keyrings.alt (installed) would keep it in plain text: not used",
        "keyrings.cryptfile (installed) would keep it in a file that a crash empties: not used",
        "third-party (installed) is of a third party, and nobody checked for Azimuth how it keeps a secret: not used",
    ]
    for sentence in told["refused"]:
        assert f"{sentence}." in told["error"]


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("keyrings.alt.file.PlaintextKeyring", "would keep it in plain text"),
        ("keyring.backends.null.Keyring", "takes a secret and drops it"),
        ("keyring.backends.fail.Keyring", "keeps nothing"),
        ("keyring.backends.chainer.ChainerBackend", "asks whichever keyring comes first"),
        ("planted.Keyring", "is of a third party"),
        ("\x1b]0;steered\x07", "is of a third party"),
    ],
)
def test_what_is_configured_is_named_with_its_reason(tmp_path: Path, named: str, reason: str) -> None:
    told = look(tmp_path, PYTHON_KEYRING_BACKEND=named)
    (sentence,) = told["refused"]
    assert "(PYTHON_KEYRING_BACKEND)" in sentence
    assert reason in sentence
    assert sentence.isprintable()
    config = tmp_path / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring={named}\nkeyring-path={tmp_path}\n")
    (tmp_path / "planted.py").write_text("raise SystemExit('planted')\n")
    told = look(tmp_path)
    assert told["loaded"] == []
    (sentence,) = told["refused"]
    assert "keyringrc.cfg" in sentence
    assert reason in sentence


@pytest.mark.parametrize(
    "broken", ["", "no section", "[backend]\n", "[backend]\ndefault-keyring=\n", "\xff", "%(x)s"]
)
def test_a_broken_config_of_keyring_says_nothing(tmp_path: Path, broken: str) -> None:
    config = tmp_path / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text(broken, encoding="latin-1")
    assert look(tmp_path)["refused"] == []


def test_each_trusted_one_that_can_not_be_used_has_its_reason(tmp_path: Path) -> None:
    told = look(tmp_path)
    assert [label for label, *_ in told["allowed"]] == [
        "Secret Service",
        "Secret Service by libsecret",
        "KWallet 6",
        "KWallet 5",
        "KWallet 4",
    ]
    assert all(reason for _, _, reason, _ in told["allowed"])
    assert "Secret Service: " in told["error"]
    assert "KWallet 6" not in told["error"]
