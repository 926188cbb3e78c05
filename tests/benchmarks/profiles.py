"""How long a profile that somebody hands over takes to be read or refused. Printed, not judged: python -m tests.benchmarks.profiles"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from profiles.errors import ProfileError
from profiles.importing import read_foreign
from tests.profiles.malformed import BYTES, GOOD, HEAVY, hand_made, mutated

_SEED = 20_260_131
_GENERATED = int(os.environ.get("AZIMUTH_MUTATIONS", "5000"))
_GOAL = 0.5


def main() -> None:
    """Measure hand-made, heavy and generated files, each as the import reads it."""
    rng = random.Random(_SEED)  # noqa: S311 - the same damage every time
    good = GOOD.encode()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "from-bob.toml"
        _print("hand-made", file, ((case.what, case.text.encode()) for case in hand_made()))
        _print("no text", file, BYTES.items())
        _print("heavy", file, ((what, text.encode()) for what, text in HEAVY.items()))
        _print("generated", file, ((str(n), mutated(rng, good)) for n in range(_GENERATED)))


def _print(kind: str, file: Path, cases: Iterable[tuple[str, bytes]]) -> None:
    took: list[tuple[float, str]] = []
    for what, content in cases:
        file.write_bytes(content)
        began = time.process_time()
        with contextlib.suppress(ProfileError):
            read_foreign(file)
        took.append((time.process_time() - began, what))
    took.sort()
    slowest, what = took[-1]
    middle = took[len(took) // 2][0]
    over = sum(1 for seconds, _ in took if seconds >= _GOAL)
    sys.stdout.write(
        f"{kind:10} {len(took):6} files  median {middle * 1000:6.1f} ms  slowest {slowest * 1000:6.1f} ms ({what})"
        f"  {over} over {_GOAL} s\n"
    )


if __name__ == "__main__":
    main()
