"""The harness of faults: every run x every operation x every fault that applies: ``python -m tests.faults [--all]``.

It prints how many cells of each fault passed in each flow, tells those that did not, and exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.catalogue import KINDS, LEFT_OUT
from tests.faults.choosing import cells, part_of, sample
from tests.faults.conditions import CONDITIONS
from tests.faults.flows import FLOWS
from tests.faults.stage import Stage
from tests.playing import Flow

SAMPLE = {
    "sign-in": 80,
    "apply hi-ml": 130,
    "verify": 60,
    "rotate": 90,
    "undo hi-ml": 75,
    "apply Hopsworks": 14,
    "undo Hopsworks": 14,
}
"""How many cells of each flow a sample has."""
_ROOT = Path(__file__).parents[2]
_MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it

_Line = dict[str, Any]


def main() -> int:
    """Run the harness, or with ``--worker`` a part of it."""
    asked = _arguments()
    flows = [flow for flow in FLOWS if asked.flow in {"", flow.name}]
    if asked.worker:
        part, parts = map(int, asked.worker.split("/"))
        for line in work(flows, part, parts, asked):
            print(json.dumps(line), flush=True)
        return 0
    if asked.left_out:
        for number, why in LEFT_OUT.items():
            print(f"{number:3} {why}")
        return 0
    began = time.monotonic()
    lines = []
    for line in _from_workers(asked):
        lines.append(line)
        if line["bad"]:
            print(_bad(line), file=sys.stderr, flush=True)
    return _report(lines, time.monotonic() - began)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__.partition(":")[2])
    parser.add_argument("--all", action="store_true", default=os.environ.get("AZIMUTH_FAULTS") == "all")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--flow", default="", choices=("", *SAMPLE))
    parser.add_argument("--only", default="", help="cells whose name holds this")
    parser.add_argument(
        "--left-out", action="store_true", help="say which faults are not injected here, and why"
    )
    parser.add_argument("--worker", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def work(flows: list[Flow], part: int, parts: int, asked: argparse.Namespace) -> Iterator[_Line]:
    """Do one worker's share, and yield how each cell came out."""
    base = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="azimuth-faults-", dir=base) as name,
        Stage.opened(Path(name)) as stage,
    ):
        for flow in flows:
            at = stage.prepare(flow)
            every = cells(flow.name, at.operations)
            chosen = every if asked.all or asked.only else sample(every, SAMPLE[flow.name], asked.seed)
            chosen = [cell for cell in chosen if asked.only in str(cell)]
            for condition in CONDITIONS[part::parts]:
                if flow.name in condition.flows and asked.only in condition.label:
                    began = time.monotonic()
                    bad = stage.under(at, condition)
                    yield _line(flow.name, condition.label, "", bad, time.monotonic() - began)
            for cell in part_of(chosen, part, parts):
                began = time.monotonic()
                bad = stage.disturb(at, cell.kind.make(cell.operation), hurried=cell.kind.hurried)
                yield _line(flow.name, cell.kind.label, str(cell.operation), bad, time.monotonic() - began)


def _line(flow: str, kind: str, operation: str, bad: tuple[str, ...], seconds: float) -> _Line:
    return {
        "flow": flow,
        "kind": kind,
        "operation": operation,
        "bad": list(bad),
        "seconds": round(seconds, 2),
    }


def _from_workers(asked: argparse.Namespace) -> Iterator[_Line]:
    command = [
        sys.executable,
        "-m",
        "tests.faults",
        "--seed",
        str(asked.seed),
        "--flow",
        asked.flow,
        "--only",
        asked.only,
    ]
    command += ["--all"] if asked.all else []
    running = [
        subprocess.Popen(
            [*command, "--worker", f"{part}/{asked.workers}"], cwd=_ROOT, stdout=subprocess.PIPE, text=True
        )
        for part in range(asked.workers)
    ]
    for child in running:
        for line in child.stdout or ():
            yield json.loads(line)
    if any(child.wait() for child in running):
        yield {"flow": "", "kind": "a worker", "operation": "", "bad": ["it broke off"], "seconds": 0}


def _report(lines: list[_Line], seconds: float) -> int:
    passed: dict[tuple[str, str], int] = defaultdict(int)
    tried: dict[tuple[str, str], int] = defaultdict(int)
    for line in lines:
        tried[line["kind"], line["flow"]] += 1
        passed[line["kind"], line["flow"]] += not line["bad"]
    flows = [flow.name for flow in FLOWS if any(name == flow.name for _, name in tried)]
    known = [*(kind.label for kind in KINDS), *(condition.label for condition in CONDITIONS)]
    listed = sorted(
        {*known, *(line["kind"] for line in lines)},
        key=lambda label: (int(label.split()[0]) if label[0].isdigit() else 0, label),
    )
    widest = max(map(len, listed))
    print(f"{'fault':{widest}} " + " ".join(f"{name:>15}" for name in flows))
    for label in listed:
        told = [_cell(passed[label, name], tried[label, name]) for name in flows]
        print(f"{label:{widest}} " + " ".join(f"{one:>15}" for one in told))
    wrong = [line for line in lines if line["bad"]]
    for line in wrong:
        print(f"\n{_bad(line)}")
    print(
        f"\n{len(lines)} cells, {len(wrong)} bad, {len(LEFT_OUT)} faults left out (--left-out says why), {seconds:.0f} s"
    )
    return 1 if wrong else 0


def _bad(line: _Line) -> str:
    return "\n    ".join((f"BAD {line['flow']}: {line['kind']} at {line['operation']}", *line["bad"]))


def _cell(passed: int, tried: int) -> str:
    return f"{passed}/{tried}" if tried else "·"


if __name__ == "__main__":
    sys.exit(main())
