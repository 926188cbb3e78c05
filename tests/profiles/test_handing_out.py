"""A file that was asked for is private and whole, never over what is not ours, and never unseen into git."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from profiles.files import TEMPORARY
from profiles.formats.rules import hash_remark
from profiles.git_view import git_view
from profiles.handing_out import Handout, NotHandedOut, hand_out

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed here")


def handout(path: Path, text: str = "A=1\n", *, secret: bool = True) -> Handout:
    return Handout(str(path), text, secret, hash_remark)


def git(folder: Path, *words: str) -> str:
    """Run git with no settings but ours."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    author = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    done = subprocess.run(
        ["git", "-C", str(folder), *author, *words], env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def test_a_file_is_private_whatever_the_umask_and_its_reader_passes_our_mark_over(tmp_path: Path) -> None:
    path = tmp_path / "demo.env"
    before = os.umask(0)
    try:
        assert hand_out([handout(path)]) == ()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    first, rest = path.read_text().split("\n", 1)
    assert first.startswith("# Azimuth wrote this")
    assert rest == "A=1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["demo.env"]


def test_what_azimuth_wrote_is_replaced_until_it_is_changed_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "demo.env"
    hand_out([handout(path)])
    hand_out([handout(path, "A=2\n")])
    assert path.read_text().endswith("\nA=2\n")
    with path.open("a") as file:
        file.write("MINE=1\n")
    with pytest.raises(NotHandedOut, match="--force"):
        hand_out([handout(path, "A=3\n")])
    assert path.read_text().endswith("A=2\nMINE=1\n")
    hand_out([handout(path, "A=3\n")], force=True)
    assert path.read_text().endswith("\nA=3\n")


def test_a_foreign_file_stays_and_an_empty_or_equal_one_does_not_count(tmp_path: Path) -> None:
    foreign, empty, other = tmp_path / "foreign", tmp_path / "empty", tmp_path / "other"
    foreign.write_text("theirs\n")
    empty.touch()
    with pytest.raises(NotHandedOut, match=str(foreign)):
        hand_out([handout(other), handout(foreign)])
    assert not other.exists(), "nothing is written unless all may be"
    hand_out([handout(empty)])
    plain = Handout(str(other), "{}\n")
    hand_out([plain])
    hand_out([plain])
    with pytest.raises(NotHandedOut):
        hand_out([plain._replace(text="[]\n")])


def test_a_symbolic_link_stays_one_and_its_target_is_what_counts(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    hand_out([handout(link)])
    assert link.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o600
    target.write_text("theirs\n")
    with pytest.raises(NotHandedOut):
        hand_out([handout(link)])


def test_a_pipe_or_folder_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(NotHandedOut, match="No regular file"):
            hand_out([handout(path)], force=True)


@needs_git
def test_a_secret_that_git_would_commit_is_warned_of_with_the_line_that_keeps_it_out(
    repository: Path,
) -> None:
    (repository / "a [1]").mkdir()
    path = repository / "a [1]" / ".env"
    (warning,) = hand_out([handout(path)])
    line = warning.rsplit(": ", 1)[1]
    assert line == "/a \\[1]/.env"
    (repository / ".gitignore").write_text(f"{line}\n")
    assert hand_out([handout(path)]) == ()
    assert git(repository, "status", "--porcelain", "-uall").split() == ["??", ".gitignore"]


@needs_git
def test_a_file_that_git_tracks_gets_no_secret_unless_forced(repository: Path) -> None:
    path = repository / ".env"
    hand_out([handout(path, secret=False)])
    git(repository, "add", "-f", ".env")
    with pytest.raises(NotHandedOut, match="git rm --cached"):
        hand_out([handout(path, "A=2\n")])
    assert path.read_text().endswith("A=1\n")
    assert hand_out([handout(path, "A=2\n", secret=False)]) == ()
    (warning,) = hand_out([handout(path, "A=3\n")], force=True)
    assert "git tracks" in warning
    assert path.read_text().endswith("A=3\n")


@needs_git
def test_asking_git_runs_nothing_of_the_repository(repository: Path, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/PWNED'\n")
    program.chmod(0o700)
    for setting in ("core.fsmonitor", "core.pager", "core.editor", "diff.external", "core.sshCommand"):
        git(repository, "config", setting, str(program))
    git(repository, "config", "core.hooksPath", str(tmp_path))
    seen = git_view(repository / ".env")
    assert seen is not None
    assert seen.state == "new"
    assert not (tmp_path / "PWNED").exists()


@needs_git
def test_the_repository_of_a_hook_that_runs_us_is_not_taken_for_the_files_own(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))
    assert git_view(tmp_path / "elsewhere") is None


def test_a_repository_without_git_is_told_as_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    (warning,) = hand_out([handout(tmp_path / ".env")])
    assert "can't be asked" in warning


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(NotHandedOut, match="nowhere/x can't be written: No such file or directory"):
        hand_out([handout(tmp_path / "nowhere" / "x")])
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_write_left_is_swept_by_the_next_one(tmp_path: Path) -> None:
    left = tmp_path / f"..env.0123456789ab{TEMPORARY}"
    left.write_text("SECRET=half a")
    hand_out([handout(tmp_path / ".env")])
    assert [one.name for one in tmp_path.iterdir()] == [".env"]
