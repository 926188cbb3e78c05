"""Making an SSH key pair: the private half goes to a new file of mode 0600 and nowhere else; a file is never replaced."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from profiles.files import TEMPORARY, read_capped, remove, remove_leftovers, sync_folder
from profiles.secrets import Secret
from wizard.apply.events import Result
from wizard.apply.removal import delete_patiently
from wizard.apply.work import Undoable, Work
from wizard.azure.errors import ServerFault, Unreachable, UnreadableAnswer
from wizard.plan import KeyPair
from wizard.threads import in_daemon_thread

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_PAIR = "SSH key pair"
"""Its kind in the journal."""

_COMPUTE = "2024-11-01"
_RSA_BITS = 3072
_LARGEST = 64 * 1024
_ROOM = 16 * 1024  # more than any private key needs
_MODE, _FOLDER_MODE = 0o600, 0o700

Fields = dict[str, str]


async def find_key(work: Work, pair: KeyPair) -> Fields | None:  # noqa: ARG001 - the same form as `directory.find`
    """Read the key pair whose private half is in the file: path, public key, fingerprint. Writes nothing.

    None when there is no file, or none that holds a private key.
    """
    return await in_daemon_thread(lambda: _read(path_of(pair)))


async def ensure_key(work: Work, pair: KeyPair) -> tuple[Result, str]:
    """Make the key pair, or use the one that this profile made before.

    Raises:
        AzureProblem: Azure does not make it.
        Undoable: the file is there already and not ours, can't be written, or does not fit the key in Azure.
    """
    path = path_of(pair)
    await in_daemon_thread(lambda: _sweep(path))
    found = await in_daemon_thread(lambda: _read(path))
    if found is not None and (is_ours(work, pair, found) or await _was_cut_off(work, pair, found)):
        await _fits_azure(work, pair, found)
        _note(work, pair, found)
        return Result.KEPT, f"private key in {pair.path}"
    await in_daemon_thread(lambda: _clear_way(work, pair, path))
    making = _make_here if pair.made_by == "here" else _make_in_azure
    made = await making(work, pair, path)
    _note(work, pair, made)
    return Result.MADE, f"private key in {pair.path}, readable by you alone"


def path_of(pair: KeyPair) -> Path:
    """Return where the private key is, absolute."""
    return Path(os.path.abspath(os.path.expanduser(pair.path)))  # noqa: PTH100, PTH111 - pathlib raises where home is unknown


def is_ours(work: Work, pair: KeyPair, found: Fields) -> bool:
    """Whether this profile made the pair in the file: the journal has its path and its fingerprint."""
    wanted = (found["path"], found["fingerprint"])
    return any(
        entry.key == pair.key and (entry.fields.get("path"), entry.fields.get("fingerprint")) == wanted
        for entry in work.journal.entries()
        if entry.what in {"begin", "kept"}
    )


async def _was_cut_off(work: Work, pair: KeyPair, found: Fields) -> bool:
    """Whether a run of ours got this pair from Azure, and ended before it could write so down."""
    intent = work.journal.interrupted(pair.key)
    if intent is None or intent.fields.get("path") != found["path"] or "resource" not in intent.fields:
        return False
    public = await _public_key(work, str(intent.fields["resource"]))
    return public.split()[:2] == found["public_key"].split()[:2]


def _note(work: Work, pair: KeyPair, fields: Fields) -> None:
    work.known[pair.key] = fields
    if work.journal.known().get(pair.key) != fields:
        # Never `made`: undo removes what is made, and nobody can make a private key again.
        work.journal.done(pair.key, KEY_PAIR, made=False, **fields)


def _clear_way(work: Work, pair: KeyPair, path: Path) -> None:
    """See that the file can be made: folder there, nothing of that name."""
    _folder(path.parent)
    if not os.path.lexists(path):
        return
    intent = work.journal.interrupted(pair.key)
    if intent is not None and intent.fields.get("path") == str(path) and _is_empty(path):
        remove(path)  # a run of ours was cut off between making the file and writing it
        return
    raise Undoable(
        f"{pair.path} exists already, and this profile did not make it: it is never overwritten.",
        "Choose another file for the private key, or upload the public half of the key that you have.",
    )


def _is_empty(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return not read_capped(path, _LARGEST).strip(b"\0")


def _folder(folder: Path) -> None:
    """Make the folder (0700) below ``~/.ssh``; anywhere else it has to be there."""
    ssh = Path(os.path.expanduser("~/.ssh"))  # noqa: PTH111 - as above
    if folder.is_dir():
        return
    if ssh != folder and ssh not in folder.parents:
        raise Undoable(
            f"There is no folder {folder}.", "Make it, or choose another place for the private key."
        )
    try:
        for part in (*reversed([p for p in folder.parents if ssh in (p, *p.parents)]), folder):
            part.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    except OSError as refusal:
        raise _refused(folder, refusal) from refusal


# Made on this machine


async def _make_here(work: Work, pair: KeyPair, path: Path) -> Fields:
    private, fields = await in_daemon_thread(lambda: _generate(pair.algorithm, path))
    work.journal.begin(pair.key, KEY_PAIR, path=fields["path"], fingerprint=fields["fingerprint"])

    def keep() -> None:
        with _new_file(path) as descriptor:
            _write(descriptor, path, private.reveal().encode())

    await in_daemon_thread(keep)
    return fields


def _generate(algorithm: str, path: Path) -> tuple[Secret, Fields]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    key: Ed25519PrivateKey | RSAPrivateKey
    if algorithm == "Ed25519":
        key, form = ed25519.Ed25519PrivateKey.generate(), serialization.PrivateFormat.OpenSSH
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        form = serialization.PrivateFormat.TraditionalOpenSSL
    text = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Secret(text.decode()), _fields(key, path)


# Made by Azure


async def _make_in_azure(work: Work, pair: KeyPair, path: Path) -> Fields:
    """Let Azure make the pair; its answer holds the private half this once, so the file is open before."""
    identity = work.known[pair.resource]["id"]
    if await _public_key(work, identity):
        if not _never_arrived(work, pair, identity):
            raise _lost(pair)
        await _begin_anew(work, pair, identity)
    work.journal.begin(pair.key, KEY_PAIR, path=str(path), resource=identity)
    with _new_file(path) as descriptor:
        _reserve(descriptor, path)
        private = await _asked(work, pair, identity)
        await in_daemon_thread(lambda: _write(descriptor, path, private.reveal().encode()))
    found = await in_daemon_thread(lambda: _read(path))
    if found is None:
        raise Undoable(f"Azure's answer held no private key that can be read; {path} holds it as it came.")
    return found


def _never_arrived(work: Work, pair: KeyPair, identity: str) -> bool:
    """Whether the key in Azure is one that a run of ours asked for, and whose private half reached nobody."""
    intent = work.journal.interrupted(pair.key)
    asked_for = intent is not None and intent.fields.get("resource") == identity
    return asked_for and any(
        str(made.fields.get("id", "")).lower() == identity.lower() for made in work.journal.made()
    )


async def _begin_anew(work: Work, pair: KeyPair, identity: str) -> None:
    """Make the resource again, empty: Azure fills it once only. Cut off in here, the next run deploys it anew."""
    body = await work.azure.arm.read(identity, _COMPUTE) or {}
    await delete_patiently(work, pair.key, pair.label, identity, _COMPUTE)
    empty = {name: body[name] for name in ("location", "tags") if body.get(name) is not None}
    await work.patiently(
        pair.key, pair.label, lambda: work.azure.arm.write(identity, _COMPUTE, {**empty, "properties": {}})
    )


async def _asked(work: Work, pair: KeyPair, identity: str) -> Secret:
    try:
        answer = await work.azure.arm.act(
            f"{identity}/generateKeyPair", _COMPUTE, {"encryptionType": pair.algorithm}, quiet=True
        )
    except (Unreachable, UnreadableAnswer, ServerFault) as problem:
        # Azure may have made it although no answer came; what it was can't be asked again.
        if not await _public_key(work, identity):
            raise problem from None
        if not _never_arrived(work, pair, identity):
            raise _lost(pair) from None
        raise Undoable(
            f"Azure made the SSH key {pair.label}, but its answer was lost on the way, and with it the private half.",
            "Run this again: the key is replaced by a new one, and nothing uses it yet.",
        ) from None
    private = answer.pop("privateKey", None)
    if not isinstance(private, str) or not private:
        raise _lost(pair)
    return Secret(private)


async def _fits_azure(work: Work, pair: KeyPair, found: Fields) -> None:
    """See that the key in Azure, where Azure makes it, is the one whose private half is in the file."""
    if pair.made_by != "azure" or pair.resource not in work.known:
        return
    public = await _public_key(work, work.known[pair.resource]["id"])
    if public.split()[:2] != found["public_key"].split()[:2]:
        raise (
            _lost(pair)
            if public
            else Undoable(
                f"{pair.path} holds the private half of another key than the one in Azure, which is empty.",
                "Choose another file for the private key.",
            )
        )


async def _public_key(work: Work, identity: str) -> str:
    body = await work.azure.arm.read(identity, _COMPUTE)
    return str(((body or {}).get("properties") or {}).get("publicKey") or "").strip()


def _lost(pair: KeyPair) -> Undoable:
    return Undoable(
        f"The SSH key {pair.label} in Azure has a public half already, and {pair.path} does not hold its private half.",
        "Azure tells a private key once only. If nobody has it, delete the SSH key in Azure and run this again; "
        "else choose it as an existing key.",
    )


# The file


@contextmanager
def _new_file(path: Path) -> Iterator[int]:
    """Open a file that gets its name when the block ends, whole and only if nothing is called so; a fault leaves nothing."""
    if os.path.lexists(path):
        raise _taken(path)
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}{TEMPORARY}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
    except OSError as refusal:
        raise _refused(path, refusal) from refusal
    try:
        os.fchmod(descriptor, _MODE)
        yield descriptor
        _name(temporary, path)
    finally:
        os.close(descriptor)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _name(temporary: Path, path: Path) -> None:
    """Give a file its name, durably, and never to the loss of another of that name."""
    try:
        os.link(temporary, path)
    except FileExistsError as there:
        raise _taken(path) from there
    except OSError:
        if os.path.lexists(path):
            raise _taken(path) from None
        temporary.rename(path)  # this file system knows no second names
    sync_folder(path.parent)


def _taken(path: Path) -> Undoable:
    return Undoable(f"{path} exists already; it is never overwritten.", "Choose another file.")


def _sweep(path: Path) -> None:
    """Remove what a killed run left beside the file: half a key, or a second name of the whole one."""
    if path.parent.is_dir():
        remove_leftovers(path)


def _reserve(descriptor: int, path: Path) -> None:
    """Take the room on the disk, so that a full one is known before Azure is asked."""
    try:
        os.posix_fallocate(descriptor, 0, _ROOM)
    except OSError as refusal:
        if refusal.errno not in {errno.EOPNOTSUPP, errno.EINVAL, errno.ENODEV}:
            raise _refused(path, refusal) from refusal


def _write(descriptor: int, path: Path, private: bytes) -> None:
    try:
        left = memoryview(private)
        while left:
            left = left[os.write(descriptor, left) :]
        os.ftruncate(descriptor, len(private))
        os.fsync(descriptor)
    except OSError as refusal:
        raise _refused(path, refusal) from refusal


def _refused(path: Path, refusal: OSError) -> Undoable:
    return Undoable(
        f"{path} can't be written: {refusal.strerror}.", "Choose another place for the private key."
    )


def _read(path: Path) -> Fields | None:
    """What a private key file says of its public half."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        content = read_capped(path, _LARGEST)
        load = (
            serialization.load_ssh_private_key
            if b"OPENSSH" in content
            else serialization.load_pem_private_key
        )
        key = load(content, None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None  # no file, no key in it, or one behind a passphrase
    return _fields(key, path)  # type: ignore[arg-type]  # whatever kind it is, its public half is written alike


def _fields(key: Ed25519PrivateKey | RSAPrivateKey, path: Path) -> Fields:
    import base64
    import hashlib

    from cryptography.hazmat.primitives import serialization

    encoded = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    digest = hashlib.sha256(base64.b64decode(encoded.split()[1])).digest()
    fingerprint = "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
    return {
        "id": fingerprint,
        "path": str(path),
        "public_key": encoded.decode(),
        "fingerprint": fingerprint,
    }
