"""``python -m tests.crash [--all]``: kills whole runs at their points, prints the counts, and ends with 1 on any bad end.

Without ``--all`` (or ``AZIMUTH_CRASH=all``) the points are a sample, spread evenly, the same for a ``--seed``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Thread
from typing import Any

from tests.crash.choosing import rounds
from tests.crash.flows import FLOWS
from tests.crash.harness import Harness
from tests.crash.points import KINDS
from tests.crash.world import ROOT
from tests.playing import Flow

SAMPLE = {
    "hi-ml": (190, 58),
    "Hopsworks": (16, 4),
    "Hopsworks, key by Azure": (14, 4),
    "undo of hi-ml": (48, 16),
    "undo of Hopsworks": (16, 5),
    "rotate": (76, 30),
}
"""Single and double kills of each flow in a sample."""

LEAST = (300, 100)
"""Single and double kills that a whole sample has to come to."""

_Line = dict[str, Any]


def main() -> int:
    """Run the harness, or with ``--worker`` a part of it."""
    asked = _arguments()
    flows = [flow for flow in FLOWS if asked.flow in {"", flow.name}]
    if asked.worker:
        part, parts = map(int, asked.worker.split("/"))
        for line in work(flows, part, parts, seed=asked.seed, whole=asked.all, share=asked.share):
            print(json.dumps(line), flush=True)
        return 0
    began = time.monotonic()
    lines = []
    for line in _from_workers(asked):
        lines.append(line)
        _at_once(line)
    part = asked.flow or asked.share < 1
    return _report(lines, time.monotonic() - began, least=(0, 0) if part else LEAST)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__.partition(":")[2])
    parser.add_argument("--all", action="store_true", default=os.environ.get("AZIMUTH_CRASH") == "all")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of the sample, or as many times as much")
    parser.add_argument("--flow", default="", choices=("", *SAMPLE))
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def work(
    flows: Iterable[Flow], part: int, parts: int, *, seed: int, whole: bool, share: float = 1.0
) -> Iterator[_Line]:
    """Do this worker's rounds, and yield how each came out."""
    with Harness.opened() as harness:
        for flow in flows:
            counts, _ = harness.begin(flow)
            single, double = SAMPLE[flow.name]
            wanted = max(1, round(single * share)), max(1, round(double * share))
            if part == 0:
                yield {"flow": flow.name, "counts": dict(counts)}
            for at, one in enumerate(rounds(counts, wanted, seed, whole=whole)):
                if at % parts == part:
                    verdict = harness.round(one.points, one.turn)
                    told = [[point.kind, point.number] for point in one.points]
                    line = {"flow": flow.name, "turn": one.turn, "points": told}
                    yield line | {"reached": verdict.reached, "bad": verdict.bad}


def _from_workers(asked: argparse.Namespace) -> Iterator[_Line]:
    command = [sys.executable, "-m", "tests.crash", "--seed", str(asked.seed), "--flow", asked.flow]
    command += ["--share", str(asked.share)]
    command += ["--all"] if asked.all else []
    children = [
        subprocess.Popen(
            [*command, "--worker", f"{part}/{asked.workers}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for part in range(asked.workers)
    ]
    told: Queue[_Line | None] = Queue()
    for child in children:
        Thread(target=_hear, args=(child, told), daemon=True).start()
    left = len(children)
    while left:
        line = told.get()
        left -= line is None
        if line is not None:
            yield line


def _hear(child: subprocess.Popen[str], told: Queue[_Line | None]) -> None:
    """Read one worker to its end."""
    assert child.stdout is not None
    for line in child.stdout:
        told.put(json.loads(line))
    if child.wait():
        told.put({"flow": "harness", "reached": 0, "points": [], "bad": ["a worker failed"]})
    told.put(None)


def _at_once(line: _Line) -> None:
    """Print what nobody should have to wait for."""
    if "counts" in line:
        print(f"{line['flow']}: {sum(line['counts'].values())} points in an undisturbed run", flush=True)
    elif line["bad"]:
        print(
            f"BAD {line['flow']} turn {line.get('turn')} {line['points']}",
            *line["bad"],
            sep="\n    ",
            flush=True,
        )


def _report(lines: list[_Line], seconds: float, *, least: tuple[int, int]) -> int:
    done = [line for line in lines if "points" in line]
    _table(done)
    bad = [line for line in done if line["bad"]]
    one = sum(1 for line in done if line["reached"] == 1)
    two = sum(1 for line in done if line["reached"] > 1)
    print(f"{one} single kills, {two} double kills, {len(bad)} bad ends, {seconds:.0f} s")
    few = one < least[0] or two < least[1]
    if few:
        print(f"These are too few: at least {least[0]} single and {least[1]} double kills are wanted.")
    return 1 if bad or few else 0


def _table(done: list[_Line]) -> None:
    """Flow by kind of point: survived of killed; a double kill counts at its first point."""
    flows = list(dict.fromkeys(line["flow"] for line in done))
    killed, survived = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for line in done:
        if line["reached"]:
            cell = (line["flow"], line["points"][0][0])
            killed[cell] += 1
            survived[cell] += not line["bad"]
    width = max(map(len, KINDS))
    for flow in flows:
        print(f"\n{flow}")
        for kind in KINDS:
            if killed[flow, kind]:
                print(f"    {kind:{width}}  {survived[flow, kind]} of {killed[flow, kind]} survived")
    print()


if __name__ == "__main__":
    sys.exit(main())
