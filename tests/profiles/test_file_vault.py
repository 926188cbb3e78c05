"""The file vault: only its passphrase opens it, no damage is taken for a secret, and no crash or neighbour loses one."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from profiles import file_vault
from profiles.file_vault import FileVault, WrongPassphrase, passphrase_fault, vault_path
from profiles.secrets import Binding, Secret, SecretStoreError, open_store
from tests.crash.power_loss import Save, tried

ROOT = Path(__file__).parents[2]
CHEAP = 4
WORDS = Secret("correct horse battery staple")
BINDING = Binding("AzureCloud", "contoso.com", "0f8fad5b", "a" * 32)
OTHER = BINDING._replace(profile="b" * 32)
SENTINEL = "s3ntinel~value"
SUM = 16


def vault(folder: Path, passphrase: Secret = WORDS) -> FileVault:
    """The vault of a folder, as a process of its own would open it; its cost is a toy's, so that thousands can be tried."""
    return FileVault(folder / "vault", lambda: passphrase, cost=CHEAP)


def resummed(raw: bytes) -> bytes:
    """A file whose check sum fits again, as somebody makes it who means harm."""
    return raw[:-SUM] + sha256(raw[:-SUM]).digest()[:SUM]


@pytest.fixture
def kept(tmp_path: Path) -> bytes:
    """A vault with one secret, as its bytes."""
    vault(tmp_path).put(BINDING, Secret(SENTINEL))
    return (tmp_path / "vault").read_bytes()


def test_what_is_put_is_had_again_by_another_process_and_forgotten(tmp_path: Path) -> None:
    store = vault(tmp_path)
    store.probe()
    assert store.get(BINDING) is None
    store.put(BINDING, Secret(SENTINEL))
    store.put(BINDING, Secret("new"))
    store.put(OTHER, Secret("other"))
    again = vault(tmp_path)
    assert again.get(BINDING) == Secret("new")
    assert again.get(OTHER) == Secret("other")
    assert again.get(BINDING.next) is None
    again.delete(BINDING)
    again.delete(BINDING)
    assert store.get(BINDING) is None
    assert store.get(OTHER) == Secret("other")


@pytest.mark.parametrize("value", ["", "a\nb\0c\r\n ", "x" * 70_000, "a\ud800b", "🔑 \u202e"])
def test_every_value_comes_back_as_it_was(tmp_path: Path, value: str) -> None:
    vault(tmp_path).put(BINDING, Secret(value))
    assert vault(tmp_path).get(BINDING) == Secret(value)


def test_the_file_is_its_owners_alone_and_tells_nothing(kept: bytes, tmp_path: Path) -> None:
    for told in (SENTINEL, *BINDING, BINDING.item, "binding", "items"):
        assert told.encode() not in kept
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o600
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    vault(tmp_path).put(BINDING, Secret("s"))
    assert len((tmp_path / "vault").read_bytes()) == len(kept), "its length tells the length of the secret"


def test_each_write_is_sealed_anew(kept: bytes, tmp_path: Path) -> None:
    vault(tmp_path).put(BINDING, Secret(SENTINEL))
    assert (tmp_path / "vault").read_bytes()[60:] != kept[60:]


def test_nobody_is_asked_where_there_is_no_vault(tmp_path: Path) -> None:
    def asked() -> Secret:
        raise AssertionError("it asked")

    store = FileVault(tmp_path / "vault", asked)
    assert store.get(BINDING) is None
    store.delete(BINDING)
    assert not store.exists


def test_a_wrong_passphrase_is_told_as_such(kept: bytes, tmp_path: Path) -> None:
    calls: tuple[Callable[[FileVault], object], ...] = (
        lambda store: store.get(BINDING),
        lambda store: store.put(BINDING, Secret("new")),
        lambda store: store.delete(BINDING),
        lambda store: store.change(Secret("a new and longer one")),
    )
    for call in calls:
        with pytest.raises(WrongPassphrase, match="doesn't open the vault") as caught:
            call(vault(tmp_path, Secret("correct horse battery stable")))
        assert caught.value.kind == "locked"
    assert (tmp_path / "vault").read_bytes() == kept


def test_letters_are_the_same_however_a_keyboard_writes_them(tmp_path: Path) -> None:
    vault(tmp_path, Secret("Zürich im Frühling")).put(BINDING, Secret(SENTINEL))
    assert vault(tmp_path, Secret("Zu\u0308rich im Fru\u0308hling")).get(BINDING) == Secret(SENTINEL)


def test_a_short_passphrase_makes_no_vault(tmp_path: Path) -> None:
    assert "12 at least" in passphrase_fault(Secret("elevensigns"))
    assert not passphrase_fault(Secret("twelve signs"))
    with pytest.raises(SecretStoreError, match="too short") as caught:
        vault(tmp_path, Secret("short")).put(BINDING, Secret(SENTINEL))
    assert caught.value.kind == "refused"
    assert not (tmp_path / "vault").exists()


def test_without_anybody_to_ask_the_way_out_is_told(kept: bytes, tmp_path: Path) -> None:
    assert kept
    with pytest.raises(SecretStoreError, match="AZIMUTH_VAULT_PASSPHRASE_FILE") as caught:
        FileVault(tmp_path / "vault").get(BINDING)
    assert caught.value.kind == "locked"


def test_the_passphrase_can_be_changed_and_the_old_one_opens_it_no_more(kept: bytes, tmp_path: Path) -> None:
    store, bystander = vault(tmp_path), vault(tmp_path)
    assert bystander.get(BINDING) == Secret(SENTINEL)
    changed = Secret("quite another passphrase")
    store.change(changed)
    assert store.get(BINDING) == vault(tmp_path, changed).get(BINDING) == Secret(SENTINEL)
    for old in (vault(tmp_path), bystander):
        with pytest.raises(WrongPassphrase):
            old.get(BINDING)
    assert (tmp_path / "vault").read_bytes()[19:35] != kept[19:35], "the salt is the old one"
    with pytest.raises(SecretStoreError, match="too short"):
        store.change(Secret("short"))


def altered(raw: bytes) -> Iterator[bytes]:
    """Every single byte flipped, and cuts all along; each as it is, and with a check sum that fits again."""
    for at in range(len(raw)):
        flipped = raw[:at] + bytes((raw[at] ^ 1 << at % 8,)) + raw[at + 1 :]
        yield flipped
        if at < len(raw) - SUM:
            yield resummed(flipped)
    for length in range(0, len(raw), 3):
        yield raw[:length]
        if length > SUM:
            yield resummed(raw[:length])
    yield resummed(raw[:-SUM] + b"\0" * 7 + raw[-SUM:])
    yield raw + raw


def test_no_flipped_byte_and_no_cut_is_taken_for_a_vault(kept: bytes, tmp_path: Path) -> None:
    count, accepted, path = 0, [], tmp_path / "vault"
    for raw in altered(kept):
        path.write_bytes(raw)
        count += 1
        try:
            vault(tmp_path).get(BINDING)
        except SecretStoreError:
            assert path.read_bytes() == raw, "a damaged vault was touched"
        else:
            accepted.append(raw)
    assert count >= 2900
    assert accepted == []


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda raw: raw[:-40], "cut or altered"),
        (lambda _: b"", "no vault"),
        (lambda raw: b"X" + raw[1:], "no vault"),
        (lambda raw: raw.replace(b"VAULT-2", b"VAULT-9"), "another version"),
        (lambda raw: raw * 5000, "larger than"),
        (lambda raw: resummed(raw[:200] + b"?" + raw[201:]), "does not know the passphrase"),
    ],
)
def test_damage_is_told_without_losing_anything(
    kept: bytes, tmp_path: Path, damage: Callable[[bytes], bytes], what: str
) -> None:
    (tmp_path / "vault").write_bytes(damage(kept))
    with pytest.raises(SecretStoreError, match=what) as caught:
        vault(tmp_path).put(BINDING, Secret("new"))
    assert caught.value.kind == "broken"
    assert "Nothing was changed" in str(caught.value)
    assert (tmp_path / "vault").read_bytes() == damage(kept)
    (tmp_path / "vault").write_bytes(kept)
    assert vault(tmp_path).get(BINDING) == Secret(SENTINEL)


@pytest.mark.parametrize("cost", [(40, 8, 1), (255, 8, 1), (19, 8, 1), (17, 255, 255), (0, 8, 1)])
def test_a_cost_bomb_is_refused_before_anybody_is_asked(
    kept: bytes, tmp_path: Path, cost: tuple[int, int, int]
) -> None:
    (tmp_path / "vault").write_bytes(resummed(kept[:16] + bytes(cost) + kept[19:]))
    asked: list[str] = []

    def ask() -> Secret:
        asked.append("asked")
        return WORDS

    with pytest.raises(SecretStoreError, match="a cost that Azimuth never sets") as caught:
        FileVault(tmp_path / "vault", ask).get(BINDING)
    assert caught.value.kind == "broken"
    assert asked == []


def test_swapped_items_are_refused(tmp_path: Path) -> None:
    """Somebody who knows the passphrase puts one profile's secret under another's name."""
    store = vault(tmp_path)
    store.put(BINDING, Secret(SENTINEL))
    store.put(OTHER, Secret("other"))
    items = store._items()
    items[BINDING.item], items[OTHER.item] = items[OTHER.item], items[BINDING.item]
    assert store._key is not None
    (tmp_path / "vault").write_bytes(file_vault._seal(items, store._key))
    for binding in (BINDING, OTHER):
        with pytest.raises(SecretStoreError, match="belongs to another") as caught:
            vault(tmp_path).get(binding)
        assert caught.value.kind == "refused"


WRITES = """
import sys
from profiles.file_vault import FileVault
from profiles.secrets import Binding, Secret
number = sys.argv[2]
store = FileVault(sys.argv[1], lambda: Secret("correct horse battery staple"), cost=4)
for turn in range(5):
    store.put(Binding("c", "t", number, str(turn)), Secret(number + "/" + str(turn)))
"""


def test_forty_writes_of_eight_processes_are_all_kept(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path / "vault"), str(number)], cwd=ROOT)
        for number in range(8)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * 8
    store = vault(tmp_path)
    kept = [store.get(Binding("c", "t", str(n), str(turn))) for n in range(8) for turn in range(5)]
    assert kept == [Secret(f"{n}/{turn}") for n in range(8) for turn in range(5)]


KILLED = """
import os, signal, sys
from profiles.file_vault import FileVault
from profiles.secrets import Binding, Secret

NAMES = ("open", "write", "pwrite", "fsync", "replace", "unlink", "fchmod", "ftruncate", "close")
binding, path, what = Binding("c", "t", "a", "p"), sys.argv[1], sys.argv[2]
words = Secret("correct horse battery staple")
store = FileVault(path, lambda: words, cost=4)
store.put(binding, Secret("old"))
before = open(path, "rb").read()

def run(last):
    seen = 0
    def wrapped(real):
        def call(*given, **named):
            nonlocal seen
            for after in (False, True):
                seen += 1
                if seen == last:
                    os.kill(os.getpid(), signal.SIGKILL)
                if not after:
                    result = real(*given, **named)
            return result
        return call
    real = {name: getattr(os, name) for name in NAMES}
    for name in NAMES:
        setattr(os, name, wrapped(real[name]))
    try:
        if what == "put": FileVault(path, lambda: words, cost=4).put(binding, Secret("new"))
        elif what == "delete": FileVault(path, lambda: words, cost=4).delete(binding)
        else: FileVault(path, lambda: words, cost=4).change(Secret("quite another passphrase"))
    finally:
        for name in NAMES:
            setattr(os, name, real[name])

number, states = 0, []
while True:
    number += 1
    child = os.fork()
    if child == 0:
        run(number)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    for one in (words, Secret("quite another passphrase")):
        found = FileVault(path, lambda one=one: one, cost=4)
        if found.opens_with(one): break
    value = found.get(binding)
    states.append("none" if value is None else value.reveal() + ("" if one is words else " changed"))
    found.put(Binding("c", "t", "next", "p"), Secret("works on"))
    left = [name for name in os.listdir(os.path.dirname(path)) if name not in ("vault", "vault.lock")]
    assert left == [], left
    open(path, "wb").write(before)
    if os.WIFEXITED(status):
        break
print(number - 1, sorted(set(states)), states[-1])
"""


@pytest.mark.parametrize(("what", "new"), [("put", "new"), ("delete", "none"), ("passphrase", "old changed")])
def test_killed_at_every_file_operation_it_is_the_old_vault_or_the_new(
    tmp_path: Path, what: str, new: str
) -> None:
    """The next write works, and leaves nothing of the killed one lying about."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "vault"), what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    count, _, rest = done.stdout.partition(" ")
    assert int(count) >= 20
    assert rest == f"{sorted(['old', new])} {new}\n"


@pytest.mark.parametrize("what", ["put", "change"])
def test_when_the_power_goes_it_is_the_old_vault_or_the_new(what: str) -> None:
    def save(root: Path) -> None:
        store = vault(root / "secrets")
        store.put(BINDING, Secret("new")) if what == "put" else store.change(
            Secret("quite another passphrase")
        )

    def read(root: Path) -> object:
        raw = root / "secrets" / "vault"
        for words in (WORDS, Secret("quite another passphrase")):
            found = FileVault(raw, partial(Secret, words.reveal()), cost=CHEAP)
            if found.opens_with(words):
                value = found.get(BINDING)
                return (words.reveal(), None if value is None else value.reveal())
        return None

    told = tried(Save("vault", lambda root: vault(root / "secrets").put(BINDING, Secret("old")), save, read))
    assert told.images >= 20
    assert told.bad == ()


def test_a_disk_that_is_full_is_told_and_the_old_vault_stands(kept: bytes, tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from profiles.file_vault import FileVault;"
        "from profiles.secrets import *;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600));"
        "FileVault(sys.argv[1], lambda: Secret('correct horse battery staple'), cost=4)"
        ".put(Binding('a', 'b', 'c', 'd'), Secret('x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "vault")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "The vault can't be used: File too large." in done.stderr
    assert (tmp_path / "vault").read_bytes() == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vault", "vault.lock"]


def test_the_one_door_opens_the_vault_of_the_state_folder_at_its_full_cost(home: Path) -> None:
    store = open_store("vault", passphrase=lambda: WORDS)
    assert (store.name, store.keeps) == ("vault", True)
    store.put(BINDING, Secret(SENTINEL))
    raw = (home / "state" / "secrets" / "vault").read_bytes()
    assert vault_path() == str(home / "state" / "secrets" / "vault")
    assert tuple(raw[16:19]) == (17, 8, 1)
    assert open_store("vault", passphrase=lambda: WORDS).get(BINDING) == Secret(SENTINEL)
