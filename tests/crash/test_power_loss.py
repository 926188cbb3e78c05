"""The power may go at any moment of any save; and the disk that shows it would show a careless save, too."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.power_loss import SAVES, Save, tried


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.name)
def test_no_image_is_lost_or_unreadable(save: Save) -> None:
    told = tried(save)
    assert told.images > 3
    assert told.bad == ()


def test_there_are_enough_of_them() -> None:
    assert sum(tried(save).images for save in SAVES) >= 200


def _in_place(path: Path, body: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(descriptor, body)
    os.fsync(descriptor)
    os.close(descriptor)


def _replaced_unsynced(path: Path, body: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(descriptor, body)
    os.close(descriptor)
    os.replace(temporary, path)  # noqa: PTH105 - what is recorded


def _folder_unsynced(path: Path, body: bytes) -> None:
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(descriptor, body)
    os.fsync(descriptor)
    os.close(descriptor)
    os.replace(temporary, path)  # noqa: PTH105 - as above


@pytest.mark.parametrize(
    ("careless", "what"),
    [(_in_place, "neither"), (_replaced_unsynced, "neither"), (_folder_unsynced, "lost")],
)
def test_a_careless_save_is_found_out(careless: Callable[[Path, bytes], None], what: str) -> None:
    save = Save(
        "careless",
        lambda root: careless(root / "file", b"old content"),
        lambda root: careless(root / "file", b"new content, longer"),
        lambda root: (root / "file").read_bytes(),
    )
    assert any(what in bad for bad in tried(save).bad)
