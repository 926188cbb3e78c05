"""``python -m tests.readers`` prints the table; its exit code is 1 if any cell is wrong. ``-v`` lists the refusals."""

from __future__ import annotations

import sys

from tests.readers.table import Row, all_readers, row, told
from tests.readers.values import all_values


def main() -> int:
    """Try all readers and print what came of it."""
    values = all_values()
    rows = [row(reader, values) for reader in all_readers()]
    print(told(rows, len(values)))
    if "-v" in sys.argv:
        print("\n".join(_refusals(rows)))
    return int(any(one.outcome.wrong for one in rows))


def _refusals(rows: list[Row]) -> list[str]:
    formats = {one.reader.form: one.outcome.refused for one in rows if one.outcome.refused}
    return [f"{form}: {name} {why}" for form, refused in formats.items() for name, why in refused.items()]


if __name__ == "__main__":
    sys.exit(main())
