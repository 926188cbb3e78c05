"""No file that somebody hands over can crash the program: each is told with its key or line, or is a profile."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from profiles.document import LARGEST
from profiles.errors import ProfileError
from profiles.importing import read_foreign
from profiles.profile import Profile
from profiles.reading import profile_of
from profiles.writing import to_toml
from tests.profiles.malformed import BYTES, GOOD, HEAVY, Case, hand_made, mutated

CASES = list(hand_made())
GENERATED = int(os.environ.get("AZIMUTH_MUTATIONS", "5000"))
SEED = 20_260_131
# Without a line: what is wrong with the file as a whole.
_WHOLE = ("it is not UTF-8", "it is larger than")


def test_the_good_one_is_good() -> None:
    assert profile_of(GOOD, "demo.toml", name="demo").name == "demo"
    assert len({case.text for case in CASES}) == len(CASES) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what[:50].encode("ascii", "replace").decode())
def test_a_bad_profile_is_told_with_its_key_and_line(case: Case) -> None:
    with pytest.raises(ProfileError) as caught:
        profile_of(case.text, "demo.toml", name="demo")
    told = {(fault.key, fault.line) for fault in caught.value.faults}
    if case.line is not None:
        assert (case.key, case.line) in told
    else:
        assert case.key in {key for key, _ in told}
    _see_harmless(caught.value)


@pytest.mark.parametrize("what", HEAVY)
def test_what_would_keep_a_careless_reader_busy_is_told(what: str, tmp_path: Path) -> None:
    """How long each takes is measured by tests/benchmarks/profiles.py; here the caps end it."""
    file = tmp_path / "from-bob.toml"
    file.write_text(HEAVY[what], "utf-8")
    with pytest.raises(ProfileError) as caught:
        read_foreign(file)
    _see_harmless(caught.value, "from-bob.toml")


@pytest.mark.parametrize("what", BYTES)
def test_a_file_that_is_no_text_is_told(what: str, tmp_path: Path) -> None:
    file = tmp_path / "from-bob.toml"
    file.write_bytes(BYTES[what])
    with pytest.raises(ProfileError) as caught:
        read_foreign(file)
    _see_harmless(caught.value, "from-bob.toml")


@pytest.mark.parametrize(
    "kind", ["pipe", "device", "folder", "link to a device", "sparse giant", "nothing", "NUL"]
)
def test_what_is_no_file_is_neither_waited_for_nor_read(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "sparse giant":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    with pytest.raises(ProfileError):
        read_foreign("x\0y" if kind == "NUL" else path)


def test_damaged_profiles_are_told_or_are_profiles(tmp_path: Path) -> None:
    rng = random.Random(SEED)  # noqa: S311 - the same damage every time
    goods = [GOOD.encode(), GOOD.replace("schema = 2", "schema = 1").encode(), _newer()]
    file = tmp_path / "from-bob.toml"
    refused = 0
    for number in range(GENERATED):
        damaged = mutated(rng, rng.choice(goods))
        file.write_bytes(damaged)
        try:
            profile = read_foreign(file).profile
        except ProfileError as error:
            refused += 1
            _see_harmless(error, "from-bob.toml")
        else:
            if number % 25 == 0:
                _see_written(profile, damaged.decode("utf-8-sig"))
    assert refused > GENERATED // 2
    assert refused < GENERATED


def _newer() -> bytes:
    return GOOD.replace("schema = 2", 'schema = 3\nshape = ["round", {a = 1}]').encode()


def _see_written(profile: Profile, before: str) -> None:
    """What is taken must be kept as it is: a profile that can be read can be saved."""
    try:
        text = to_toml(profile, before)
    except ValueError:
        return
    assert len(text) > LARGEST or profile_of(text, "demo.toml") == profile


def _see_harmless(error: ProfileError, file: str = "demo.toml") -> None:
    """Every fault says where it is, nothing of it steers a terminal, and the whole is short enough to read."""
    assert error.faults
    for fault in error.faults:
        assert fault.file == file
        assert fault.key or fault.line is not None or fault.what.startswith(_WHOLE)
        assert str(fault).isprintable()
    assert len(str(error)) < 60_000
