"""SSH keys: what was pasted instead of a public key, which keys a group has, and where a private half may be written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from wizard.answers import Value
from wizard.azure.storage import SSH_KEY, SshKey, ssh_key, ssh_keys
from wizard.checks.regions import apart
from wizard.guide import Asking, Choice, Finding, Findings, Severity
from wizard.guides.hopsworks.where import group_id, within
from wizard.machine import Machine
from wizard.text import clean_line
from wizard.threads import in_daemon_thread

LEAST_BITS = 2048
_LARGEST_FILE = 64 * 1024
_KINDS = ("ssh-rsa", "ssh-ed25519")
_RULE = "One line that begins with ssh-rsa or ssh-ed25519: the .pub half of a pair."
_PRIVATE = re.compile(r"BEGIN [A-Z0-9 ]*PRIVATE KEY|PuTTY-User-Key-File|BEGIN SSH2 ENCRYPTED")
_PATH = re.compile(r"(~|/|\.{1,2}[/\\]|[A-Za-z]:[/\\])|.*\.pub\Z")
_ONLY_RSA = "Hopsworks is only known to work with RSA keys."


# Public keys


def is_private(text: str) -> bool:
    """Whether a text is, or holds, the private half of a key pair."""
    return _PRIVATE.search(text) is not None


def is_path(text: str) -> bool:
    """Whether a text names a file instead of being a key."""
    return (
        "\n" not in text and not text.startswith(("ssh-", "ecdsa-", "sk-")) and _PATH.match(text) is not None
    )


def public_key_shape(value: Value) -> str:
    """Rule V-sshpub; the path of a file passes, it is read later. Nothing of what was pasted is repeated."""
    text = str(value).strip()
    return "" if is_path(text) else public_key_fault(text)


def public_key_fault(text: str) -> str:
    """Say what is wrong with a public key as OpenSSH writes it; empty when nothing is."""
    if is_private(text):
        return "Private key pasted: this field takes the .pub half."
    if "BEGIN SSH2 PUBLIC KEY" in text:
        return "This is the form of PuTTY and RFC 4716; `ssh-keygen -i -f FILE` turns it into one line."
    if len(text.splitlines()) > 1:
        return "There are several lines: a public key is one line, without breaks."
    kind, _, rest = text.partition(" ")
    if kind.startswith(("ecdsa-", "sk-ecdsa", "ssh-dss")):
        return f"{'dss' if kind == 'ssh-dss' else 'ecdsa'} keys are not accepted by Azure."
    if kind not in _KINDS:
        return "This is no public key that Azure takes: it begins with ssh-rsa or ssh-ed25519."
    return _blob_fault(kind, rest.split(" ")[0])


def _blob_fault(kind: str, encoded: str) -> str:
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return "Its base64 is broken: some characters are missing or changed."
    inside = _first_string(blob)
    if not blob or not inside:
        return "Its base64 is broken: some characters are missing or changed."
    if inside != kind:
        return f"It begins with {kind}, but holds a key of type {clean_line(inside, 40)}."
    return _key_fault(kind, encoded)


def _first_string(blob: bytes) -> str:
    length = int.from_bytes(blob[:4], "big")
    return blob[4 : 4 + length].decode("ascii", "replace") if 0 < length <= len(blob) - 4 else ""


def _key_fault(kind: str, encoded: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        key = load_ssh_public_key(f"{kind} {encoded}".encode())
    except (ValueError, UnsupportedAlgorithm):
        return "It is cut off, or not a key at all: its parts do not fit together."
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_BITS:
        return f"RSA key of {key.key_size} bits, {LEAST_BITS} needed."
    return ""


def same_key(one: str, other: str) -> bool:
    """Whether two public keys are the same; their comments do not matter."""
    return one.split()[:2] == other.split()[:2] != []


def fingerprint(public_key: str) -> str:
    """Return the SHA256 fingerprint as ssh-keygen writes it, with the kind of key; for one that has no fault."""
    kind, encoded = public_key.split()[:2]
    digest = hashlib.sha256(base64.b64decode(encoded)).digest()
    return f"{kind} SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


async def public_key(asking: Asking) -> Findings:
    """Read the file that was named, and take the key in it over; say what kind of key it is (V-sshpub)."""
    key = "ssh_public_key"
    text = asking.answers.text(key)
    if not is_path(text):
        return (_described(key, text),)
    content = await in_daemon_thread(lambda: read_text(asking.machine, text))
    if content is None:
        what = f"There is no file {clean_line(text)} on this machine that can be read."
        return (Finding(Severity.ERROR, key, what, _RULE, "Paste the key itself, or have one made here."),)
    line = content.strip()
    fault = public_key_fault(line)
    if fault:
        mend = f"Name {clean_line(text)}.pub instead." if is_private(line) else ""
        return (Finding(Severity.ERROR, key, f"{clean_line(text)}: {fault}", _RULE, mend),)
    return (Finding(Severity.OK, key, f"Read from {clean_line(text)}.", correction=line),)


def _described(question: str, text: str) -> Finding:
    if text.startswith("ssh-ed25519"):
        return Finding(Severity.WARNING, question, fingerprint(text), _ONLY_RSA, "You can go on.")
    return Finding(Severity.OK, question, fingerprint(text))


# Files of this machine


def place(machine: Machine, path: str) -> Path:
    """Return where a path leads on this machine; ``~`` is the home folder."""
    if path == "~" or path.startswith(("~/", "~\\")):
        return machine.home / path[2:]
    return machine.folder / path


def read_text(machine: Machine, path: str) -> str | None:
    """Read a small text file; None when it can't be read."""
    try:
        with place(machine, path).open("rb") as file:
            return file.read(_LARGEST_FILE).decode("utf-8", "replace")
    except OSError:
        return None


def public_half(machine: Machine, path: str) -> str:
    """Return the public half of the private key in a file; empty when there is none, or it wants a passphrase."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as form

    content = read_text(machine, path)
    if content is None or not is_private(content):
        return ""
    load = form.load_ssh_private_key if "OPENSSH" in content[:64] else form.load_pem_private_key
    try:
        key = load(content.encode(), password=None)
        public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ""
    return public.decode()


async def private_key_path(asking: Asking) -> Findings:
    """Look where the private half shall go: nothing may be there, unless it is the private half of this very key."""
    key, path = "private_key_path", asking.answers.text("private_key_path")
    there, half = await in_daemon_thread(lambda: _standing(asking.machine, path))
    if not there:
        return _writable(asking.machine, key, place(asking.machine, path))
    found = await _key_of(asking)
    made = asking.known.get("ssh_pair", {}).get("fingerprint", "")
    ours = half and made and fingerprint(half).endswith(made)
    if ours or (half and found is not None and same_key(half, found.public_key)):
        return (Finding(Severity.OK, key, "The private half of this key is there already."),)
    what = "This would overwrite an existing key." if half else "There is something of this name already."
    mend = "Choose another file; to use that key, answer “upload” above and name its .pub half."
    return (Finding(Severity.ERROR, key, what, "A private key is never replaced.", mend),)


def _standing(machine: Machine, path: str) -> tuple[bool, str]:
    """Return whether anything stands at a path, a broken link too, and the public half of a private key there."""
    return os.path.lexists(place(machine, path)), public_half(machine, path)


def _writable(machine: Machine, question: str, where: Path) -> Findings:
    """Look at the folder; one below ``~/.ssh`` is made, any other has to be there."""
    folder, ssh = where.parent, machine.home / ".ssh"
    while not folder.exists() and ssh in (folder, *folder.parents):
        folder = folder.parent
    shown = clean_line(str(folder))
    if not folder.exists():
        return (Finding(Severity.ERROR, question, f"There is no folder {shown}.", "", _ELSEWHERE),)
    if not folder.is_dir():
        return (Finding(Severity.ERROR, question, f"{shown} is a file, not a folder.", "", _ELSEWHERE),)
    if not os.access(folder, os.W_OK | os.X_OK):
        return (Finding(Severity.ERROR, question, f"You may not write in {shown}.", "", _ELSEWHERE),)
    more = "" if folder == where.parent else f" Folder {clean_line(str(where.parent))} will be made."
    return (Finding(Severity.OK, question, f"Nothing is there yet.{more}"),)


_ELSEWHERE = "Make the folder, or choose a file somewhere else."


# Keys of the group


async def _key_of(asking: Asking) -> SshKey | None:
    answers = asking.answers
    if not group_id(answers):
        return None
    return await ssh_key(asking.azure.arm, within(answers, SSH_KEY, answers.text("ssh_key_name")))


async def offer_keys(asking: Asking) -> Sequence[Choice]:
    """List the group's SSH keys when one of them shall be used (step 3)."""
    answers = asking.answers
    if answers.text("ssh_source") != "existing" or not group_id(answers):
        return ()
    found = await ssh_keys(asking.azure.arm, group_id(answers))
    return [_key_choice(key) for key in sorted(found, key=lambda one: one.name.casefold())]


def _key_choice(key: SshKey) -> Choice:
    kind = key.public_key.partition(" ")[0].removeprefix("ssh-") or "empty"
    refusal = "" if key.public_key else f"{key.name} has no public key yet."
    name = clean_line(key.name)
    return Choice(key.name, name, f"{name} is there.", (kind, key.location), refusal=refusal)


async def key_name(asking: Asking) -> Findings:
    """Look for a key of this name in the group: used, made again, or in the way (step 3)."""
    source, found = asking.answers.text("ssh_source"), await _key_of(asking)
    if source == "existing":
        return _picked(asking, found)
    if found is None:
        return (_told(Severity.OK, "No key of this group has this name.", {}),)
    half_made = await in_daemon_thread(lambda: _is_half_made(asking, found))
    if not found.public_key or half_made:
        what = "The group has an empty key of this name; it is filled."
        if found.public_key:
            what = "An earlier run was cut off while Azure made this key; nobody has its private half, so it is made anew."
        told = _told(Severity.OK, what, {})
        return (told, *apart(asking, "ssh_key_name", "The SSH key", found.location))
    if source == "upload":
        ours, half = same_key(found.public_key, asking.answers.text("ssh_public_key")), "uploaded"
    else:
        path = asking.answers.text("private_key_path")
        half = await in_daemon_thread(lambda: public_half(asking.machine, path))
        ours = (bool(half) and same_key(half, found.public_key)) or (not half and _made(asking, found))
    if not ours:
        what = "The group has a key of this name, and it is another one."
        rule = "A key that exists is never replaced: machines that trust it would be lost."
        mend = "Answer “one that is there” above to use it, or choose another name."
        return (_told(Severity.ERROR, what, {}, rule, mend),)
    told = _told(Severity.OK, "It is there already, and is this very key.", _facts(asking, found, half))
    if not half:
        what = "Azimuth made this key; its private half is elsewhere now. It is used as it is."
        told = _told(Severity.WARNING, what, _facts(asking, found, half), "", "Keep the private half safe.")
    return (told, *apart(asking, "ssh_key_name", "The SSH key", found.location))


def _is_half_made(asking: Asking, found: SshKey) -> bool:
    """Whether a run of this profile let Azure make the key, and died before the private half was in its file."""
    begun = asking.known.get("ssh_pair", {})
    ours = begun.get("resource", "").lower() == found.id.lower() and "fingerprint" not in begun
    path = asking.answers.text("private_key_path")
    return ours and asking.answers.text("ssh_source") == "azure" and not public_half(asking.machine, path)


def _made(asking: Asking, found: SshKey) -> bool:
    """Whether this profile made the key that is there."""
    made = asking.known.get("ssh_pair", {}).get("fingerprint", "")
    return bool(made) and fingerprint(found.public_key).endswith(made)


def _picked(asking: Asking, found: SshKey | None) -> Findings:
    if found is None:
        what = "The group has no key of this name."
        return (_told(Severity.ERROR, what, {}, "", "Pick one of the list, or have one made."),)
    if not found.public_key:
        what = "This key has no public half yet: nobody could sign in with it."
        return (_told(Severity.ERROR, what, {}, "", "Pick another one, or have one made."),)
    severity = Severity.WARNING if found.public_key.startswith("ssh-ed25519") else Severity.OK
    rule = _ONLY_RSA if severity is Severity.WARNING else ""
    told = _told(severity, fingerprint(found.public_key), _facts(asking, found), rule)
    return (told, *apart(asking, "ssh_key_name", "The SSH key", found.location))


def _facts(asking: Asking, found: SshKey, half: str = "") -> Mapping[str, Value]:
    """What a key that is there means for the plan: one that this profile did not make is left as it is.

    So is one whose private half has been taken away: a new pair would replace it.
    """
    ours = asking.answers.text("ssh_source") == "upload" or (bool(half) and _made(asking, found))
    # Deploying it again would take its tags away.
    return {"ssh_key_there": found.public_key, "ssh_key_kept": bool(found.tags) or not ours}


def _told(
    severity: Severity, what: str, facts: Mapping[str, Value], rule: str = "", mend: str = ""
) -> Finding:
    none: dict[str, Value] = {"ssh_key_there": "", "ssh_key_kept": False}
    return Finding(severity, "ssh_key_name", what, rule, mend, facts=none | dict(facts))


async def known_type(asking: Asking) -> Findings:
    """Warn of a kind of key that Hopsworks is not known to work with."""
    if asking.answers.text("ssh_type") == "RSA":
        return ()
    return (Finding(Severity.WARNING, "ssh_type", _ONLY_RSA, "", "You can go on; RSA is the safe answer."),)
