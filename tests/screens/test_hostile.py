"""Names that somebody else gave, in every list and line of the full screen: they stay text, and steer no terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content

from screens.dialogs import Told
from screens.done import DonePage
from screens.text import line, plain
from screens.widgets.rows import Row, laid_out
from screens.widgets.table import Table
from tests.rehearsal import practice
from tests.screens.person import LARGE, at_screen
from tests.screens.walks import STEPS, answer, start
from wizard.guide import Choice
from wizard.practice import worlds

NASTY = "[/] [@click=app.quit]x[/] \x1b]0;pwned\x07\x1b[31m\x9b2J\u202e"
SEQUENCES = ("\x1b]", "\x1b[31m", "\x9b", "\x07", "\u202e")


def hostile_world(folder: Path) -> Path:
    """Write a world whose every name is an attack."""
    facts: dict[str, Any] = json.loads(
        Path(worlds.__file__).with_name("default.json").read_text(encoding="utf-8")
    )
    for kind in ("tenants", "subscriptions", "applications", "users"):
        for one in facts[kind]:
            one["displayName"] = f"{one['displayName']} {NASTY}"
    path = folder / "hostile.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    return path


async def test_hostile_names_stay_text_on_every_screen(tmp_path: Path) -> None:
    (tmp_path / "practice").mkdir()
    with practice(tmp_path / "practice", world=str(hostile_world(tmp_path))) as cloud:
        async with at_screen(cloud, size=LARGE) as person:
            shown = []
            await start(person)
            for step in STEPS:
                page = await person.at_step(step)
                shown.append(person.app.export_screenshot())
                if step == "2.1":  # by way of the applications that are there, for their names
                    await person.press("down", "enter")
                    await person.at_step("2.2")
                    shown.append(person.app.export_screenshot())
                    await person.press("escape")
                    page = await person.at_step("2.1")
                    page.form.field("app_mode").focus_answer()
                    await person.until(lambda: page.form.field("app_mode").has_focus_within)  # noqa: B023 - at once
                    await person.press("up")
                await answer(person, step)
            await person.see("Enter: apply")
            shown.append(person.app.export_screenshot())
            await person.press("f1")
            await person.at(Told)
            await person.press("escape", "enter")
            await person.at(DonePage)
            shown.append(person.app.export_screenshot())
            await person.press("enter")
            await person.see("proved")
            shown.append(person.app.export_screenshot())
    together = "".join(shown)
    assert r"Contoso&#160;[/]" in together or "Contoso [/]" in together
    assert not any(sequence in together for sequence in SEQUENCES)


@pytest.mark.parametrize("name", [NASTY, "[red]x", "a" * 10_000, "\u200b", "表" * 300, ""])
@pytest.mark.parametrize("width", [1, 20, 78])
def test_rows_and_tables_take_any_text_at_any_width(name: str, width: int) -> None:
    rows = laid_out([Row(name, sign=name[:1], quiet=name, right=name[:5], word=name[:3])], width)
    choice = Choice(name, name, columns=(name, name), refusal=name)
    table = Table.fitting(("Name", "One", "Two"), [choice], max(width, 20))
    drawn = [*rows, table.row(choice, picked=True, width=max(width, 20)), table.head(("Name", "One", "Two"))]
    for content in drawn:
        assert isinstance(content, Content)
        assert not any(sequence in content.plain for sequence in SEQUENCES)


def test_the_door_for_text_keeps_brackets_and_shows_controls() -> None:
    assert plain("[bold]x[/]").plain == "[bold]x[/]"
    assert line("a\x1b]0;t\x07b") == r"a\x1b]0;t\x07b"
    assert "\n" not in line("a\nb")
