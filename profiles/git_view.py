"""Tells whether git would commit a file: asked of git itself, in a way that runs nothing of the repository's."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Literal, NamedTuple

_PATIENCE = 5.0  # seconds
# A repository's own settings may name programs; these run none of them.
_SAFE = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.pager=cat")
_SPECIAL = re.compile(r"([\\*?\[])")


class GitView(NamedTuple):
    """What git thinks of a file. `line` is what .gitignore at `top` needs to leave it out."""

    state: Literal["tracked", "ignored", "new", "unknown"]
    top: str
    line: str = ""


def git_view(path: str | os.PathLike[str]) -> GitView | None:
    """What git thinks of a file, there or not yet, behind symbolic links; None outside of any work tree.

    "unknown" means that there is a repository and git can't be asked: it is not installed or refuses.
    """
    target = Path(os.path.realpath(path))
    folder = target.parent
    around = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    if around is None:
        return None
    top = _asked(folder, "rev-parse", "--show-toplevel")
    if top is None or top.returncode != 0:
        return GitView("unknown", str(around))
    root = os.path.realpath(top.stdout.decode(errors="surrogateescape").rstrip("\n"))
    line = "/" + _SPECIAL.sub(r"\\\1", os.path.relpath(target, root))
    line = line[:-1] + "\\ " if line.endswith(" ") else line
    name = f":(literal){target.name}"
    if _says_yes(folder, "ls-files", "--error-unmatch", "--", name):
        return GitView("tracked", root, line)
    return GitView(
        "ignored" if _says_yes(folder, "check-ignore", "-q", "--", target.name) else "new", root, line
    )


def _says_yes(folder: Path, *words: str) -> bool:
    done = _asked(folder, *words)
    return done is not None and done.returncode == 0


def _asked(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes] | None:
    # A hook of git's that runs us has set these for another question.
    from profiles.redaction import names_a_secret

    # What a shell got by `eval "$(azimuth env …)"` is none of git's business, nor of its aliases and pagers.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") and not names_a_secret(name)
    }
    try:
        return subprocess.run(
            ["git", *_SAFE, "-C", str(folder), *words],
            env={**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
