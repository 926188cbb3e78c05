"""The log holds what happened and no secret: only on request, private, capped, and never from another library's mouth."""

from __future__ import annotations

import json
import logging
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from profiles import log_file
from profiles.log_file import LogFile, begin_log, end_log, fault_lines, last_lines
from profiles.secrets import Secret

CANARY = "Ab38Q~Zm9vYmFyLkJhel9xdXV4fkNvcmdlLTEyMzQ"


@pytest.fixture
def log(azimuth_home: Path) -> Iterator[Path]:
    yield begin_log()
    end_log()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_there_is_none_until_one_is_asked_for(azimuth_home: Path) -> None:
    logging.getLogger("wizard.azure").debug("GET something")
    assert not (azimuth_home / "state" / "log").exists()
    assert last_lines(10) == []


def test_it_is_private_and_begun_once(log: Path) -> None:
    assert begin_log() == log
    assert sum(isinstance(handler, LogFile) for handler in logging.getLogger().handlers) == 1
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_our_lines_are_told_redacted(log: Path) -> None:
    logging.getLogger("wizard.azure").debug("GET %s %s", "https://x/y?sig=abc", Secret(CANARY))
    logging.getLogger("screens.anything").info("Authorization: Bearer %s", CANARY)
    told = lines(log)
    assert told[0]["text"] == "GET https://x/y?••• •••"
    assert told[0]["level"] == "debug"
    assert CANARY not in log.read_text()


@pytest.mark.parametrize(
    "name", ["azure.core", "msal.token_cache", "urllib3.connectionpool", "wizard.practice.routing"]
)
def test_of_others_only_the_place_of_a_warning_is_told(log: Path, name: str) -> None:
    logger = logging.getLogger(name)
    logger.debug("body: %s", "quiet-canary")
    logger.warning("body: %s", "loud-canary")
    (told,) = lines(log)
    assert "canary" not in log.read_text()
    assert "test_log_file.py" in told["text"]


def test_a_secret_of_the_environment_is_known(azimuth_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "no form at all")
    path = begin_log()
    logging.getLogger("wizard.x").info("so: no form at all")
    end_log()
    assert lines(path)[0]["text"] == "so: •••"


def test_an_exception_is_told_by_type_and_place_and_its_text_only_where_it_is_ours(log: Path) -> None:
    from wizard.azure.errors import Conflict

    def fails() -> None:
        held = "local-canary"
        try:
            raise KeyError(held)
        except KeyError as inner:
            raise Conflict(f"It is there already; secretText={CANARY}") from inner

    try:
        fails()
    except Conflict as fault:
        logging.getLogger("screens.record").exception("ended", exc_info=fault)
    text = log.read_text()
    assert "canary" not in text
    assert CANARY not in text
    (told,) = lines(log)
    assert told["fault"][0].startswith("wizard.azure.errors.Conflict: It is there already")
    assert any(" in fails" in line for line in told["fault"])
    assert "KeyError" in told["fault"]


def test_groups_and_chains_without_end_are_told_and_end() -> None:
    first, second = ValueError("canary"), TypeError("canary")
    first.__cause__, second.__cause__ = second, first
    told = "\n".join(fault_lines(ExceptionGroup("canary", [first, OSError(28, "canary")])))
    assert "canary" not in told
    assert "No space left on device" in told


def test_a_full_one_is_turned_over_once_and_the_older_goes(azimuth_home: Path, tmp_path: Path) -> None:
    handler = LogFile(tmp_path / "azimuth.log", largest=2_000)
    record = logging.LogRecord("wizard.x", logging.INFO, "f", 1, "x" * 100, (), None)
    for _ in range(100):
        handler.emit(record)
    assert {path.name for path in tmp_path.iterdir()} == {"azimuth.log", "azimuth.log.1", "azimuth.lock"}
    for path in tmp_path.glob("azimuth.log*"):
        assert path.stat().st_size <= 2_000
        assert all(json.loads(line) for line in path.read_text().splitlines())


def test_many_writers_mix_no_lines(azimuth_home: Path, tmp_path: Path) -> None:
    handlers = [LogFile(tmp_path / "azimuth.log", largest=20_000) for _ in range(4)]

    def write(handler: LogFile) -> None:
        for _ in range(50):
            handler.emit(logging.LogRecord("wizard.x", logging.INFO, "f", 1, "y" * 80, (), None))

    threads = [threading.Thread(target=write, args=(handler,)) for handler in handlers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for path in tmp_path.glob("azimuth.log*"):
        assert all(json.loads(line)["text"] == "y" * 80 for line in path.read_text().splitlines())


def test_one_that_cannot_be_written_stops_nothing_and_says_nothing(
    log: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log.unlink()
    log.symlink_to(log.parent / "elsewhere")
    logging.getLogger("wizard.x").info("not written")
    assert not (log.parent / "elsewhere").exists()
    assert not any(isinstance(handler, LogFile) for handler in logging.getLogger().handlers)
    assert capfd.readouterr() == ("", "")


def test_a_planted_pipe_does_not_hold_us(azimuth_home: Path) -> None:
    folder = azimuth_home / "state" / "log"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "azimuth.log")
    with pytest.raises(OSError, match=r"."):
        begin_log()
    assert last_lines(5) == []


def test_a_thread_that_fails_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    before = threading.excepthook
    monkeypatch.setattr(threading, "excepthook", before)
    log_file.keep_off_the_terminal()

    def fails() -> None:
        raise RuntimeError("thread-canary")

    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()
    assert "canary" not in "".join(capfd.readouterr())
