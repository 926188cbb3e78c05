"""Habits that every screen keeps: help, named keys with a meaning, no name that Textual has taken, any size of terminal."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen

import screens
from screens.dialogs import Dialog, Told
from screens.home import HomePage
from screens.page import Page
from screens.review import ReviewPage
from screens.sign_in import SignInPage
from screens.widgets.choice_list import ChoiceList
from screens.widgets.key_line import KeyLine
from screens.widgets.rail import Rail
from tests.rehearsal import practice
from tests.screens.person import LARGE, SMALL, Person, at_screen
from tests.screens.walks import resumed, review_of, sign_in, start
from wizard.guides.himl import GUIDE

# What Textual invites one to override, or makes for each class by itself.
_INVITED = frozenset(
    {
        "ALLOW_SELECT", "BINDINGS", "COMMANDS", "CSS_PATH", "DEFAULT_CSS", "HELP", "HORIZONTAL_BREAKPOINTS", "TITLE",
        "VERTICAL_BREAKPOINTS", "action_copy", "action_cut", "action_quit", "check_action", "compose", "can_focus",
        "get_content_height", "get_content_width", "get_key_display", "get_selection", "get_theme_variable_defaults",
        "on_mount", "on_resize", "render", "render_line", "selected_text", "_fatal_error",
    }
)  # fmt: skip
_BY_ITSELF = frozenset(
    {
        "_computes", "_css_type_name", "_css_type_names", "_decorated_handlers", "_inherit_bindings", "_inherit_css",
        "_merged_bindings", "_reactives", "can_focus_children", "_inherit_component_classes",
    }
)  # fmt: skip


def _ours() -> Iterator[type[DOMNode]]:
    for found in pkgutil.walk_packages(screens.__path__, "screens."):
        if found.name.startswith("screens.commands"):
            continue
        module = importlib.import_module(found.name)
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, DOMNode) and kind.__module__ == found.name:
                yield kind


OURS = tuple(_ours())


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_key_has_an_id_and_says_what_it_does(kind: type[DOMNode]) -> None:
    for binding in vars(kind).get("BINDINGS", ()):
        assert isinstance(binding, Binding), binding
        assert binding.id, binding
        assert binding.tooltip, binding
        assert binding.description, binding


def test_no_two_keys_share_an_id() -> None:
    ids = [binding.id for kind in OURS for binding in vars(kind).get("BINDINGS", ())]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("kind", [k for k in OURS if issubclass(k, Screen)], ids=lambda kind: kind.__name__)
def test_every_screen_has_help(kind: type[Screen[object]]) -> None:
    if kind not in {Page, Dialog}:
        assert kind.HELP, kind


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_no_name_of_ours_hides_one_of_textual_s(kind: type[DOMNode]) -> None:
    theirs = {
        name
        for base in kind.__mro__
        if base.__module__.startswith("textual") and issubclass(base, MessagePump)
        for name in vars(base)
    }
    own = {name for name in vars(kind) if not name.startswith("__")}
    assert own & theirs <= _INVITED | _BY_ITSELF


async def test_f1_explains_each_screen_and_escape_closes_it(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_screen(cloud) as person:
            await person.at(HomePage)
            await person.see("start")
            await _helped(person)
            await start(person)
            page = await person.at_step("0.1")
            told = await _helped(person)
            assert page.walkthrough.here.text.split(".")[0] in told
            await review_of(person)
            await _helped(person)


async def _helped(person: Person) -> str:
    page = person.app.screen
    assert isinstance(page, Page)
    await person.press("f1")
    told = (await person.at(Told)).told
    assert (page.HELP or "")[:40] in told
    assert "What this screen is for" in told
    await person.press("escape")
    await person.until(lambda: person.app.screen is page)
    return told


async def test_the_list_of_all_actions_leads_to_any_step(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, _):
            await person.press("ctrl+p")
            await person.see("Search")
            await person.write("go to 1.1")
            await person.see("Go to 1.1 Authentication")
            await person.press("enter")
            await person.at_step("1.1")


async def test_ctrl_c_says_how_to_leave_wherever_the_focus_is(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3") as (person, _):
            await person.press("ctrl+u", "ctrl+c")
            await person.see("All is saved. Ctrl+Q leaves.")


async def test_the_plan_opens_over_a_narrow_form(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "3.2") as (person, _):
            await person.press("f2")
            await person.see("What this makes", "Creates 4", "HIML_TENANT_ID")
            await person.press("f2")
            await person.at_step("3.2")


async def test_the_mouse_does_what_the_keys_do(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "1.1", size=LARGE) as (person, page):
            choices = page.form.field("auth_way").query_one(ChoiceList)
            await person.click(choices, (3, 1))
            await person.until(lambda: page.walkthrough.given["auth_way"] == "interactive")
            assert page.walkthrough.here.number == "1.1"
            keys = page.query_one(KeyLine)
            await person.click(keys, (keys.told.index("F1") + 2, 0))
            await person.at(Told)
            await person.press("escape")
            await person.click(page.query_one(Rail), (8, 2))
            await person.at_step("0.1")


async def test_who_is_signed_in_stands_on_every_screen(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "1.2") as (person, _):
            assert "you@contoso.example" in person.sees().splitlines()[0]
            assert "PRACTICE" in person.sees().splitlines()[0]
            await review_of(person)
            assert "you@contoso.example" in person.sees().splitlines()[0]


async def test_no_size_of_terminal_breaks_a_screen(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "3.1") as (person, _):
            for size in ((1, 1), (30, 8), (110, 24), (300, 90)):
                await person.resize(size)
                await person.press("f3", "escape", "f2", "escape", "f1", "escape")
                await person.at_step("3.1")
            await person.press("f10")
            await person.at(ReviewPage)
            for size in ((1, 1), (30, 8), (140, 45)):
                await person.resize(size)
                await person.quiet()
            await person.see("Enter: apply")


async def test_both_sizes_of_the_sketches_show_their_parts(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with resumed(cloud, "2.3", size=LARGE) as (person, _):
            await person.see("Steps", "2.3 Client secret", "here", "What this makes", "not needed", "saved ")
        async with resumed(cloud, "2.3", size=SMALL) as (person, _):
            await person.see("Step 6 of 9", "2.3 Client secret", "F3 all steps", "F2 Plan")


async def test_a_refused_sign_in_is_told_and_another_can_be_tried(tmp_path: Path) -> None:
    with practice(tmp_path) as cloud:
        async with at_screen(cloud, guide=GUIDE, profile="demo") as person:
            await person.at(SignInPage)
            await person.see("Enter signs in")
    async with at_screen(cloud, guide=GUIDE, profile="demo") as person:  # nobody answers there any more
        await sign_in(person)
        await person.see("That did not work", "Try again, or take another way")
