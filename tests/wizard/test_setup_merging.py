"""Several writers of one profile: nothing is lost, nothing overwritten, and what collides is shown."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from profiles.merging import Collision, Difference, merged
from profiles.profile import AnswerValue, Profile, SavedProof, Source, now
from profiles.store import ProfileStore
from tests.commands.azimuth import ROOT
from wizard.azure.clouds import AZURE_PUBLIC
from wizard.guide import Kind
from wizard.guides.himl import GUIDE
from wizard.keeping import _TRY_AGAIN
from wizard.setup import Setup

PROCESSES, UPDATES = 8, 50


def _setup(name: str = "demo") -> Setup:
    setup = Setup.begin(GUIDE, name, AZURE_PUBLIC)
    if not setup.store.exists(name):
        setup.save()
    return setup


def _edit(name: str, old: str, new: str) -> None:
    """Edit a profile's file by hand, while nobody looks."""
    path = ProfileStore().path(name)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_two_terminals_that_answer_different_questions_lose_nothing() -> None:
    one, other = _setup(), _setup()
    told: list[tuple[str, ...]] = []
    other.on_merge = told.append
    one.walkthrough.record("workspace", "vision")
    other.walkthrough.record("app_name", "himl-vision")
    kept = ProfileStore().load("demo")
    assert dict(kept.answers) == {"workspace": "vision", "app_name": "himl-vision"}
    assert other.walkthrough.given["workspace"] == "vision"
    assert told == [("workspace",)]
    one.walkthrough.record("secret_name", "himl")
    assert one.walkthrough.given["app_name"] == "himl-vision"


def test_a_hand_that_edits_the_file_is_not_overwritten_and_its_comments_stay() -> None:
    setup = _setup()
    setup.walkthrough.record("workspace", "vision")
    _edit("demo", 'workspace = "vision"', 'workspace = "byhand" # mine\nsecret_name = "own"')
    setup.walkthrough.record("app_name", "himl-vision")
    kept = ProfileStore().load("demo")
    assert dict(kept.answers) == {"workspace": "byhand", "secret_name": "own", "app_name": "himl-vision"}
    assert kept.sources["workspace"] == "chosen"
    assert 'workspace = "byhand" # mine' in ProfileStore().path("demo").read_text(encoding="utf-8")
    assert setup.walkthrough.given["secret_name"] == "own"


def test_what_a_hand_changed_is_not_carried_out_before_somebody_agrees() -> None:
    setup = _setup()
    setup.walkthrough.record("workspace", "vision")
    _edit("demo", 'workspace = "vision"', 'workspace = "byhand"')
    setup.walkthrough.record("app_name", "himl-vision")
    with pytest.raises(Exception, match="azimuth profiles approve demo"), setup.alone():
        pass
    setup.approve()
    with setup.alone():
        pass


def test_answers_that_collide_are_shown_and_chosen_between() -> None:
    one, other = _setup(), _setup()
    one.walkthrough.record("workspace", "mine")
    other.walkthrough.record("app_name", "theirs")
    other.walkthrough.record("workspace", "yours")  # was taken over: this is a new answer to it
    with pytest.raises(Collision) as caught:
        one.walkthrough.record("workspace", "mine again")
    assert [(d.key, d.mine, d.theirs) for d in caught.value.differences] == [
        ("workspace", "mine again", "yours")
    ]
    assert ProfileStore().load("demo").answers["workspace"] == "yours"
    assert (one.is_saved, one.collision) == (False, caught.value)
    # Nothing of one's own is on disk until it is settled, and nothing is forgotten.
    with pytest.raises(Collision):
        one.walkthrough.record("secret_name", "himl")
    one.settle(["workspace"])
    kept = ProfileStore().load("demo")
    assert dict(kept.answers) == {"workspace": "mine again", "app_name": "theirs", "secret_name": "himl"}
    assert (one.is_saved, one.collision) == (True, None)
    with pytest.raises(Collision):
        other.walkthrough.record("workspace", "third")
    other.settle([])
    assert other.walkthrough.given["workspace"] == "mine again"
    assert ProfileStore().load("demo").answers["workspace"] == "mine again"


def test_what_is_typed_on_while_a_merge_comes_in_collides_and_is_not_lost() -> None:
    setup = _setup()
    setup.walkthrough.record("workspace", "a")
    _edit("demo", 'workspace = "a"', 'workspace = "theirs"')
    setup.walkthrough.given["secret_name"] = "own"
    setup._write(*setup._snapshot())  # as the saving thread does; it has not come back yet
    setup.walkthrough.given["workspace"] = "typed on"
    with pytest.raises(Collision) as caught:
        setup.save()
    assert [(d.key, d.mine, d.theirs) for d in caught.value.differences] == [
        ("workspace", "typed on", "theirs")
    ]
    assert ProfileStore().load("demo").answers["workspace"] == "theirs"
    setup.settle(["workspace"])
    assert ProfileStore().load("demo").answers["workspace"] == "typed on"


async def test_what_could_not_be_saved_is_tried_again_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.keeping._TRY_AGAIN", 0.05)
    assert _TRY_AGAIN > 1
    setup = _setup()
    path = ProfileStore().path("demo")
    good = path.read_text(encoding="utf-8")
    path.write_text("not TOML [", encoding="utf-8")
    setup.walkthrough.record("workspace", "vision")
    async with asyncio.timeout(60):
        while not setup.save_problem:  # noqa: ASYNC110 - a thread saves
            await asyncio.sleep(0.01)
        assert "demo.toml" in setup.save_problem
        assert setup.walkthrough.given["workspace"] == "vision"
        path.write_text(good, encoding="utf-8")
        while not setup.is_saved:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    assert ProfileStore().load("demo").answers["workspace"] == "vision"
    await setup.close()


def test_a_profile_that_was_removed_or_exchanged_is_not_written_over() -> None:
    setup = _setup()
    store = ProfileStore()
    store.delete("demo")
    with pytest.raises(Exception, match="was removed"):
        setup.walkthrough.record("workspace", "vision")
    assert not store.exists("demo")
    store.save(Profile.new("demo", "himl", "AzureCloud"))
    with pytest.raises(Exception, match="nothing was overwritten"):
        setup.walkthrough.record("workspace", "vision")
    assert dict(store.load("demo").answers) == {}


def _profile(
    answers: dict[str, AnswerValue], sources: dict[str, Source] | None = None, **more: object
) -> Profile:
    profile = Profile.new("demo", "himl", "AzureCloud")
    given: dict[str, Source] = dict.fromkeys(answers, "chosen")
    return replace(profile, id="0" * 32, revision=1, answers=answers, sources=given | (sources or {}), **more)  # type: ignore[arg-type]  # fields of Profile by name


@pytest.mark.parametrize(
    ("mine", "theirs", "kept"),
    [
        ({"a": "1"}, {"a": "1"}, {"a": "1"}),
        ({"a": "2"}, {"a": "1"}, {"a": "2"}),
        ({"a": "1"}, {"a": "2"}, {"a": "2"}),
        ({"a": "2"}, {"a": "2"}, {"a": "2"}),
        ({}, {"a": "1"}, {}),
        ({"a": "1"}, {}, {}),
        ({}, {}, {}),
        ({"a": "1", "b": "x"}, {"a": "1", "c": "y"}, {"a": "1", "b": "x", "c": "y"}),
        ({}, {"a": "2"}, None),
        ({"a": "2"}, {}, None),
        ({"a": "2"}, {"a": "3"}, None),
        ({"a": "1", "b": "x"}, {"a": "1", "b": "y"}, None),
        ({"a": True}, {"a": "1"}, {"a": True}),
    ],
)
def test_answers_are_merged_by_key(
    mine: dict[str, AnswerValue], theirs: dict[str, AnswerValue], kept: dict[str, AnswerValue] | None
) -> None:
    base, here, there = _profile({"a": "1"}), _profile(mine), replace(_profile(theirs), revision=2)
    if kept is None:
        with pytest.raises(Collision):
            merged(base, here, there, {"a", "b", "c"})
    else:
        together = merged(base, here, there, {"a", "b", "c"})
        assert dict(together.answers) == kept
        assert set(together.sources) == set(kept)
        assert together.revision == 2


def test_a_default_gives_way_to_a_choice_and_what_was_found_is_found_again() -> None:
    base = _profile({})
    default = _profile({"a": "d"}, {"a": "default"})
    chosen = replace(_profile({"a": "c"}), revision=2)
    assert merged(base, default, chosen, {"a"}).answers["a"] == "c"
    assert merged(base, chosen, replace(default, revision=2), {"a"}).answers["a"] == "c"
    found, other = _profile({"f": "1"}), replace(_profile({"f": "2"}), revision=2)
    assert merged(base, found, other, {"a"}).answers["f"] == "1"  # no question: a fact


def test_what_is_no_answer_is_merged_too() -> None:
    base = _profile({}, stage="applying", deployments=("one",), outputs={"A": "1"})
    proof = SavedProof("sign in", True, now())  # noqa: FBT003 - how it came out
    mine = replace(base, deployments=("one", "two"), outputs={"A": "1", "B": "2"})
    theirs = replace(
        base, revision=2, stage="applied", deployments=("one", "three"), proofs=(proof,), unknown={"x": 1}
    )
    together = merged(base, mine, theirs, set())
    assert together.stage == "applied"
    assert together.deployments == ("one", "three", "two")
    assert dict(together.outputs) == {"A": "1", "B": "2"}
    assert together.proofs == (proof,)
    assert together.unknown == {"x": 1}


def test_a_difference_steers_no_terminal() -> None:
    line = Difference("a", None, "\x1b]0;x\x07" + "y" * 500, "\u202ex").line
    assert line.isprintable()
    assert len(line) < 300
    assert "no answer" in line


_UPDATE = """
import sys
from profiles.store import ProfileStore
from wizard.azure.clouds import AZURE_PUBLIC
from wizard.guides.himl import GUIDE
from wizard.setup import Setup
from profiles.errors import LockedError
key, updates = sys.argv[1], int(sys.argv[2])
setup = Setup.begin(GUIDE, "demo", AZURE_PUBLIC)
lost = saved = 0
for number in range(updates):
    setup.walkthrough.record(key, f"{key}-{number}")
    saved += 1
    lost += ProfileStore().load("demo").answers.get(key) != f"{key}-{number}"
print(saved, lost)
"""


def test_eight_processes_of_fifty_updates_each_lose_none(capsys: pytest.CaptureFixture[str]) -> None:
    _setup()
    keys = [question.key for question in GUIDE.questions if question.kind is not Kind.SECRET][:PROCESSES]
    assert len(keys) == PROCESSES
    command = [sys.executable, "-c", _UPDATE]
    running = [
        subprocess.Popen(
            [*command, key, str(UPDATES)], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True
        )
        for key in keys
    ]
    told = [process.communicate(timeout=300)[0].split() for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES
    saved, lost = (sum(int(one[at]) for one in told) for at in (0, 1))
    kept = ProfileStore().load("demo")
    with capsys.disabled():
        sys.stdout.write(f"\nconcurrent updates of one profile: {saved} saved, {lost} lost\n")
    assert (saved, lost) == (PROCESSES * UPDATES, 0)
    assert dict(kept.answers) == {key: f"{key}-{UPDATES - 1}" for key in keys}
    assert kept.revision == PROCESSES * UPDATES + 1
    assert [path.name for path in Path(ProfileStore().folder).iterdir() if "tmp" in path.name] == []
