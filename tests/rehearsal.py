"""A rehearsal for tests: practice Azure over real HTTPS, a signed-in person, and a setup of the hi-ml guide."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from wizard.answers import Value
from wizard.apply.events import Event
from wizard.azure.choose import open_cloud
from wizard.azure.clouds import Cloud
from wizard.azure.sign_in import sign_in_unattended
from wizard.guides.himl import GUIDE
from wizard.machine import Machine
from wizard.setup import Setup

HIML: Mapping[str, Value] = {
    "subscription": "Research",
    "auth_way": "service_principal",
    "app_name": "himl-vision",
    "workspace": "vision",
}


@contextmanager
def practice(folder: Path, *, world: str | None = None, time_scale: float = 0.0) -> Iterator[Cloud]:
    """Serve practice Azure from a folder."""
    with open_cloud("practice", practice_folder=folder, world=world, time_scale=time_scale) as cloud:
        yield cloud


def pace(folder: Path, cloud: Cloud, scale: float) -> None:
    """Give practice Azure another time scale: a test goes slowly where it looks, and waits for nothing else."""
    token = (folder / "admin_token").read_text(encoding="utf-8")
    answer = requests.put(
        f"{cloud.arm}/practice/time-scale",
        json={"scale": scale},
        headers={"Authorization": f"Bearer {token}"},
        verify=str(cloud.ca),
        timeout=30,
    )
    answer.raise_for_status()


@asynccontextmanager
async def himl(
    cloud: Cloud,
    name: str = "demo",
    *,
    answers: Mapping[str, Value] = HIML,
    kind: type[Setup] = Setup,
    machine: Machine | None = None,
) -> AsyncIterator[Setup]:
    """Yield a setup of the hi-ml guide, signed in as the person of the world."""
    setup = kind.begin(GUIDE, name, cloud, answers=answers, machine=machine or Machine())
    await setup.connect(await sign_in_unattended(cloud))
    try:
        yield setup
    finally:
        await setup.close()


@dataclass
class Heard:
    """Collects the events of a run."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]


def state_of(folder: Path, *, without: tuple[str, ...] = ()) -> dict[tuple[str, str], str]:
    """Read every document of practice Azure straight from its file: what there is, by kind and key."""
    with closing(sqlite3.connect(folder / "practice.db")) as connection:
        rows = connection.execute("SELECT kind, key, body FROM document").fetchall()
    return {(kind, key): doc for kind, key, doc in rows if kind not in without}


Rows = tuple[list[Any], list[Any]]


def database_of(folder: Path) -> sqlite3.Connection:
    """Practice Azure's own file, for what nobody can ask it to do."""
    return sqlite3.connect(folder / "practice.db", timeout=30, isolation_level=None)


def snapshot(folder: Path) -> Rows:
    """Everything that practice Azure remembers."""
    with closing(database_of(folder)) as database:
        documents = database.execute("SELECT kind, folded, key, body FROM document ORDER BY rowid")
        return documents.fetchall(), database.execute("SELECT name, value FROM meta").fetchall()


def restore(folder: Path, rows: Rows) -> None:
    """Set practice Azure back to a snapshot, in one transaction."""
    with closing(database_of(folder)) as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("DELETE FROM document")
        database.execute("DELETE FROM meta")
        database.executemany("INSERT INTO document (kind, folded, key, body) VALUES (?, ?, ?, ?)", rows[0])
        database.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", rows[1])
        database.execute("COMMIT")
