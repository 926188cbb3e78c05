"""The table of flows and channels: for each flow a stage, what was swept by which channel, and what leaked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.leaks.faces import FACES
from tests.leaks.flows import COMMANDS, FAILURES, STORES, Flow
from tests.leaks.stage import CHANNELS, Leak, Stage

GROUPS: Mapping[str, Mapping[str, Flow]] = {
    "commands": COMMANDS,
    "stores": STORES,
    "failures": FAILURES,
    "faces": FACES,
}
_APART = frozenset({"failures"})  # each of these begins in a home of its own
_SHORT: Mapping[str, str] = {"arguments": "argv", "environments": "environ", "file names": "names"}


@contextmanager
def stage_of_its_own() -> Iterator[Stage]:
    """A stage in a folder that goes with the block."""
    root = Path(tempfile.mkdtemp(prefix="leaks-"))
    try:
        yield Stage(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def played(group: str) -> Iterator[tuple[str, Mapping[str, int], list[Leak], int]]:
    """Play the flows of a group; of each, how much was swept by which channel, what leaked, how many secrets there are."""
    flows = GROUPS[group]
    parts = [{name: flow} for name, flow in flows.items()] if group in _APART else [flows]
    for part in parts:
        with stage_of_its_own() as stage:
            for name, flow in part.items():
                flow(stage)
                leaks = stage.sweep(name)
                yield name, stage.swept[name], leaks, len(stage.detector().sentinels)


def expect_no_leak(group: str) -> None:
    """Play a group, print its table, and fail where a secret got out or where there was nothing to look through."""
    lines, found = [heading()], []
    for name, swept, leaks, secrets in played(group):
        lines.append(row(name, swept, leaks, secrets))
        found += leaks
        assert secrets
        assert swept.keys() >= {"file names", "files", "log"}, "something was there to look through"
    print("\n".join(lines))
    assert not found, "\n".join(map(str, found))


def heading() -> str:
    """The first line of the table."""
    return f"{'flow':42}{'secrets':>8}" + "".join(f"{_SHORT.get(name, name):>9}" for name in CHANNELS)


def row(name: str, swept: Mapping[str, int], leaks: list[Leak], secrets: int) -> str:
    """One line: how many pieces were swept by each channel; LEAK where a secret was in one."""
    leaking = {leak.channel for leak in leaks}
    cells = ("LEAK" if one in leaking else str(swept.get(one, "-")) for one in CHANNELS)
    return f"{name:42}{secrets:>8}" + "".join(f"{cell:>9}" for cell in cells)
