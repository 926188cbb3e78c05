"""Runs inside the Azure CLI's own environment: one `az` command per line of standard input, one answer per line of output.

Each command is what `az` does after its interpreter has started: a new CLI object, its own arguments, its exit code. Starting
the interpreter once instead of a hundred times is all that differs; some commands are run as plain `az` processes besides.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any


def run(arguments: list[str], said: io.StringIO) -> dict[str, Any]:
    """Run one command, and give its exit code and what it wrote; `said` is its standard error."""
    from azure.cli.core import get_default_cli

    out = io.StringIO()
    with redirect_stdout(out):
        try:
            code = get_default_cli().invoke(arguments, out_file=out)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
    answer = {"code": int(code or 0), "out": out.getvalue(), "err": said.getvalue()}
    said.seek(0)
    said.truncate()
    return answer


def main() -> None:
    """Serve until standard input ends."""
    answers = sys.stdout
    # One for all commands: the CLI's log handlers keep the standard error that they first saw.
    with redirect_stderr(io.StringIO()) as said:
        for line in sys.stdin:
            answers.write(json.dumps(run(json.loads(line), said)) + "\n")
            answers.flush()


if __name__ == "__main__":
    main()
