"""All readers, and the table of what comes of all values through each of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.readers import documents, env_files, pipelines, shells, windows
from tests.readers.matrix import Outcome, Reader, ReaderError, tried
from tests.readers.values import all_values


class Row(NamedTuple):
    """One reader, what came of it, and why it was not tried or failed."""

    reader: Reader
    outcome: Outcome
    skipped: str = ""
    failed: str = ""


def all_readers() -> tuple[Reader, ...]:
    """Every reader of every format."""
    return (
        *shells.readers(),
        *env_files.readers(),
        *windows.readers(),
        *pipelines.readers(),
        *documents.readers(all_values),
    )


def row(reader: Reader, values: Mapping[str, str]) -> Row:
    """Try one reader."""
    if missing := reader.missing():
        return Row(reader, Outcome(), skipped=missing)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return Row(reader, tried(reader, values, Path(folder)))
        except ReaderError as failure:
            return Row(reader, Outcome(wrong=tuple(values)), failed=str(failure))


def told(rows: Iterable[Row], count: int) -> str:
    """The table, its sums, and what was not tried."""
    rows = tuple(rows)
    done = [one for one in rows if not one.skipped]
    lines = [f"{'reader':52} {'exact':>6} {'refused':>8} {'wrong':>6}"]
    for one in done:
        kept, refused, wrong = _counts(one)
        rule = f"  (rule of {one.reader.port})" if one.reader.port else ""
        lines.append(f"{one.reader.label:52} {kept:6} {refused:8} {wrong:6}{rule}")
        if one.failed:
            lines.append(f"    {one.failed}")
        if one.outcome.wrong and not one.failed:
            lines.append(f"    {', '.join(one.outcome.wrong)}")
    kept, refused, wrong = (sum(column) for column in zip(*(_counts(one) for one in done), strict=True))
    lines += [f"not tried: {one.reader.label}: {one.skipped}" for one in rows if one.skipped]
    total = kept + refused + wrong
    lines.append(
        f"{count} values x {len(done)} readers = {total} cells: {kept} exact, {refused} refused by name, {wrong} wrong"
    )
    return "\n".join(lines)


def _counts(one: Row) -> tuple[int, int, int]:
    return len(one.outcome.exact), len(one.outcome.refused), len(one.outcome.wrong)
