"""`azimuth bug-report` tells what a fault needs and nothing that is anybody else's business; it asks and sends nothing."""

from __future__ import annotations

import json
import re
import socket
import stat
from pathlib import Path

import pytest

from profiles.store import ProfileStore
from screens.reporting import as_text, report
from tests.commands.azimuth import applied, azimuth


@pytest.fixture
def told(azimuth_home: Path) -> str:
    """A report about an applied profile with a log."""
    applied("demo", "profiles/starters/himl.toml", "--log")
    return azimuth(
        "bug-report",
        "demo",
        env={"AZURE_CLIENT_SECRET": "handed-over", "HTTPS_PROXY": "http://me:pw@proxy:1"},
    ).stdout


def test_it_tells_what_a_fault_needs_and_no_value(told: str, azimuth_home: Path) -> None:
    for title in ("Versions", "Terminal", "Keyring", "Folders", "Settings", "Profiles", "Profile", "Log"):
        assert f"## {title}" in told
    for word in (
        "textual 8",
        "Python 3.",
        "profiles: 0700",
        "guide himl",
        "app_name (chosen)",
        "proof 1 of 5: holds",
    ):
        assert word in told
    assert "journal: made app (application)" in told
    assert "AZURE_CLIENT_SECRET" in told
    for value in ("handed-over", "me:pw", "himl-vision", "contoso", "you@"):
        assert value not in told
    profile = ProfileStore().load("demo")
    for private in (profile.context.tenant_id, profile.context.subscription_id, *profile.outputs.values()):
        assert not re.search(rf"\b{re.escape(private)}\b", told), private
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", told)
    assert str(azimuth_home.parent) not in told


def test_it_is_written_only_when_asked_and_for_its_person_alone(azimuth_home: Path, tmp_path: Path) -> None:
    before = {*tmp_path.iterdir()}
    azimuth("bug-report", cwd=tmp_path)
    assert {*tmp_path.iterdir()} == before
    done = azimuth("bug-report", "--output", "report.md", cwd=tmp_path)
    written = tmp_path / "report.md"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [line.rstrip() for line in written.read_text().splitlines()] == [
        line.rstrip() for line in done.stdout.splitlines()
    ]


def test_json_is_one_document(azimuth_home: Path) -> None:
    done = azimuth("bug-report", "--json", "--lines", "3")
    document = json.loads(done.stdout)
    assert {section["title"] for section in document["sections"]} >= {"Versions", "Folders"}
    assert "sent to nobody" in document["about"]


def test_a_profile_that_is_not_there_or_broken_is_told(azimuth_home: Path) -> None:
    done = azimuth("bug-report", "nobody")
    assert done.returncode == 2
    folder = azimuth_home / "config" / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broken.toml").write_text('schema = 2\nname = "secret-of-mine"\n[answers]\nx = [[[1]]]\n')
    text = as_text(report("broken"))
    assert "is not as it should be" in text
    assert "secret-of-mine" not in text


def test_broken_settings_stop_nothing(azimuth_home: Path) -> None:
    (azimuth_home / "config").mkdir(parents=True)
    (azimuth_home / "config" / "config.toml").write_text("colour = 3\n")
    assert "colour" in as_text(report())


def test_it_contacts_nobody(azimuth_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reach(*whom: object) -> None:
        raise AssertionError(f"somebody is contacted: {whom!r}")

    monkeypatch.setattr(socket, "socket", reach)
    monkeypatch.setattr(socket, "getaddrinfo", reach)
    assert report()


def test_the_person_and_the_machine_have_no_name(azimuth_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "annabella")
    monkeypatch.setenv("LANG", "annabella.UTF-8")
    text = as_text(report())
    assert "annabella" not in text
    if len(socket.gethostname()) > 3:
        assert socket.gethostname() not in text
