"""Where a secret goes, on the full screen: the choice where there is no keyring, the vault's passphrase, and what is shown once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.environment import variables_of
from profiles.errors import SecretMissing
from profiles.file_vault import FileVault, vault_path
from profiles.secrets import DOTS, Secret, open_store
from profiles.store import ProfileStore
from screens.dialogs import Ask
from screens.done import DonePage
from screens.home import HomePage
from screens.review import ReviewPage
from screens.store_dialogs import AskPassphrase, ShowOnce
from tests.rehearsal import himl, practice
from tests.screens.person import Person, at_screen
from tests.screens.walks import resumed, sign_in
from wizard.apply.run import Run
from wizard.azure.clouds import Cloud
from wizard.guides.himl import GUIDE

WORDS = "correct horse battery"
PASSWORD = "HIML_SERVICE_PRINCIPAL_PASSWORD"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have practice Azure's secrets wanted in the system's keyring, on a machine that has none."""
    monkeypatch.setenv("AZIMUTH_SECRET_STORE", "keyring")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def refused(cloud: Cloud) -> AsyncIterator[Person]:
    """Somebody whose review has just found out that there is no keyring."""
    async with resumed(cloud, "4.1") as (person, _):
        await person.press("f10")
        await person.at(Ask)
        await person.see("There is no keyring here that Azimuth trusts", "Keyring", "Vault", "Show it once")
        yield person


async def test_without_a_keyring_a_vault_is_made_and_asked_for_once(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with refused(cloud) as person:
            await person.press("down", "enter")
            await person.at(AskPassphrase)
            await person.see("A vault is made", "New passphrase: at least 12 characters", "Once more")
            await person.write("short")
            await person.press("enter")
            await person.see("It has 5 characters; it needs 12 at least.")
            await person.press("ctrl+u")
            await person.write(WORDS)
            await person.press("enter")
            await person.write("something else")
            await person.press("enter")
            await person.see("The two differ.")
            await person.press("ctrl+u")
            await person.write(WORDS)
            assert WORDS not in person.sees()
            await person.press("enter")
            await person.see("Enter: apply", "+ create client secret himl")
            await person.press("f10")
            await person.at(DonePage)
            await person.see("Done, and proved", "In your shell")
            await person.press("v")
            await person.see("All of it is there, and works.")
    (reference,) = ProfileStore().load("demo").secrets
    assert reference.store == "vault"
    value = open_store("vault", passphrase=lambda: Secret(WORDS)).get(reference.binding)
    assert value is not None
    assert variables_of("demo", lambda: Secret(WORDS))[PASSWORD] == value


async def test_the_choice_can_be_left_and_made_later(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with refused(cloud) as person:
            await person.press("escape")
            review = await person.at(ReviewPage)
            await person.see("Mend what is wrong first", "Keep secret")
            assert "--secret-store keyring, vault" in " ".join(review.told.split())
            await person.press("k")
            await person.at(Ask)
            await person.press("enter")  # the keyring: it is looked for again
            await person.quiet()
            await person.at(Ask)
            await person.press("down", "enter")
            await person.at(AskPassphrase)
            await person.press("escape")
            await person.see("Where secrets go", "its passphrase was not given")


async def test_what_is_shown_once_is_behind_a_key_and_nowhere_else(
    tmp_path: Path, azimuth_home: Path
) -> None:
    with practice(tmp_path) as cloud:
        async with refused(cloud) as person:
            await person.press("down", "down", "enter")
            await person.see("will be shown once, at the end, and kept nowhere", "Enter: apply")
            await person.press("f10")
            box = await person.at(ShowOnce)
            value = box._shown[PASSWORD].reveal()
            await person.see("Kept nowhere: put it away now", PASSWORD, DOTS)
            assert value not in person.sees()
            await person.press("space")
            await person.see(value)
            await person.press("space")
            await person.see(DOTS)
            assert value not in person.sees()
            await person.press("escape")
            await person.at(DonePage)
            await person.see(f"{PASSWORD}: no store keeps it, so azimuth env can't give it.", "P shows it")
            await person.press("p", "space")
            await person.see(value)
            assert person.app._clipboard == ""
    for file in azimuth_home.rglob("*"):
        if file.is_file():
            assert value.encode() not in file.read_bytes(), file
    with pytest.raises(SecretMissing, match="it was shown when it was made, and is kept nowhere"):
        variables_of("demo")


async def test_a_vault_that_is_there_is_opened_or_stays_locked(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        FileVault(vault_path(), lambda: Secret(WORDS), cost=4).probe()  # it keeps its cost: cheap
        async with himl(cloud) as setup:
            setup.store_choice, setup.passphrase = "vault", lambda: Secret(WORDS)
            assert (await Run(setup).go()).ok
        async with at_screen(cloud, guide=GUIDE, profile="demo", resume=True) as person:
            await sign_in(person)
            await person.at(AskPassphrase)
            await person.see("The secrets of your profiles are in Azimuth's vault")
            await person.write("not this one")
            await person.press("enter")
            await person.see("That is not the vault's passphrase.")
            await person.press("escape")
            await person.see("Not all of it holds.", "The vault is locked: its passphrase was not given.")
            await person.press("v")
            await person.at(AskPassphrase)
            await person.write(WORDS)
            await person.press("enter")
            await person.see("All of it is there, and works.")


async def test_the_end_of_a_secret_is_told_at_home_and_after_verifying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZIMUTH_SECRET_STORE")
    with practice(tmp_path) as cloud:
        async with himl(cloud) as setup:
            assert (await Run(setup).go()).ok
            (reference,) = setup.profile.secrets
            for days, told in ((20, "expires in 20 days"), (-3, "expired 3 days ago")):
                end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
                setup.keep(secrets=(replace(reference, expires=end),))
                async with at_screen(cloud) as person:
                    await person.at(HomePage)
                    await person.see("demo", f"{PASSWORD} {told}", "azimuth rotate demo")
        async with at_screen(cloud, guide=GUIDE, profile="demo", resume=True) as person:
            await sign_in(person)
            await person.at(DonePage)
            await person.see(f"{PASSWORD} expired 3 days ago", "azimuth rotate demo makes a new one")
