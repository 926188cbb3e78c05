"""A shell gets a profile's variables quickly, with the secrets that are its own, or a reason and a way on."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from profiles.environment import names_of, variables_of
from profiles.errors import NotApplied, ProfileError, ProfileNotFound, SecretMissing
from profiles.profile import Profile, SavedContext, SecretReference
from profiles.secrets import Secret, SecretStoreError, open_store
from profiles.store import ProfileStore

ROOT = Path(__file__).parents[2]
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
PASSWORD = "HIML_SERVICE_PRINCIPAL_PASSWORD"


@pytest.fixture
def applied(home: Path) -> Profile:
    """A saved profile with one plain variable and one secret."""
    profile = dataclasses.replace(
        Profile.new("demo", "himl", "practice"),
        context=SavedContext(tenant_id=TENANT),
        outputs={"HIML_TENANT_ID": TENANT},
        stage="applied",
    )
    binding = profile.binding("client")
    open_store("practice-folder").put(binding, Secret("s3ntinel"))
    reference = SecretReference(PASSWORD, "practice-folder", binding)
    return ProfileStore().save(dataclasses.replace(profile, secrets=(reference,)))


def test_variables_come_with_their_secrets(applied: Profile) -> None:
    assert variables_of("demo") == {"HIML_TENANT_ID": TENANT, PASSWORD: Secret("s3ntinel")}


def test_names_are_told_without_any_store(applied: Profile, home: Path) -> None:
    shutil.rmtree(home / "state" / "practice")
    assert names_of("demo") == ({"HIML_TENANT_ID": TENANT}, (PASSWORD,))
    with pytest.raises(ProfileNotFound):
        names_of("dmo")


def test_variables_stay_after_renaming(applied: Profile) -> None:
    ProfileStore().rename("demo", "prod")
    assert variables_of("prod")[PASSWORD] == Secret("s3ntinel")


def test_a_missing_profile_is_told_with_names_near_it(applied: Profile) -> None:
    with pytest.raises(ProfileNotFound, match="Did you mean demo"):
        variables_of("dmo")
    for trick in ("", "../profiles/demo", "demo\n", "a/b"):
        with pytest.raises(ProfileNotFound):
            variables_of(trick)


def test_without_any_profile_it_is_told_too(home: Path) -> None:
    with pytest.raises(ProfileNotFound, match="azimuth profiles"):
        variables_of("demo")
    assert not home.exists(), "asking makes no folders"


def test_a_profile_without_outputs_says_how_to_go_on(applied: Profile) -> None:
    store = ProfileStore()
    kept = store.save(dataclasses.replace(applied, outputs={}, secrets=(), stage="applying"))
    with pytest.raises(NotApplied, match="azimuth resume demo"):
        variables_of("demo")
    store.save(dataclasses.replace(kept, outputs={"HIML_TENANT_ID": "x"}, stage="undone"))
    with pytest.raises(NotApplied, match="undone"):
        variables_of("demo")


def test_a_secret_that_is_gone_or_damaged_names_the_ways_on(applied: Profile, home: Path) -> None:
    (item,) = (home / "state" / "practice" / "secrets").glob("azimuth-*")
    item.write_bytes(b"damaged")
    with pytest.raises(SecretMissing, match="azimuth rotate demo"):
        variables_of("demo")
    item.unlink()
    with pytest.raises(SecretMissing, match=f"{PASSWORD}.*it is not there.*azimuth rotate demo"):
        variables_of("demo")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cloud = "practice"', 'cloud = "evil"'),
        (f'tenant_id = "{TENANT}"', 'tenant_id = "evil.example"'),
        ("HIML_TENANT_ID", "LD_PRELOAD"),
        ("HIML_TENANT_ID", '"A;touch PWNED"'),
        (f'HIML_TENANT_ID = "{TENANT}"', "HIML_TENANT_ID = 1"),
        ("[[secrets]]", "[secrets]"),
        ("[outputs]", "[[outputs]]"),
        ('profile = "', "profile = 1 #"),
        ("schema = 2", "schema"),
    ],
)
def test_an_edited_profile_gives_no_secret_and_sets_nothing_dangerous(
    applied: Profile, old: str, new: str
) -> None:
    path = ProfileStore().path("demo")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ProfileError) as caught:
        variables_of("demo")
    assert "s3ntinel" not in str(caught.value)


def test_an_edit_of_both_the_profile_and_the_reference_gets_no_secret_either(applied: Profile) -> None:
    path = ProfileStore().path("demo")
    path.write_text(path.read_text().replace(TENANT, "evil.example"))
    with pytest.raises(SecretMissing):
        variables_of("demo")


def test_an_unknown_store_is_told(applied: Profile) -> None:
    path = ProfileStore().path("demo")
    path.write_text(path.read_text().replace('"practice-folder"', '"elsewhere"'))
    with pytest.raises(SecretStoreError, match="elsewhere"):
        variables_of("demo")


# A mirror of what `azimuth env` does after its arguments are read.
SHOW = """
import sys
from profiles.environment import names_of, variables_of
from profiles.variables import write
sys.stdout.write(write(variables_of("demo"), "bash"))
"""
HEAVY = [
    "click",
    "textual",
    "azure",
    "keyring",
    "tomlkit",
    "platformdirs",
    "dataclasses",
    "pathlib",
    "asyncio",
    "msal",
]


def test_a_shell_can_eval_the_variables_and_nothing_heavy_is_imported(applied: Profile) -> None:
    check = f"\nsys.stderr.write(' '.join(name for name in {HEAVY} if name in sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", SHOW + check], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    script = f'eval "$1"; printf %s "$HIML_TENANT_ID/${PASSWORD}"'
    shown = subprocess.run(
        ["bash", "-c", script, "-", done.stdout], capture_output=True, text=True, check=True
    )
    assert shown.stdout == f"{TENANT}/s3ntinel"


def test_variables_cost_a_shell_little_over_a_bare_interpreter(applied: Profile) -> None:
    """Measured in turns, by the middle of the times; the aim is 6 times `python -c pass`."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
        return time.perf_counter() - began

    turns = [(seconds("pass"), seconds(SHOW)) for _ in range(9)]
    bare, full = (statistics.median(times) for times in zip(*turns, strict=True))
    print(f"python -c pass {bare * 1000:.0f} ms, variables {full * 1000:.0f} ms, {full / bare:.1f} times")
    assert full / bare < 6


def test_no_module_of_profiles_imports_what_is_above_it() -> None:
    for file in (ROOT / "profiles").glob("*.py"):
        found = re.findall(
            r"^\s*(?:from|import) (wizard|screens|azure|textual|click)\b", file.read_text(), re.MULTILINE
        )
        assert not found, f"{os.fspath(file)} imports {found}"
