"""The sweep finds what it looks for: a planted secret by every channel, in every form; else its silence would say nothing."""

from __future__ import annotations

import base64
import os
import resource
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.leaks.sentinels import Detector, Sentinel, forms
from tests.leaks.stage import Stage
from tests.leaks.watching import Watched

VALUE = "Ab38Q~pLanted.Secret_&_with/every+sort~of-s1gn"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.know("planted", VALUE)
    return stage


def clipboard(value: str) -> bytes:
    return b"\x1b]52;c;" + base64.b64encode(value.encode()) + b"\x07"


def in_colours(value: str) -> bytes:
    return b"".join(b"\x1b[38;5;%dm%c\x1b[0m" % (i, byte) for i, byte in enumerate(value.encode()))


def in_a_picture(value: str) -> bytes:
    cells = "".join(f'<text x="{i}">&#{ord(sign)};</text>' for i, sign in enumerate(value))
    return f"<svg>{cells}</svg>".encode()


def in_a_box(value: str) -> bytes:
    return "\r\n".join(f"│ {value[at : at + 7]} │" for at in range(0, len(value), 7)).encode()


@pytest.mark.parametrize("name", [name for name, _ in forms(VALUE)])
def test_every_form_is_found_amid_other_bytes(name: str) -> None:
    form = dict(forms(VALUE))[name]
    detector = Detector([Sentinel("planted", VALUE)])
    assert detector.hits(os.urandom(5000) + form + os.urandom(5000))
    assert not detector.hits(os.urandom(10_000))


@pytest.mark.parametrize("shift", range(3))
def test_base64_is_found_at_any_alignment_and_within_more(shift: int) -> None:
    whole = base64.b64encode(b"x" * shift + VALUE.encode() + b"and more behind it")
    assert Detector([Sentinel("planted", VALUE)]).hits(whole)


@pytest.mark.parametrize("drawn", [clipboard, in_colours, in_a_picture, in_a_box])
def test_what_a_terminal_or_a_browser_would_show_is_found(drawn: Callable[[str], bytes]) -> None:
    detector = Detector([Sentinel("planted", VALUE)])
    assert detector.hits(b"before" + drawn(VALUE) + b"after")
    assert not detector.hits(b"before" + drawn("Zz99X~another.one-of-the-same_length~and+kind/1") + b"after")


def test_ten_characters_at_either_end_are_enough() -> None:
    detector = Detector([Sentinel("planted", VALUE)])
    assert detector.hits(f"…{VALUE[:10]}…".encode())
    assert detector.hits(f"…{VALUE[-10:]}".encode())
    assert not detector.hits(f"…{VALUE[10:19]}…".encode())


@pytest.mark.parametrize(
    ("channel", "place"),
    [
        ("files", "home/.config/anything"),
        ("files", "tmp/x.tmp"),
        ("files", "work/out"),
        ("files", "azimuth/state/practice/secrets/azimuth-1"),
        ("log", "azimuth/state/log/azimuth.log"),
        ("journal", "azimuth/state/journals/demo.jsonl"),
        ("core", "work/core"),
    ],
)
def test_a_file_that_holds_it_is_found(stage: Stage, channel: str, place: str) -> None:
    path = stage.swept_root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(100) + VALUE.encode())
    assert {leak.channel for leak in stage.sweep("planted")} == {channel}


def test_a_file_name_that_holds_it_is_found(stage: Stage) -> None:
    (stage.work / f"{VALUE[:10]}.txt").touch()
    assert {leak.channel for leak in stage.sweep("planted")} == {"file names"}


def test_practice_azures_own_side_is_left_out_and_nothing_else(stage: Stage) -> None:
    stage.practice_folder.mkdir(parents=True)
    (stage.practice_folder / "practice.db").write_text(VALUE)
    assert not stage.sweep("planted")


@pytest.mark.parametrize("channel", ["stdout", "stderr", "terminal", "picture"])
def test_what_was_said_is_found(stage: Stage, channel: str) -> None:
    stage.hear(channel, "somewhere", f"so: {VALUE}".encode())
    assert {leak.channel for leak in stage.sweep("planted")} == {channel}
    assert not stage.sweep("later"), "what was swept is forgotten"


def test_arguments_and_environments_of_children_are_seen() -> None:
    child = f"sleep 0.4 # {VALUE}"
    with Watched() as watched:
        # The shell stands for Azimuth, its child for a bystander.
        subprocess.run(
            ["bash", "-c", f"PLANTED={shlex.quote(VALUE)} bash -c {shlex.quote(child + '; true')}; true"],
            check=True,
        )
    detector = Detector([Sentinel("planted", VALUE)])
    assert any(detector.hits(one) for one in watched.arguments)
    assert any(detector.hits(one) for one in watched.environments)


def test_a_program_that_azimuth_starts_is_overheard(stage: Stage) -> None:
    env = stage.environment | {"PLANTED": VALUE}
    subprocess.run(["git", "--version"], env=env, check=True, capture_output=True)
    stage.run("--version")
    assert {leak.channel for leak in stage.sweep("planted")} == {"environments"}


def test_a_core_holds_a_secret_where_nothing_forbids_it(stage: Stage) -> None:
    if Path("/proc/sys/kernel/core_pattern").read_text().strip() != "core":
        pytest.skip("this system gives its cores to a program")
    value = VALUE[: len(VALUE) // 2] + "'+'" + VALUE[len(VALUE) // 2 :]
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if limit == 0:
        pytest.skip("no core may be made here")

    def want_cores() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))

    code = f"import os; held = '{value}'; held = held.encode(); os.abort()"
    subprocess.run([sys.executable, "-c", code], cwd=stage.work, preexec_fn=want_cores, check=False)
    assert "core" in {leak.channel for leak in stage.sweep("planted")}


def test_a_secret_that_is_asked_for_has_to_be_there(stage: Stage) -> None:
    stage.hear("stdout", "env", VALUE.encode(), asked=("stdout",))
    with pytest.raises(AssertionError, match="none was found"):
        stage.hear("stdout", "env", b"nothing", asked=("stdout",))
