"""A real Secret Service keeps our secrets; a keyring that lies, hangs or is none of ours gets none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest

from profiles.keyring_store import KeyringStore
from profiles.secrets import Binding, Secret, SecretStoreError, open_store

ROOT = Path(__file__).parents[2]
RECIPE = ROOT / ".." / "shared" / "with_keyring.sh"
SENTINEL = "s3ntinel~value"
BINDING = Binding("practice", "contoso.com", "0f8fad5b", "a" * 32)


class Keeping:
    """A keyring in memory, the honest base of those that lie."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.items.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.items[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.items[service, username]


class Dropping(Keeping):
    def set_password(self, service: str, username: str, password: str) -> None:
        """Say nothing, keep nothing."""


class Truncating(Keeping):
    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:-1])


class Hoarding(Keeping):
    def delete_password(self, service: str, username: str) -> None:
        """Forget nothing."""


class Raising(Keeping):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def set_password(self, service: str, username: str, password: str) -> None:
        _ = service, username
        self.error.args = (f"while storing {password}",)
        raise self.error


class Waiting(Keeping):
    def __init__(self) -> None:
        super().__init__()
        self.answer = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        _ = service, username, password
        self.answer.wait()


class WinVaultKeyring(Keeping):
    """The Windows Credential Manager as keyring writes to it: short values, and an old one moved aside."""

    def set_password(self, service: str, username: str, password: str) -> None:
        assert len(password.encode("utf-16-le")) <= 2560
        if (service, username) in self.items:
            self.items[f"{username}@{service}", username] = self.items[service, username]
        super().set_password(service, username, password)


def errors() -> list[tuple[Exception, str]]:
    from keyring import errors as known

    return [
        (known.NoKeyringError(), "none"),
        (known.KeyringLocked(), "locked"),
        (known.InitError(), "locked"),
        (known.PasswordSetError(), "refused"),
        (EOFError(), "locked"),
        (OSError(), "broken"),
        (ModuleNotFoundError(), "broken"),
        (ZeroDivisionError(), "broken"),
    ]


def test_what_is_put_is_had_again_and_forgotten() -> None:
    store = KeyringStore(Keeping(), "memory")
    store.probe()
    assert store.get(BINDING) is None
    store.put(BINDING, Secret(SENTINEL))
    store.put(BINDING, Secret("new"))
    assert store.get(BINDING) == Secret("new")
    store.delete(BINDING)
    store.delete(BINDING)
    assert store.get(BINDING) is None


class Dying(Keeping):
    """It goes away in the middle of a probe, as a killed program does."""

    def delete_password(self, service: str, username: str) -> None:
        raise OSError


def test_what_a_probe_leaves_that_died_is_gone_with_the_next_one() -> None:
    dying, keeping = Dying(), Keeping()
    with pytest.raises(SecretStoreError):
        KeyringStore(dying, "dying", patience=0.2).probe()
    assert len(dying.items) == 1
    keeping.items = dying.items
    KeyringStore(keeping, "memory").probe()
    assert keeping.items == {}


@pytest.mark.parametrize("backend", [Dropping, Truncating, Hoarding])
def test_a_keyring_that_lies_fails_its_probe(backend: type[Keeping]) -> None:
    with pytest.raises(SecretStoreError) as caught:
        KeyringStore(backend(), "liar").probe()
    assert caught.value.kind == "broken"


@pytest.mark.parametrize(("error", "kind"), errors(), ids=lambda one: type(one).__name__)
def test_an_error_of_a_keyring_is_one_of_four_and_tells_no_secret(error: Exception, kind: str) -> None:
    with pytest.raises(SecretStoreError) as caught:
        KeyringStore(Raising(error), "raising").put(BINDING, Secret(SENTINEL))
    assert caught.value.kind == kind
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert SENTINEL not in "".join(traceback.TracebackException.from_exception(caught.value).format())


def test_a_keyring_that_does_not_answer_is_left_alone() -> None:
    backend = Waiting()
    with pytest.raises(SecretStoreError, match="another window") as caught:
        KeyringStore(backend, "waiting", patience=0.05).put(BINDING, Secret(SENTINEL))
    backend.answer.set()
    assert caught.value.kind == "locked"


def test_a_hanging_keyring_does_not_hold_the_exit() -> None:
    code = (
        "import threading\n"
        "from profiles.keyring_store import KeyringStore\n"
        "from profiles.secrets import Binding\n"
        "class Hanging:\n"
        "    def get_password(self, service, username): threading.Event().wait()\n"
        "try: KeyringStore(Hanging(), 'hanging', patience=0.05).get(Binding('a', 'b', 'c', 'd'))\n"
        "except Exception as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    assert "didn't answer" in done.stdout


def test_an_item_of_another_binding_or_of_somebody_else_is_refused() -> None:
    backend = Keeping()
    store = KeyringStore(backend, "memory")
    store.put(BINDING, Secret(SENTINEL))
    theirs = BINDING._replace(cloud="attacker")
    (told,) = backend.items.values()
    backend.items[theirs.item, "azimuth"] = told
    with pytest.raises(SecretStoreError) as caught:
        store.get(theirs)
    assert caught.value.kind == "refused"
    for foreign in ("", "{}", "[1]", '"x"', "null", '{"binding": [], "value": 1}'):
        backend.items[BINDING.item, "azimuth"] = foreign
        with pytest.raises(SecretStoreError) as caught:
            store.get(BINDING)
        assert caught.value.kind == "broken"


def test_on_windows_no_old_secret_stays_behind_and_a_long_one_is_refused() -> None:
    backend = WinVaultKeyring()
    store = KeyringStore(backend, "Windows Credential Manager")
    store.put(BINDING, Secret("old"))
    store.put(BINDING, Secret("new"))
    assert len(backend.items) == 1
    with pytest.raises(SecretStoreError, match="too long"):
        store.put(BINDING, Secret("x" * 1280))
    assert store.get(BINDING) == Secret("new")


def bare_environment(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)} | more


PROBE = """
import sys
from profiles.secrets import SecretStoreError, open_store
try:
    open_store("best")
except SecretStoreError as error:
    print(error.kind, error)
else:
    print("opened")
"""


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"},
        {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"},
        {"PYTHON_KEYRING_BACKEND": "no.such.Module"},
    ],
)
def test_without_a_keyring_there_is_none_whatever_is_configured(tmp_path: Path, more: dict[str, str]) -> None:
    config = tmp_path / ".config" / "python_keyring"
    config.mkdir(parents=True)
    (config / "keyringrc.cfg").write_text(
        f"[backend]\ndefault-keyring=planted.Keyring\nkeyring-path={tmp_path}\n",
    )
    (tmp_path / "planted.py").write_text("open('PLANTED', 'w')\n")
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=bare_environment(tmp_path, **more),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("none There is no keyring here that Azimuth trusts"), (
        done.stdout + done.stderr
    )
    assert not (ROOT / "PLANTED").exists()


def needs_a_real_keyring() -> None:
    if not RECIPE.exists():
        pytest.skip("the recipe for a real keyring is not at hand")
    for program in ("gnome-keyring-daemon", "dbus-run-session"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here")


REAL = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from profiles.secrets import Binding, Secret, open_store
store = open_store("best")
assert store.name == "keyring", store.name
assert store.label == "system keyring (Secret Service)", store.label
binding = Binding("practice", "contoso.com", "client", "p" * 32)
for value in json.load(open(sys.argv[1])):
    store.put(binding, Secret(value))
    assert open_store("keyring").get(binding) == Secret(value)
assert store.get(binding._replace(tenant="other.com")) is None
others = [binding._replace(client_id=str(n)) for n in range(24)]
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda other: store.put(other, Secret(other.client_id)), others))
assert [store.get(other) for other in others] == [Secret(str(n)) for n in range(24)]
store.delete(binding)
assert store.get(binding) is None
print("kept")
"""


def with_a_real_keyring(folder: Path, values: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    return subprocess.run(
        ["bash", str(RECIPE), sys.executable, "-c", REAL, str(values)],
        cwd=ROOT,
        env=bare_environment(folder, KEEP=str(folder / "keep")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_real_secret_service_keeps_nasty_values_and_concurrent_ones(
    tmp_path: Path, nasty: dict[str, str]
) -> None:
    needs_a_real_keyring()
    import json

    values = tmp_path / "values"
    values.write_text(json.dumps(list(nasty.values())))
    done = with_a_real_keyring(tmp_path / "first", values)
    if "couldn't connect to control socket" in done.stderr:  # the daemon itself died, as it does now and then
        done = with_a_real_keyring(tmp_path / "second", values)
    assert done.stdout == "kept\n", done.stdout + done.stderr
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.suffix == ".keyring" for file in files)


def test_a_real_keyring_that_stays_locked_is_told_as_locked(tmp_path: Path) -> None:
    needs_a_real_keyring()
    keep = tmp_path / "keep"
    command = ["bash", str(RECIPE), sys.executable, "-c", PROBE]
    first = subprocess.run(
        command,
        cwd=ROOT,
        env=bare_environment(tmp_path, KEEP=str(keep)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert first.stdout == "opened\n", first.stdout + first.stderr
    second = subprocess.run(
        command,
        cwd=ROOT,
        env=bare_environment(tmp_path, KEEP=str(keep), KEYRING_TEST_PASSWORD="wrong"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.stdout.startswith("locked The system keyring"), second.stdout + second.stderr


def test_the_one_door_opens_no_store_that_was_not_asked_for() -> None:
    for kind in ("", "null", "chainer", "KEYRING"):
        with pytest.raises(SecretStoreError):
            open_store(kind)
