"""What a bug report holds: versions, terminal, folders, settings, the shape of a profile and the end of the log.

No value of an answer, no secret and no name of a person or resource is in it, and nobody is contacted for it.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from profiles.errors import ProfileError, ProfilesError
from profiles.locations import config_home, practice_home, profiles_home, state_home
from profiles.log_file import last_lines
from profiles.profile import Profile
from profiles.redaction import redacted, secrets_in_environment, shortened
from profiles.store import ProfileStore, journal_path
from wizard.apply.journal import Journal
from wizard.text import clean_line

LOG_LINES = 200
PREFACE = (
    "What stands here was put together on this machine and sent to nobody. It holds versions, the terminal, folders, "
    "settings, the shape of a profile (which answers there are, not what they are) and the end of the log. Secrets are "
    "blanked, ids shortened, names of people and resources left out where they can be told. Read it before you pass it on."
)
_PACKAGES = (
    *("azimuth-wizard", "aiohttp", "azure-cli-core", "azure-core", "azure-identity", "azure-mgmt-resource"),
    *(
        "azure-mgmt-resource-deployments",
        "azure-mgmt-resource-subscriptions",
        "click",
        "cryptography",
        "keyring",
    ),
    *(
        "msal",
        "platformdirs",
        "prompt_toolkit",
        "questionary",
        "requests",
        "SecretStorage",
        "textual",
        "tomlkit",
    ),
)
_TELLING = (
    "AZIMUTH_",
    "AZURE_",
    "ARM_",
    "HIML_",
    "IDENTITY_",
    "MSI_",
    "TEXTUAL",
    "XDG_",
    "DBUS_",
    "GITHUB_ACTIONS",
)
_PROXIES = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
)
_TERMINAL = ("TERM", "COLORTERM", "TERM_PROGRAM", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "PYTHONUTF8")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report: its title and its lines."""

    title: str
    lines: tuple[str, ...]


def report(name: str | None = None, *, log_lines: int = LOG_LINES) -> tuple[Section, ...]:
    """Put the report together, with the shape of the profile of that name.

    Raises:
        ProfileNotFound: there is none of that name.
    """
    profile = (Section("Profile", tuple(_profile(name))),) if name else ()
    sections = (
        Section("Versions", tuple(_versions())),
        Section("Terminal", tuple(_terminal())),
        Section("Environment (names only)", tuple(_environment())),
        Section("Keyring", (_keyring(),)),
        Section("Folders", tuple(_folders())),
        Section("Settings", tuple(_settings())),
        Section("Profiles", tuple(_profiles())),
        *profile,
        Section(
            f"Log, its last {log_lines} lines",
            tuple(last_lines(log_lines)) or ("There is no log: --log writes one.",),
        ),
    )
    known = secrets_in_environment()
    return tuple(Section(one.title, tuple(_safe(line, known) for line in one.lines)) for one in sections)


def as_text(sections: tuple[Section, ...]) -> str:
    """The report as people read and send it."""
    told = (
        f"## {section.title}\n\n" + "\n".join(f"    {line}" for line in section.lines) for section in sections
    )
    return "\n\n".join(("# Azimuth: bug report", PREFACE, *told)) + "\n"


def _safe(line: str, known: tuple[str, ...]) -> str:
    shown = shortened(redacted(line, known), str(Path.home()))
    for private in (_user(), platform.node()):
        if len(private) > 3:  # noqa: PLR2004 - shorter ones stand in half of all words
            shown = shown.replace(private, "…")
    return clean_line(shown, 2000)


def _user() -> str:
    return os.environ.get("USER") or os.environ.get("LOGNAME") or ""


def _versions() -> Iterator[str]:
    yield f"Python {platform.python_version()} ({platform.python_implementation()}, {sys.maxsize.bit_length() + 1} bit)"
    yield f"{platform.system()} {platform.release()} {platform.machine()}, {_distribution()}"
    for package in _PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            yield f"{package}: not installed"


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "of an unknown distribution"


def _terminal() -> Iterator[str]:
    size = shutil.get_terminal_size((0, 0))
    yield f"{size.columns} columns, {size.lines} lines"
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        kind = "terminal" if stream is not None and stream.isatty() else "no terminal"
        yield f"{name}: {kind}, {getattr(stream, 'encoding', None) or 'no encoding'}"
    for name in _TERMINAL:
        if name in os.environ:
            yield f"{name}={os.environ[name][:_LONGEST]}"
    inside = [
        word
        for word, sign in (("tmux", "TMUX"), ("screen", "STY"), ("ssh", "SSH_CONNECTION"))
        if sign in os.environ
    ]
    yield f"inside {', '.join(inside)}" if inside else "not inside tmux, screen or ssh"


def _environment() -> Iterator[str]:
    names = [name for name in os.environ if name.startswith(_TELLING) or name.upper() in _PROXIES]
    yield ", ".join(sorted(name[:_LONGEST] for name in names)) or "none that matters here"


def _keyring() -> str:
    from profiles.keyring_store import KeyringStore
    from profiles.secrets import SecretStoreError

    try:
        return f"{KeyringStore.open(patience=5.0).label}; it was not asked for anything"
    except SecretStoreError as refusal:
        return f"{refusal.kind}: {refusal}"


def _folders() -> Iterator[str]:
    state = state_home()
    places: Mapping[str, str] = {
        "config": config_home(),
        "profiles": profiles_home(),
        "state": state,
        "journals": os.path.join(state, "journals"),  # noqa: PTH118 - names, not paths to work with
        "log": os.path.join(state, "log"),  # noqa: PTH118 - as above
        "practice": practice_home(),
    }
    for name, path in places.items():
        yield f"{name}: {_standing(Path(path))}  {path}"


def _standing(folder: Path) -> str:
    try:
        found = folder.stat()
        entries = list(os.scandir(folder))
        wide = sum(1 for one in entries if one.is_file(follow_symlinks=False) and one.stat().st_mode & 0o077)
    except FileNotFoundError:
        return "not made yet"
    except OSError as problem:
        return problem.strerror or type(problem).__name__
    owner = "" if found.st_uid == os.geteuid() else ", of another user"
    open_ones = f", {wide} of them open to others" if wide else ""
    free = shutil.disk_usage(folder).free // 1024**2
    return f"{stat.S_IMODE(found.st_mode):04o}{owner}, {len(entries)} entries{open_ones}, {free} MiB free"


def _settings() -> Iterator[str]:
    from profiles.settings import settled

    try:
        lines = [f"{name} = {value!r}" for name, value in settled().items()]
    except ProfilesError as problem:
        lines = str(problem).splitlines()
    yield from lines or ["config.toml settles nothing"]


def _profiles() -> Iterator[str]:
    try:
        listed = ProfileStore().list()
    except (ProfilesError, OSError) as problem:
        yield str(problem)
        return
    counted = Counter(
        (one.guide or "?", one.stage or "?", one.cloud or "?", bool(one.broken)) for one in listed
    )
    for (guide, stage, cloud, broken), count in sorted(counted.items()):
        yield f"{count} of {guide}, {stage}, {cloud}{', broken' if broken else ''}"
    if not counted:
        yield "none"


def _profile(name: str) -> Iterator[str]:
    try:
        profile = ProfileStore().load(name)
    except ProfileError as problem:
        for fault in problem.faults:
            yield f"line {fault.line}: {fault.key or 'the file'} is not as it should be"
        return
    yield f"guide {profile.guide}, cloud {profile.cloud}, stage {profile.stage}, step {profile.step}"
    yield f"schema {profile.schema}, revision {profile.revision}, {profile.created:%Y-%m-%d} to {profile.updated:%Y-%m-%d}"
    yield f"way to sign in: {profile.context.way or 'none'}; tenant {'known' if profile.context.tenant_id else 'not known'}"
    yield from _shape(profile)
    yield from _journal(name)


def _shape(profile: Profile) -> Iterator[str]:
    yield "answers: " + (
        ", ".join(f"{key} ({profile.sources.get(key, 'chosen')})" for key in profile.answers) or "none"
    )
    yield "variables: " + (", ".join(profile.outputs) or "none")
    for one in profile.secrets:
        ends = f"{one.expires:%Y-%m-%d}" if one.expires else "not told"
        yield f"the secret {one.variable} is kept in {one.store}, ends {ends}, key id {'known' if one.key_id else 'not known'}"
    for number, proof in enumerate(profile.proofs, 1):
        yield f"proof {number} of {len(profile.proofs)}: {'holds' if proof.ok else 'does not hold'}, {proof.at:%Y-%m-%d %H:%M} UTC"
    if profile.unknown:
        yield f"keys of a newer version: {', '.join(profile.unknown)}"


def _journal(name: str) -> Iterator[str]:
    journal = Journal(journal_path(name))
    counted: Counter[str] = Counter()
    begun: dict[str, str] = {}
    for entry in journal.entries():
        counted[f"{entry.what} {entry.kind}"] += 1
        begun[entry.key] = entry.what
    yield "journal: " + (", ".join(f"{count} x {what}" for what, count in sorted(counted.items())) or "empty")
    still = sorted(key.partition(":")[0] for key, what in begun.items() if what == "begin")
    if still:
        yield f"begun, and no outcome: {', '.join(still)}"
