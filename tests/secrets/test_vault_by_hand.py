"""The vault and what is shown once, as the commands and the plain prompts have them: at a terminal, and in scripts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.file_vault import FileVault
from profiles.passphrase import FILE_VARIABLE
from profiles.secrets import Binding, Secret
from profiles.store import ProfileStore
from tests.commands.azimuth import STARTER, applied, azimuth, document, environment, lines
from tests.commands.test_json import differences, example
from tests.plain.typist import Typist, fills_in, signs_in

WORDS, CHANGED = "correct horse battery", "quite another passphrase"
PASSWORD = "HIML_SERVICE_PRINCIPAL_PASSWORD"
APPLY = ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes")
VAULT = ("--secret-store", "vault")
HEAVY = {"click", "textual", "azure", "msal", "aiohttp", "keyring", "questionary", "asyncio", "platformdirs"}


@pytest.fixture
def no_bus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have no keyring, whatever this machine has."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.fixture
def passphrase_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that holds the passphrase, and that scripts are told of."""
    path = tmp_path / "passphrase"
    path.write_text(f"{WORDS}\n")
    path.chmod(0o600)
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    return path


def cheap_vault(home: Path) -> None:
    """Leave a vault behind that opens fast."""
    store = FileVault(home / "state" / "secrets" / "vault", lambda: Secret(WORDS), cost=4)
    store.put(Binding("c", "t", "other", "p"), Secret("stays"))


def _loaded_by_env() -> set[str]:
    """The packages that `azimuth env` loads to open the vault."""
    code = (
        "import sys; sys.argv=['azimuth','env','demo']\n"
        "from screens.entry import main\n"
        "try: main()\n"
        "finally: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stderr.split())


def _ends_in(days: int) -> None:
    """Have the profile say that its secret ends in so many days."""
    store = ProfileStore()
    profile = store.load("demo")
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    store.save(replace(profile, secrets=(replace(profile.secrets[0], expires=end),)))


def test_a_script_gives_the_passphrase_by_a_file(passphrase_file: Path, azimuth_home: Path) -> None:
    cheap_vault(azimuth_home)
    applied("demo", STARTER, *VAULT)
    (kept,) = document("profiles", "show", "demo")["secrets"]
    assert kept["store"] == "vault"
    value = json.loads(azimuth("env", "demo", "--format", "json").stdout)[PASSWORD]
    assert value[:3] == kept["hint"]
    assert _loaded_by_env() & HEAVY == set()
    assert (kept["state"], kept["days"]) == ("good", 180)
    _ends_in(20)
    (kept,) = document("verify", "demo")["secrets"]
    assert (kept["state"], kept["days"]) == ("soon", 20)
    told = azimuth("verify", "demo").stdout
    assert f"! {PASSWORD} expires in 20 days" in told
    assert "azimuth rotate demo makes a new one" in told
    ran = azimuth("run", "demo", "--", "sh", "-c", f'test "${PASSWORD}" = "{value}"')
    assert ran.returncode == 0, ran.stderr
    undone = azimuth("undo", "demo", "--yes")
    assert undone.returncode == 0, undone.stderr
    passphrase_file.chmod(0o644)
    refused = azimuth("resume", "demo", "--yes", *VAULT)
    assert refused.returncode == 1
    assert "chmod 600 it first" in refused.stdout + refused.stderr


def test_at_a_terminal_a_new_vault_is_asked_for_twice_and_an_old_one_once(azimuth_home: Path) -> None:
    typist = Typist(*APPLY, *VAULT)
    typist.reads("A vault of your own is made.*at least 12 characters")
    for first, second, told in ((WORDS, "other", "The two differ"), ("short", "short", "needs 12 at least")):
        typist.answers("New passphrase", first)
        typist.answers("Once more", second)
        typist.reads(told)
    typist.answers("New passphrase", WORDS)
    typist.answers("Once more", WORDS)
    typist.reads("stored in Azimuth's own encrypted vault")
    assert typist.leaves() == 0
    assert WORDS not in typist.text
    assert typist.text.count("New passphrase") == 3
    typist = Typist("env", "demo", "--reveal")
    typist.answers("Passphrase of the vault", "wrong")
    typist.reads("That is not the vault's passphrase.")
    typist.answers("Passphrase of the vault", WORDS)
    typist.reads(f"{PASSWORD}='.{{40}}'")
    assert typist.leaves() == 0
    typist = Typist("verify", "demo")
    typist.answers("Passphrase of the vault", "\x03")
    assert typist.leaves() == 130
    assert (azimuth_home / "state" / "secrets" / "vault").exists()


def test_the_passphrase_is_changed_by_hand(azimuth_home: Path) -> None:
    cheap_vault(azimuth_home)
    typist = Typist("secrets", "passphrase")
    typist.answers("Passphrase of the vault", WORDS)
    typist.answers("New passphrase", CHANGED)
    typist.answers("Once more", CHANGED)
    typist.reads("The vault has the new passphrase")
    assert typist.leaves() == 0
    store = FileVault(azimuth_home / "state" / "secrets" / "vault", lambda: Secret(CHANGED))
    assert store.get(Binding("c", "t", "other", "p")) == Secret("stays")


@pytest.mark.usefixtures("no_bus")
def test_without_a_keyring_the_plain_prompts_let_choose(azimuth_home: Path) -> None:
    cheap_vault(azimuth_home)
    typist = Typist("--practice", "--plain", "--secret-store", "keyring", "himl")
    signs_in(typist)
    fills_in(typist)
    typist.reads("There is no keyring here that Azimuth trusts")
    typist.answers("Where secrets go", "2")
    typist.answers("Passphrase of the vault", WORDS)
    typist.answers("yes to apply", "yes")
    typist.reads("Proved: 5 of 5")
    assert typist.leaves() == 0
    assert document("profiles", "show", "demo")["secrets"][0]["store"] == "vault"


def test_shown_once_is_for_a_terminal_or_for_a_program(azimuth_home: Path) -> None:
    refused = azimuth(*APPLY, "--secret-store", "once")
    assert refused.returncode == 2
    assert "nobody is here to see it" in refused.stderr
    *_, outcome = lines(*APPLY, "--secret-store", "once")
    value = outcome["shown_once"][PASSWORD]
    assert len(value) == 40
    *_, again = lines(*APPLY)
    assert again["end"] == "nothing to do"
    assert "shown_once" not in again
    env = azimuth("env", "demo")
    assert env.returncode == 1
    assert "it was shown when it was made, and is kept nowhere" in env.stderr
    for file in azimuth_home.rglob("*"):
        if file.is_file() and file.parent.name != "practice":
            assert value.encode() not in file.read_bytes(), file
    typist = Typist(*APPLY[:-3], "--profile", "other", "--yes", "--secret-store", "once")
    typist.reads(f"{PASSWORD} is kept nowhere: you see it now")
    typist.reads("Enter shows it")
    assert not re.search(r"\n  \S{40}\s", typist.text)
    typist.types("")
    typist.reads(r"\n  \S{40}\s")
    typist.reads("Enter takes it away")
    typist.types("")
    typist.reads("is yours now")
    assert typist.leaves() == 0


@pytest.mark.usefixtures("no_bus")
def test_the_status_tells_where_and_why_and_a_check_tries_it(passphrase_file: Path) -> None:
    told = document("secrets")
    assert differences(example("secrets"), told) == []
    assert differences(example("secrets-check"), document("secrets", "check", *VAULT)) == []
    assert (told["store"], told["why"]) == ("keyring", "nothing else is chosen")
    assert not any(one["usable"] for one in told["keyrings"])
    assert all(one["reason"] for one in told["keyrings"])
    assert told["vault"]["passphrase_file"] == str(passphrase_file)
    assert document("secrets", "--practice")["store"] == "practice-folder"
    bad = document("secrets", "check", code=1)
    assert (bad["ok"], bad["kind"]) == (False, "none")
    assert document("secrets", "check", "--secret-store", "best")["store"] == "vault"
    with_null = azimuth("secrets", env={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert "takes a secret and drops it" in with_null.stdout
    wrong = azimuth("secrets", env={"AZIMUTH_SECRET_STORE": "plain"})
    assert wrong.returncode == 1
    assert "There are best, keyring, vault, once." in wrong.stderr
