"""What a recording is: rows of a file of recorded Azure traffic, a cassette at a time, with what can be read off a row."""

from __future__ import annotations

import ast
import gzip
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_LABEL = re.compile(r'"label": "([^"]*)"')
_FILE = re.compile(r'"source_file": "([^"]*)"')
_MOCK = "/deployments/mock-deployment"
_FINAL = frozenset({"succeeded", "failed", "canceled", "cancelled", "complete", "completed", "ready"})
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_GROUP = re.compile(rf"/subscriptions/({GUID.pattern})/resourcegroups/([^/?\"\\]+)")
ZERO = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded call with its answer, as the file tells it."""

    fields: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def n(self) -> int:
        """Its place in the cassette."""
        return int(self.fields["n"])

    @property
    def label(self) -> str:
        """What it is about: `Network/virtualNetworks`."""
        return str(self.fields["label"])

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.fields["method"])

    @property
    def status(self) -> int:
        """The recorded HTTP status."""
        return int(self.fields["status"])

    @property
    def succeeded(self) -> bool:
        """Whether Azure did what was asked."""
        return self.status < 400

    @property
    def host(self) -> str:
        """Who answered: `management.azure.com`."""
        return urlsplit(str(self.fields["uri"])).netloc.removesuffix(":443")

    @property
    def path(self) -> str:
        """The path, decoded, with single slashes and none at its end."""
        return "/" + "/".join(
            part for part in unquote(urlsplit(str(self.fields["uri"])).path).split("/") if part
        )

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(urlsplit(str(self.fields["uri"])).query, keep_blank_values=True))

    @property
    def sent(self) -> Any:
        """The body of the request, read as JSON where it can be."""
        return _read(self.fields["req_body"])

    @property
    def body(self) -> Any:
        """The body of the answer, read as JSON where it can be."""
        return _read(self.fields["resp_body"])

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer that the recorders kept."""
        found: Mapping[str, str] = self.fields["resp_headers"]
        return found

    @property
    def error(self) -> Mapping[str, Any]:
        """What the corpus says of an error: `code`, `kind`, `shape`."""
        return self.fields["err"] or {}

    @property
    def follows(self) -> int | None:
        """The `n` of the call whose operation this one asks for."""
        found = self.fields["lro_of"]
        return None if found is None else int(found)

    @property
    def state(self) -> str:
        """How far what the answer shows has come: `running`, `over`, or nothing when it does not say."""
        body = self.body
        if self.follows is not None:
            found = body.get("status") if isinstance(body, dict) else None
            if isinstance(found, str):
                return "over" if found.lower() in _FINAL else "running"
            return "running" if self.status == 202 else "over"
        properties = body.get("properties") if isinstance(body, dict) else None
        found = properties.get("provisioningState") if isinstance(properties, dict) else None
        if not isinstance(found, str):
            return ""
        return "over" if found.lower() in _FINAL else "running"

    def cut(self, path: str) -> bool:
        """Whether the recorded list at a path was cut short."""
        return any(one["path"] == path for one in self.fields.get("truncated") or ())


@dataclass(frozen=True, slots=True)
class Cassette:
    """The calls of one recorded test, in order."""

    name: str
    rows: Sequence[Row]
    at: Mapping[int, int] = field(default_factory=dict)


def cassettes(path: Path, labels: frozenset[str] = frozenset(), name: str = "") -> Iterator[Cassette]:
    """The cassettes of a file; with `labels` only those that have one of them, up to the last such row."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for file, group in groupby(lines, _file_of):
            if name and name.lower() not in file.lower():
                continue
            kept = list(group)
            if labels:
                wanted = [n for n, line in enumerate(kept) if _label_of(line) in labels]
                kept = kept[: wanted[-1] + 1] if wanted else []
            if kept:
                rows = _in_time([Row(one) for one in _named([json.loads(line) for line in _hidden(kept)])])
                yield Cassette(file, rows, {row.n: index for index, row in enumerate(rows)})


def sampled(path: Path, seed: int, each: int) -> frozenset[str]:
    """The names of `each` cassettes of every label, the same ones for the same seed."""
    having: dict[str, set[str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            having.setdefault(_label_of(line), set()).add(_file_of(line))
    # Which ones is chance, but no secret.
    chance = random.Random(seed)  # noqa: S311
    chosen = [chance.sample(sorted(names), min(each, len(names))) for _, names in sorted(having.items())]
    return frozenset(name for names in chosen for name in names)


def _hidden(lines: list[str]) -> list[str]:
    """The lines with the subscription hidden in bodies too, where the recorder hid it in addresses alone."""
    asked = [_GROUP.match(urlsplit(json.loads(line)["uri"]).path.lower()) for line in lines]
    groups = {found[2] for found in asked if found}
    if {found[1] for found in asked if found} != {ZERO}:
        return lines
    told = {found[1] for line in lines for found in _GROUP.finditer(line.lower()) if found[2] in groups} - {
        ZERO
    }
    for guid in told:
        lines = [re.sub(guid, ZERO, line, flags=re.IGNORECASE) for line in lines]
    return lines


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with the names of deployments in their addresses, where the recorder wrote `mock-deployment`."""
    named = ""
    for row in rows:
        if _MOCK not in row["uri"]:
            continue
        body = row["resp_body"]
        if isinstance(body, dict) and "/deployments/" in str(body.get("id", "")).lower():
            named = str(body["id"]).lower().split("/deployments/")[1].split("/")[0]
            named = str(body.get("name")) if str(body.get("name")).lower() == named else named
        row["uri"] = row["uri"].replace(_MOCK, f"/deployments/{named}") if named else row["uri"]
    return rows


def _in_time(rows: list[Row]) -> tuple[Row, ...]:
    """The rows as they happened: the .NET recorders keep calls by address, so there only their dates tell the order."""
    if not rows or "azure-libraries-for-net" not in rows[0]["source"]:
        return tuple(rows)
    moments: list[float] = []
    for row in rows:
        told = row.headers.get("date")
        moments.append(parsedate_to_datetime(told).timestamp() if told else (moments[-1] if moments else 0.0))
    order = sorted(range(len(rows)), key=lambda at: (moments[at], at))
    return tuple(rows[at] for at in order)


def _file_of(line: str) -> str:
    found = _FILE.search(line, 0, 1000)
    return found[1] if found else str(json.loads(line)["source_file"])


def _label_of(line: str) -> str:
    found = _LABEL.search(line, 0, 2000)
    return found[1] if found else str(json.loads(line)["label"])


def _read(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        # Some recorders wrote down how Python shows bytes, and some did so twice.
        while body.startswith(("b'", 'b"')):
            body = ast.literal_eval(body).decode()
        return json.loads(body)
    except (ValueError, SyntaxError):
        return body
