"""A stage for leak tests: a home of its own, Azimuth as a child in it, and everything that came out, by channel."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pexpect

from tests.leaks.sentinels import Detector, Hit, Sentinel
from tests.leaks.spied import BREAK, FAULTS, NOTES
from tests.leaks.watching import Watched

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tests.leaks.spied")
CHANNELS = (
    *("stdout", "stderr", "terminal", "picture", "arguments", "environments"),
    *("file names", "files", "log", "journal", "core"),
)
_BYSTANDERS = ("git", "az", "gh", "xdg-open", "www-browser", "x-www-browser", "dbus-launch", "uname", "file")
_BYSTANDER = """#!/bin/bash
kept={kept}
cat /proc/$$/environ > "$kept/given-environment-{name}-$$"
printf '%s\\0' "$0" "$@" > "$kept/given-arguments-{name}-$$"
PATH="${{PATH#*:}}"
exec {name} "$@"
"""
_FOREIGN = re.compile(r"AZURE_|HIML_|ARM_|AZIMUTH_|MSI_|IDENTITY_|GITHUB_|TEXTUAL|LEAKS_|PYTEST")
# Practice Azure's own side, as a server in Entra's place keeps it; our encrypted store below it is swept.
_OTHER_SIDE, _OURS_THERE = Path("azimuth/state/practice"), Path("azimuth/state/practice/secrets")


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret got out: in which flow, by which channel, where there."""

    flow: str
    channel: str
    where: str
    hit: Hit

    def __str__(self) -> str:
        return f"{self.flow}: {self.hit.kind} by {self.channel} ({self.where}), {self.hit.form}, seen {self.hit.view}"


@dataclass
class Stage:
    """One home on one machine. `root` is removed by whoever made it."""

    root: Path
    sentinels: list[Sentinel] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    swept: dict[str, dict[str, int]] = field(default_factory=dict)
    _heard: dict[str, list[tuple[str, bytes]]] = field(default_factory=lambda: defaultdict(list))
    _placed: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        for folder in ("home", "azimuth", "tmp", "work"):
            (self.swept_root / folder).mkdir(parents=True)
        self.notes.touch()
        self.bystanders.mkdir()
        for name in _BYSTANDERS:
            script = self.bystanders / name
            script.write_text(_BYSTANDER.format(kept=shlex.quote(str(self.root)), name=name), "utf-8")
            script.chmod(0o700)

    @property
    def swept_root(self) -> Path:
        """The folder that holds all that Azimuth may write to."""
        return self.root / "machine"

    @property
    def notes(self) -> Path:
        """Where the other side notes which secrets it gave away."""
        return self.root / "notes.jsonl"

    @property
    def bystanders(self) -> Path:
        """Where programs lie that Azimuth may start: each keeps what it was given, and then is the real one."""
        return self.root / "bin"

    @property
    def work(self) -> Path:
        """The working folder."""
        return self.swept_root / "work"

    @property
    def practice_folder(self) -> Path:
        """Practice Azure's folder."""
        return self.swept_root / _OTHER_SIDE

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a child."""
        kept = {name: value for name, value in os.environ.items() if not _FOREIGN.match(name)}
        return kept | {
            "HOME": str(self.swept_root / "home"),
            "AZIMUTH_HOME": str(self.swept_root / "azimuth"),
            "TMPDIR": str(self.swept_root / "tmp"),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COLUMNS": "100",
            "TERM": "xterm-256color",
            "PATH": f"{self.bystanders}{os.pathsep}{kept.get('PATH', os.defpath)}",
            NOTES: str(self.notes),
        }

    # What Azimuth does

    def run(
        self,
        *arguments: str,
        typed: str | None = None,
        more: Mapping[str, str] | None = None,
        faults: Iterable[Mapping[str, Any]] = (),
        broken: str = "",
        asked: Iterable[str] = (),
        codes: Iterable[int] = (0, 4),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one command line to its end, watched. `asked` are the channels by which a secret was asked for."""
        env = self.environment | self._twisted(faults, broken) | dict(more or {})
        with Watched() as watched:
            done = subprocess.run(
                [*COMMAND, *arguments],
                env=env,
                cwd=self.work,
                input=typed.encode() if typed is not None else None,
                stdin=subprocess.DEVNULL if typed is None else None,
                capture_output=True,
                timeout=120,
                check=False,
            )
        told = " ".join(arguments[:3])
        assert done.returncode in codes, (
            f"{told}: {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        )
        self.hear("stdout", told, done.stdout, asked=asked)
        self.hear("stderr", told, done.stderr, asked=asked)
        self._hear_watched(told, watched, asked)
        return done

    def open(
        self,
        *arguments: str,
        more: Mapping[str, str] | None = None,
        faults: Iterable[Mapping[str, Any]] = (),
        broken: str = "",
    ) -> Any:
        """Open it in a terminal of 80 columns and 24 lines; `heard_of` takes what was drawn."""
        child = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            env=self.environment
            | self._twisted(faults, broken)
            | {"COLUMNS": "80", "LINES": "24"}
            | dict(more or {}),
            cwd=str(self.work),
            timeout=40,
            dimensions=(24, 80),
        )
        child.delaybeforesend = None
        child.logfile_read = _Kept()
        return child

    def heard_of(self, child: Any, name: str) -> bytes:
        """Read a terminal to its end and take all that was drawn on it."""
        child.expect(pexpect.EOF)
        child.close()
        drawn: bytes = bytes(child.logfile_read.drawn)
        self.hear("terminal", name, drawn)
        return drawn

    @staticmethod
    def _twisted(faults: Iterable[Mapping[str, Any]], broken: str) -> dict[str, str]:
        given = list(faults)
        return ({FAULTS: json.dumps(given)} if given else {}) | ({BREAK: broken} if broken else {})

    def _hear_watched(self, told: str, watched: Watched, asked: Iterable[str]) -> None:
        for kept in sorted(self.root.glob("given-*")):
            channel = "arguments" if kept.name.startswith("given-arguments") else "environments"
            self.hear(channel, f"{told}, {kept.name}", kept.read_bytes(), asked=asked)
            kept.unlink()
        for one in watched.arguments:
            self.hear("arguments", told, one, asked=asked)
        for one in watched.environments:
            self.hear("environments", told, one, asked=asked)

    # What came out

    def hear(self, channel: str, where: str, blob: bytes, *, asked: Iterable[str] = ()) -> None:
        """Take what came out by a channel; where a secret was asked for there, it has to be there."""
        if channel not in set(asked):
            self._heard[channel].append((where, blob))
        elif channel != "environments":
            assert self.detector().hits(blob), (
                f"{where} was asked for a secret by {channel}, and none was found"
            )

    def place(self, path: Path) -> None:
        """Say that a file is where a secret belongs, such as a private key in `~/.ssh`."""
        self._placed.add(path.resolve())

    def know(self, kind: str, value: str) -> str:
        """Add a secret of the test's own."""
        self.sentinels.append(Sentinel(kind, value))
        return value

    def detector(self) -> Detector:
        """What finds every secret known so far."""
        noted = (Sentinel(*json.loads(line)) for line in self.notes.read_text("utf-8").splitlines())
        return Detector((*self.sentinels, *noted))

    def sweep(self, flow: str) -> list[Leak]:
        """Look through all that came out of a flow and all that lies about; return what leaked."""
        detector, found, counts = self.detector(), list[Leak](), dict[str, int]()
        for channel, where, blob in (*self._spoken(), *self._lying()):
            counts[channel] = counts.get(channel, 0) + 1
            found += (Leak(flow, channel, where, hit) for hit in detector.hits(blob))
        self._heard.clear()
        self.swept[flow] = counts
        self.leaks += found
        return found

    def _spoken(self) -> Iterator[tuple[str, str, bytes]]:
        for channel, pieces in self._heard.items():
            yield from ((channel, where, blob) for where, blob in pieces)

    def _lying(self) -> Iterator[tuple[str, str, bytes]]:
        for path in sorted(self.swept_root.rglob("*")):
            short = path.relative_to(self.swept_root)
            if short.is_relative_to(_OTHER_SIDE) and not short.is_relative_to(_OURS_THERE):
                continue
            yield "file names", str(short.parent), str(short).encode(errors="surrogateescape")
            if path.is_file() and path.resolve() not in self._placed:
                yield _kind(short), str(short), path.read_bytes()


class _Kept:
    """What pexpect read, whole."""

    def __init__(self) -> None:
        self.drawn = bytearray()

    def write(self, piece: bytes) -> None:
        self.drawn += piece

    def flush(self) -> None:
        """Nothing waits."""


def _kind(short: Path) -> str:
    if "log" in short.parts[:-1]:
        return "log"
    if short.suffix == ".jsonl" or "journals" in short.parts:
        return "journal"
    return "core" if short.name.startswith("core") else "files"
