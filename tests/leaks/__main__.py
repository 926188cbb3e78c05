"""Print the table of flows and channels: `python -m tests.leaks [GROUP…]`; exit code 1 where a secret got out."""

from __future__ import annotations

import sys

from tests.leaks.table import GROUPS, heading, played, row


def main() -> int:
    """Play every flow of the groups that are named, or of all."""
    flows = pieces = found = 0
    sys.stdout.write(f"{heading()}\n")
    for group in sys.argv[1:] or GROUPS:
        for name, swept, leaks, secrets in played(group):
            sys.stdout.write(f"{row(name, swept, leaks, secrets)}\n")
            sys.stdout.writelines(f"    {leak}\n" for leak in leaks)
            sys.stdout.flush()
            flows, pieces, found = flows + 1, pieces + sum(swept.values()), found + len(leaks)
    sys.stdout.write(f"{flows} flows, {pieces} pieces swept, {found} leaks\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
