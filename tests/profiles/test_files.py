"""Files survive a kill at every call, a full disk and a second process."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from profiles.errors import LockedError
from profiles.files import append_line, atomic_write, locked, read_capped, remove_leftovers

ROOT = Path(__file__).parents[2]

# Kills itself before or after the nth call that touches the file system.
KILLED = """
import os, signal, sys
at, after, act = int(sys.argv[1]), sys.argv[2] == "after", sys.argv[3]
from profiles import files
from profiles.profile import Profile
from profiles.store import ProfileStore
from pathlib import Path
import tomlkit, dataclasses
folder = Path(sys.argv[4])
if act == "save":
    store = ProfileStore(folder, journals=folder)
    profile = store.load("demo")
count = 0
def counted(call):
    def wrapper(*args, **options):
        global count
        count += 1
        if count == at and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **options)
        if count == at and after:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapper
for name in "open write fsync replace unlink fchmod ftruncate close listdir".split():
    setattr(os, name, counted(getattr(os, name)))
if act == "save":
    store.save(dataclasses.replace(profile, answers={"key": "new" * 1000}))
elif act == "rename":
    ProfileStore(folder, journals=folder).rename("demo", "other")
else:
    files.append_line(folder / "journal", "new")
"""


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def run_killed(act: str, folder: Path, at: int, when: str) -> bool:
    """Run the child; whether it was killed (else it reached its end)."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(at), when, act, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0


def test_a_save_killed_at_any_call_leaves_the_old_profile_or_the_new(tmp_path: Path) -> None:
    from profiles.profile import Profile
    from profiles.store import ProfileStore

    points = 0
    for when in ("before", "after"):
        for at in range(1, 60):
            folder = tmp_path / f"{when}{at}"
            store = ProfileStore(folder, journals=folder)
            old = store.save(Profile.new("demo", "himl", "practice"))
            killed = run_killed("save", folder, at, when)
            now = store.load("demo")
            assert now == old or now.answers == {"key": "new" * 1000}
            assert store.approves(now), "a crash made the person's own answers foreign"
            again = store.save(now)
            assert names(folder) == [".approved", ".lock", "demo.toml"], "debris is left"
            assert store.load("demo") == again
            if not killed:
                assert now.revision == old.revision + 1
                break
            points += 1
    assert points >= 20


def test_a_rename_killed_at_any_call_loses_no_profile(tmp_path: Path) -> None:
    from profiles.profile import Profile
    from profiles.store import ProfileStore

    for at in range(1, 60):
        folder = tmp_path / str(at)
        store = ProfileStore(folder, journals=folder)
        old = store.save(Profile.new("demo", "himl", "practice"))
        killed = run_killed("rename", folder, at, "before")
        assert {store.load(name).id for name in store.names()} == {old.id}
        assert all(store.approves(store.load(name)) for name in store.names())
        if not killed:
            assert store.names() == ["other"]
            return
    pytest.fail("the child never came to its end")


def test_an_append_killed_at_any_call_keeps_earlier_lines_and_the_next_append_is_whole(
    tmp_path: Path,
) -> None:
    journal = tmp_path / "journal"
    for at in range(1, 20):
        journal.write_text("one\n")
        killed = run_killed("append", tmp_path, at, "after")
        append_line(journal, "last")
        lines = journal.read_text().splitlines()
        assert lines[0] == "one"
        assert lines[-1] == "last"
        if not killed:
            assert lines == ["one", "new", "last"]
            return
    pytest.fail("the child never came to its end")


def test_a_torn_last_line_is_closed_before_the_next(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.write_text('whole\n{"torn')
    append_line(journal, "next")
    assert journal.read_text() == 'whole\n{"torn\nnext\n'


def test_an_append_that_the_disk_refuses_in_part_is_taken_back(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from profiles.files import append_line\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "append_line(sys.argv[1], 'a' * 60)\n"
        "try:\n    append_line(sys.argv[1], 'b' * 60)\n"
        "except OSError: sys.exit(7)\n"
    )
    journal = tmp_path / "journal"
    done = subprocess.run([sys.executable, "-c", code, str(journal)], cwd=ROOT, check=False)
    assert done.returncode == 7
    assert journal.read_text() == "a" * 60 + "\n"


def test_a_write_that_the_disk_refuses_leaves_the_old_content_and_no_debris(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from profiles.files import atomic_write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "try:\n    atomic_write(sys.argv[1], 'b' * 200)\n"
        "except OSError: sys.exit(7)\n"
    )
    target = tmp_path / "file"
    target.write_text("old")
    assert subprocess.run([sys.executable, "-c", code, str(target)], cwd=ROOT, check=False).returncode == 7
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_file_is_private_whatever_the_umask_and_what_it_was(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    target.chmod(0o666)
    before = os.umask(0o777)
    try:
        atomic_write(target, "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text() == "new"


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_leftovers_of_one_file_are_removed_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / ".demo.toml.0123.azimuth-tmp").touch()
    (tmp_path / ".other.toml.0123.azimuth-tmp").touch()
    (tmp_path / "demo.toml").touch()
    remove_leftovers(tmp_path / "demo.toml")
    assert names(tmp_path) == [".other.toml.0123.azimuth-tmp", "demo.toml"]


def test_only_a_regular_file_of_some_size_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="regular"):
        read_capped(tmp_path / "pipe", 10)
    with pytest.raises(ValueError, match="regular"):
        read_capped("/dev/zero", 10)
    (tmp_path / "large").write_bytes(b"x" * 11)
    with pytest.raises(ValueError, match="larger"):
        read_capped(tmp_path / "large", 10)
    (tmp_path / "right").write_bytes(b"x" * 10)
    assert read_capped(tmp_path / "right", 10) == b"x" * 10


def test_a_planted_link_is_no_lock_file(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"), locked(tmp_path / "lock"):
        pass
    assert (tmp_path / "victim").read_text() == "precious"


HOLDER = """
import sys
from profiles.files import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_who_holds_the_lock_and_a_kill_frees_it(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError) as caught, locked(lock, "Profile demo"):
            pass
        assert caught.value.pid == holder.pid
        assert caught.value.host == os.uname().nodename
        assert f"Profile demo is in use by process {holder.pid} on " in str(caught.value)
        holder.kill()
        holder.wait()
        with locked(lock):
            assert lock.exists()
    assert lock.exists(), "removing it would let two processes hold it"


COUNTER = """
import sys
from pathlib import Path
from profiles.files import atomic_write, locked
file = Path(sys.argv[1])
for _ in range(25):
    with locked(file.with_suffix(".lock"), wait=60):
        atomic_write(file, str(int(file.read_text()) + 1))
"""


def test_updates_of_many_processes_under_the_lock_lose_none(tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("0")
    command = [sys.executable, "-c", COUNTER, str(file)]
    children = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    assert file.read_text() == "100"
