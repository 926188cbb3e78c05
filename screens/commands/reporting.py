"""`azimuth bug-report`: what a report of a fault needs, shown first; written only where a file is named."""

from __future__ import annotations

from pathlib import Path

import click

from profiles.files import atomic_write
from screens.commands.options import common
from screens.faults import DONE
from screens.reporting import LOG_LINES, PREFACE, as_text, report
from screens.settings import Settings


@click.command("bug-report")
@click.argument("profile", required=False)
@click.option("--output", "file", metavar="FILE", help="Write it to FILE as well (only you can read it).")
@click.option(
    "--lines",
    type=click.IntRange(0, 5000),
    default=LOG_LINES,
    show_default=True,
    help="How many lines of the log.",
)
@common
def bug_report(settings: Settings, profile: str | None, file: str | None, lines: int) -> int:
    """Show what a report of a fault needs: versions, terminal, folders, settings, the shape of PROFILE, the log's end.

    It holds no secret and no value of an answer, contacts nobody, and sends nothing.
    """
    output = settings.output
    sections = report(profile, log_lines=lines)
    output.document(
        {"about": PREFACE, "sections": [{"title": one.title, "lines": list(one.lines)} for one in sections]}
    )
    text = as_text(sections)
    if not output.as_json:
        output.write_whole(text)
    if file is not None:
        path = Path(file).expanduser()
        atomic_write(path, text)
        output.note(f"Written to {path}. Read it, then attach it to your report.")
    return DONE
