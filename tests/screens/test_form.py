"""The form of a step: what is typed, chosen and picked; what is found out about it; what appears and disappears."""

from __future__ import annotations

from pathlib import Path

from textual.worker import WorkerState

from profiles.store import ProfileStore
from screens.app import AzimuthApp
from screens.widgets.choice_list import ChoiceList
from screens.widgets.secret_input import SecretInput
from screens.widgets.text_input import TextInput
from tests.rehearsal import practice
from tests.screens.person import LARGE
from tests.screens.walks import resumed


async def test_the_shape_is_told_while_typing_and_keeps_from_going_on(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, page):
            await person.press("tab", "ctrl+u", "3", "6")
            field = page.form.field("secret_months")
            assert "36 is not between 1 and 24" in field.told
            await person.press("ctrl+n")
            await person.see("1 thing to mend before going on")
            assert page.walkthrough.here.number == "2.3"
            assert page.focused is field.control_widget
            await person.press("ctrl+u", "9")
            assert page.walkthrough.given["secret_months"] == 9
            await person.press("enter")
            await person.at_step("3.1")


async def test_azure_is_asked_once_the_typing_pauses_and_stale_questions_end(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            page.form.field("app_name").focus_answer()
            await person.press("end", "ctrl+u")
            workers = set(person.app.workers)
            await person.write("himl-taken")
            seen = set(person.app.workers) - workers
            await person.quiet()
            states = [worker.state for worker in seen]
            assert states.count(WorkerState.SUCCESS) <= 1
            await person.see("2 applications have this name already")


async def test_the_rule_stands_below_until_something_is_found(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (_, page):
            assert "1 to 24 months" in page.form.field("secret_months").told


async def test_questions_come_and_go_with_other_answers_and_keep_what_was_typed(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.1") as (person, page):
            name = page.form.field("app_name")
            await person.press("enter", "ctrl+u")
            await person.write("typed-before")
            await person.press("shift+tab", "down")
            await person.until(lambda: not name.display, "the name to go")
            assert isinstance(page.focused, ChoiceList)
            await person.press("up")
            await person.until(lambda: name.display, "the name to come back")
            assert name.query_one(TextInput).value == "typed-before"
            assert isinstance(page.focused, ChoiceList)


async def test_a_correction_by_azure_comes_into_the_field(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "4.1") as (person, page):
            await person.press("ctrl+u")
            await person.write("contoso.example")
            tenant = "47eaa099-2cb6-416d-86dc-283cf0480ff9"
            field = page.form.field("tenant_id")
            await person.until(lambda: field.query_one(TextInput).value == tenant, "the id")
            assert "hi-ml wants the GUID" in field.told
            assert page.walkthrough.given["tenant_id"] == tenant


async def test_a_default_follows_the_answer_it_hangs_on(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "3.2") as (person, page):
            scope = page.form.field("role_scope").query_one(ChoiceList)
            assert scope.value == "group"
            await person.press("down")
            await person.until(lambda: scope.value == "workspace", "the scope to follow")
            assert "role_scope" not in page.walkthrough.given


async def test_the_secret_id_is_recognised_and_a_new_secret_is_made_instead(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(
            cloud, "2.3", app_mode="existing", app_id="legacy-training", secret_from="mine"
        ) as (
            person,
            page,
        ):
            page.form.field("secret_value").focus_answer()
            await person.until(lambda: isinstance(page.focused, SecretInput))
            await person.write("7e127b35-baaa-4b43-bacf-a1b61d3183ab")
            await person.until(lambda: page.walkthrough.given.get("secret_from") == "new", "the correction")
            assert page.form.field("secret_from").query_one(ChoiceList).value == "new"
            await person.until(lambda: not page.form.field("secret_value").display)


async def test_a_secret_is_shown_copied_and_saved_nowhere(tmp_path: Path, azimuth_home: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(
            cloud, "2.3", app_mode="existing", app_id="legacy-training", secret_from="mine"
        ) as (
            person,
            page,
        ):
            page.form.field("secret_value").focus_answer()
            await person.until(lambda: isinstance(page.focused, SecretInput))
            await person.write("canary~Zq8Qprobe")
            await person.press("ctrl+shift+a", "ctrl+c", "ctrl+x", "super+c")
            await person.see("A secret is not copied out of here")
            assert person.app.clipboard == ""
            assert "canary" not in person.sees()
            secret_input = page.form.field("secret_value").query_one(SecretInput)
            assert "canary" not in repr(secret_input)
            await person.quiet()
            assert page.walkthrough.secrets["secret_value"].reveal() == "canary~Zq8Qprobe"
        kept = [path.read_bytes() for path in azimuth_home.rglob("*") if path.is_file()]
        assert not any(b"canary" in content for content in kept)


async def test_a_disabled_subscription_is_passed_over_and_says_why(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "0.2") as (person, page):
            await person.see("can't be picked: Retired is disabled")
            before = page.walkthrough.answers["subscription"]
            await person.write("retired")
            await person.see("1 of 4")
            await person.press("enter")
            await person.quiet()
            assert page.walkthrough.here.number == "0.2"
            assert page.walkthrough.answers["subscription"] == before


async def test_what_is_in_no_list_is_told_with_what_there_is(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "3.1") as (person, page):
            await person.write("nowhere")
            await person.see("nothing fits")
            await person.press("enter")
            await person.see("“nowhere” is not there", "There are: speech, vision")
            await person.press("ctrl+u")
            await person.write("speech")
            await person.press("enter")
            await person.at_step("3.2")
            assert str(page.walkthrough.given["workspace"]).endswith("/speech")


async def test_an_object_id_that_was_pasted_becomes_the_application_id(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.2", app_mode="existing") as (person, page):
            await person.write("7df3bae7-d3f2-4783-b8bf-8cc279b58a73")
            await person.see("object id of the registration legacy-training")
            assert page.walkthrough.given["app_id"] == "5804abbe-c2b8-41c5-938c-f73419a7bae4"
            await person.press("enter")
            await person.at_step("2.3")


async def test_another_tenant_is_entered_and_the_context_says_so(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "0.1", size=LARGE, subscription="") as (person, page):
            await person.write("fabrikam")
            await person.press("enter")
            await person.at_step("0.2")
            assert page.setup.azure is not None
            assert page.setup.azure.identity.tenant == "1509bb0a-9bf1-4331-8a11-8783593942a4"
            assert "Fabrikam" in person.sees().splitlines()[0]


async def test_what_could_not_be_asked_can_be_written_and_blocks_nobody(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        entered = resumed(cloud, "2.3")
        person, page = await entered.__aenter__()
    # Practice Azure is gone now, as a network may be.
    await person.press("ctrl+n")
    await person.see("The list could not be had")
    await person.write("/subscriptions/s/resourceGroups/g/providers/m/workspaces/w")
    await person.quiet()
    assert "Could not check this" in page.form.field("workspace").told
    await person.press("ctrl+n")
    await person.at_step("3.2")
    await entered.__aexit__(None, None, None)


async def test_everything_is_on_disk_as_soon_as_it_is_typed(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, _):
            await person.press("ctrl+u")
            await person.write("kept")
            await person.until(lambda: ProfileStore().load("demo").answers.get("secret_name") == "kept")
            await person.see("saved ")


async def test_the_plan_grows_beside_the_form(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "1.1", size=LARGE, auth_way="interactive", workspace="") as (person, _):
            await person.see("Creates nothing")
            await person.press("down", "down")
            await person.see("Creates 3", "client secret himl · 6 months")


async def test_a_second_enter_does_not_take_the_next_step_s_defaults(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, page):
            page.action_next()
            page.action_next()
            await person.at_step("3.1")


def test_the_app_offers_no_picture_of_the_screen() -> None:
    assert "action_screenshot" not in vars(AzimuthApp)


async def test_paging_through_a_step_chooses_nothing(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "1.1") as (person, page):
            assert isinstance(page.focused, ChoiceList)
            await person.press("end", "pagedown", "pageup")
            assert page.walkthrough.given["auth_way"] == "federated"
            await person.press("home", "pagedown")
            assert page.walkthrough.given["auth_way"] == "interactive"
