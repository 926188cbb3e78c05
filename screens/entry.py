"""The console script: the shortest ways to `azimuth env` and to the home screen, and the one edge at which errors become sentences and exit codes."""

from __future__ import annotations

import os
import resource
import sys
from typing import TYPE_CHECKING

from screens.shell import plain_form, print_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIPE_CLOSED = 141
_HOME = ((), ("--practice",))


def main() -> None:
    """Run the command line, and leave with its exit code."""
    _open_streams()
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = _pipe_closed()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is told in sentences on standard error."""
    try:
        quick = plain_form(arguments)
        if quick is not None and not os.environ.get("AZIMUTH_LOG"):
            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            return print_variables(*quick)
        if tuple(arguments) in _HOME:
            return _home(practice=bool(arguments))
        from screens.commands import command_line

        return command_line(arguments)
    except BrokenPipeError:
        return _pipe_closed()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except BaseException as fault:  # noqa: BLE001 - this is the edge
        return _told(fault, arguments)


def _open_streams() -> None:
    """Have somewhere to write where a stream was closed (``azimuth … >&-``): Python gives None then."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - stays open to the end


def _home(*, practice: bool) -> int:
    """Open the home screen without click, which would cost its first frame a tenth."""
    from screens.opening import home
    from screens.settings import Settings

    settings = Settings(cloud="practice" if practice else "")
    settings.keep_private()
    if settings.wants_log:
        from screens import record

        record.begin()
    return home(settings)


def _told(fault: BaseException, arguments: Sequence[str]) -> int:
    from screens import record
    from screens.faults import show, told, wants_traceback

    record.failed(fault)
    if wants_traceback():
        from profiles.log_file import fault_lines

        sys.stderr.write("\n".join(fault_lines(fault)) + "\n")
    ours = arguments[: arguments.index("--")] if "--" in arguments else arguments
    verbose = any(word in {"-v", "-vv", "--verbose"} for word in ours)
    return show(told(fault, verbose=verbose), as_json="--json" in ours)


def _pipe_closed() -> int:
    """Leave without a word when the reader has gone, as `head` does: Python would complain once more at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return _PIPE_CLOSED


if __name__ == "__main__":
    main()
