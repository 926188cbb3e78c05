"""Which keyring back ends there are on this machine, which of them may be used, and why each of the others is not.

Back ends that are not allowed are never imported: what is installed is read from the metadata of the packages, what
is configured from keyring's own file and variable.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 160
_LARGEST = 64 * 1024


class Candidate(NamedTuple):
    """A back end that may be used: where its class is, and what people call it."""

    module: str
    cls: str
    label: str


class Looked(NamedTuple):
    """An allowed back end: ready to be used, or the reason why it can't be here; `known` to keyring at all or not."""

    label: str
    backend: Any | None
    reason: str
    known: bool = True


class Refused(NamedTuple):
    """A back end that is installed or configured here and is not used, and why."""

    name: str
    how: str
    reason: str

    @property
    def sentence(self) -> str:
        """Name, way and reason in one, without a full stop."""
        return f"{self.name} ({self.how}) {self.reason}: not used"


# Never whichever is installed: a plain-text, null or chained one may have the highest priority.
_ALLOWED: dict[str, tuple[Candidate, ...]] = {
    "linux": (
        Candidate("keyring.backends.SecretService", "Keyring", "Secret Service"),
        Candidate("keyring.backends.libsecret", "Keyring", "Secret Service by libsecret"),
        # KWallet 6 answers as a Secret Service too; keyring 25 has no class of its own for it yet.
        Candidate("keyring.backends.kwallet", "DBusKeyringKWallet6", "KWallet 6"),
        Candidate("keyring.backends.kwallet", "DBusKeyring", "KWallet 5"),
        Candidate("keyring.backends.kwallet", "DBusKeyringKWallet4", "KWallet 4"),
    ),
    "darwin": (Candidate("keyring.backends.macOS", "Keyring", "macOS Keychain"),),
    "win32": (Candidate("keyring.backends.Windows", "WinVaultKeyring", "Windows Credential Manager"),),
}
_WELL_KNOWN = frozenset(
    f"{one.module}.{one.cls}" for candidates in _ALLOWED.values() for one in candidates
) | frozenset(one.module for candidates in _ALLOWED.values() for one in candidates)

# The longest beginning of a module's or class's name counts.
_REASONS = {
    "keyring.backends.null": "takes a secret and drops it",
    "keyring.backends.fail": "keeps nothing",
    "keyring.backends.chainer": "asks whichever keyring comes first, a plain file among them",
    "keyrings.alt": "would keep it in plain text",
    "keyrings.alt.file.EncryptedKeyring": "would keep it in a file that a crash empties and nothing authenticates",
    "keyrings.cryptfile": "would keep it in a file that a crash empties",
    "keyrings.google_artifactregistry_auth": "keeps nothing: it only gives tokens of its own",
    "artifacts_keyring": "keeps nothing: it only gives tokens of its own",
}
_UNKNOWN = "is of a third party, and nobody checked for Azimuth how it keeps a secret"


def allowed() -> Iterator[Looked]:
    """Every back end that may be used on this system, each looked at when its turn comes, in the order of choice."""
    return (_looked(one) for one in _ALLOWED.get(sys.platform, ()))


def refused() -> tuple[Refused, ...]:
    """Every other back end that is installed or configured here, each once, with the reason why it is not used."""
    found: dict[str, Refused] = {}
    for name, how, module in (*_configured(), *_installed()):
        if module not in _WELL_KNOWN:
            found.setdefault(name, Refused(_shown(name), how, _reason(module)))
    return tuple(found.values())


def _looked(candidate: Candidate) -> Looked:
    try:
        cls = getattr(import_module(candidate.module), candidate.cls)
        _ = cls.priority  # raises the reason when it is not at work here
        return Looked(candidate.label, cls(), "")
    except AttributeError:
        return Looked(candidate.label, None, "this version of keyring doesn't know it", known=False)
    except Exception as error:  # noqa: BLE001 - an edge: each says in its own way that it is not at work
        return Looked(candidate.label, None, _first_line(error))


def _configured() -> Iterator[tuple[str, str, str]]:
    """What keyring itself would be told to use, by its variable or its file; neither moves us."""
    if named := os.environ.get("PYTHON_KEYRING_BACKEND"):
        yield named, "PYTHON_KEYRING_BACKEND", named
    from configparser import ConfigParser
    from configparser import Error as NotAConfig

    from profiles.files import read_capped

    path = _config_file()
    config = ConfigParser(interpolation=None)
    try:
        config.read_string(read_capped(path, _LARGEST).decode())
    except (OSError, ValueError, NotAConfig):
        return
    if named := config.get("backend", "default-keyring", fallback=""):
        yield named, f"configured in {_shown(path)}", named


def _config_file() -> str:
    from keyring.util import platform_

    return os.path.join(str(platform_.config_root()), "keyringrc.cfg")  # noqa: PTH118 - keyring gives text


def _installed() -> Iterator[tuple[str, str, str]]:
    """Packages that offer back ends, by their metadata alone; each is told once."""
    from importlib.metadata import entry_points

    for entry in sorted(entry_points(group="keyring.backends"), key=lambda one: one.value):
        module = entry.value.partition(":")[0].strip()
        package = entry.dist.name if entry.dist is not None else "a package"
        if module not in _WELL_KNOWN and not module.startswith("keyring.backends."):
            yield package, "installed", module


def _reason(name: str) -> str:
    known = [start for start in _REASONS if name == start or name.startswith(f"{start}.")]
    return _REASONS[max(known, key=len)] if known else _UNKNOWN


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return _shown(lines[0]) if lines else type(error).__name__


def _shown(text: str) -> str:
    """Text of somebody else's, so that it steers no terminal."""
    return (text if text.isprintable() else ascii(text))[:_LONGEST]
