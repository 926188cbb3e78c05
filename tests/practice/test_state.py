from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wizard.practice.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "s.db")
    yield made
    made.close()


def test_keys_are_compared_without_case_and_keep_the_case_they_were_put_with(state: State) -> None:
    state.put("group", "/subscriptions/A/resourceGroups/RG-Vision", {"n": 1})
    state.put("group", "/subscriptions/a/resourcegroups/rg-vision", {"n": 2})
    assert list(state.all("group")) == [("/subscriptions/A/resourceGroups/RG-Vision", {"n": 2})]
    assert state.get("group", "/SUBSCRIPTIONS/A/RESOURCEGROUPS/RG-VISION") == {"n": 2}


def test_kinds_do_not_meet(state: State) -> None:
    state.put("a", "k", {"n": 1})
    assert state.get("b", "k") is None
    assert not state.delete("b", "k")
    assert state.delete("a", "K")
    assert not state.delete("a", "k")


def test_under_gives_what_begins_so_in_the_order_it_was_made(state: State) -> None:
    for key in ("/s/1/z", "/s/1/a", "/s/10/a", "/s/2", "/S/1/é", "/s/1/%", "/s/1_"):
        state.put("r", key, {})
    assert [key for key, _ in state.under("r", "/S/1/")] == ["/s/1/z", "/s/1/a", "/S/1/é", "/s/1/%"]


def test_a_document_given_out_is_a_copy(state: State) -> None:
    state.put("a", "k", {"list": [1]})
    mine = state.get("a", "k")
    assert mine is not None
    mine["list"].append(2)
    assert state.get("a", "k") == {"list": [1]}


def test_rows_may_be_deleted_while_they_are_gone_through(state: State) -> None:
    for n in range(5):
        state.put("a", str(n), {})
    for key, _ in state.all("a"):
        state.delete("a", key)
    assert list(state.all("a")) == []


def test_a_failed_transaction_leaves_no_trace_even_from_an_inner_one(state: State) -> None:
    state.put("a", "before", {})

    def fail() -> None:
        with state.transaction():
            state.put("a", "outer", {})
            with state.transaction():
                state.put("a", "inner", {})
                state.delete("a", "before")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert [key for key, _ in state.all("a")] == ["before"]


def test_two_states_on_one_file_never_lose_an_increment(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with closing(State(path)) as first:
        first.put("n", "n", {"n": 0})

    def count() -> None:
        with closing(State(path)) as mine:
            for _ in range(50):
                with mine.transaction():
                    found = mine.get("n", "n") or {}
                    mine.put("n", "n", {"n": found["n"] + 1})

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with closing(State(path)) as after:
        assert after.get("n", "n") == {"n": 100}


_KILLED = """
import sys
from pathlib import Path
from wizard.practice.state import State
state = State(Path(sys.argv[1]))
n = 0
while True:
    with state.transaction():
        state.put("pair", "left", {"n": n})
        state.put("pair", "right", {"n": n})
    n += 1
    if n == 20:
        print("going", flush=True)
"""


def test_a_killed_writer_leaves_whole_transactions_only(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"going\n"
        os.kill(child.pid, signal.SIGKILL)
    with closing(State(path)) as state:
        assert state.get("pair", "left") == state.get("pair", "right")
        assert (state.get("pair", "left") or {})["n"] >= 19


def test_the_file_and_its_journals_are_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        state = State(tmp_path / "s.db")
        state.put("a", "k", {})
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"s.db": 0o600, "s.db-wal": 0o600, "s.db-shm": 0o600}
    state.close()
