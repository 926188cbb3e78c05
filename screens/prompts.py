"""Line prompts by questionary: one line asked, one line answered, nothing redrawn, so that a screen reader follows."""

from __future__ import annotations

import errno
import os
import shutil
import textwrap
from collections.abc import Sequence
from enum import Enum
from getpass import getpass
from pathlib import Path

import questionary

from screens.output import Output
from screens.saying import said
from screens.terminal import is_dumb
from wizard.guide import Choice
from wizard.text import clean_line

MOST_LISTED = 20
_WIDEST = 100
_LARGEST = 1024 * 1024  # bytes of a file that is read as an answer
_PLAIN = questionary.Style([("question", "bold"), ("answer", "noinherit")])


class Way(Enum):
    """What a person may type instead of an answer."""

    BACK = "<"
    MORE = "?"
    REST = ">"


HINT = (
    "Enter takes what stands in [brackets]; < goes back; ? explains; > takes all the rest as it stands; "
    "Ctrl+C stops, and all is saved."
)


class Prompts:
    """Asks on the terminal. Ctrl+C and the end of input raise KeyboardInterrupt."""

    def __init__(self, output: Output) -> None:
        self.output = output
        # Asking for the cursor's position writes into what a screen reader reads, and few emulate it.
        os.environ.setdefault("PROMPT_TOOLKIT_NO_CPR", "1")
        if not output.colour:
            os.environ.setdefault("PROMPT_TOOLKIT_COLOR_DEPTH", "DEPTH_1_BIT")

    async def line(self, prompt: str, default: str = "", offers: Sequence[str] = ()) -> str | Way:
        """Ask for a line; an empty one means the default."""
        shown = f"{prompt} [{default}]:" if default else f"{prompt}:"
        if offers and not is_dumb():
            question = questionary.autocomplete(
                shown, choices=list(offers), qmark="", style=_PLAIN, match_middle=True
            )
        else:
            question = questionary.text(shown, qmark="", style=_PLAIN)
        try:
            typed = str(await question.unsafe_ask_async()).strip()
        except EOFError:
            raise KeyboardInterrupt from None
        if typed in {way.value for way in Way}:
            return Way(typed)
        return typed or default

    async def secret(self, prompt: str) -> str | Way:
        """Ask for a secret; it does not show."""
        try:
            if is_dumb():
                typed = getpass(f"{prompt} (does not show): ")
            else:
                question = questionary.password(f"{prompt} (does not show):", qmark="", style=_PLAIN)
                typed = str(await question.unsafe_ask_async())
        except EOFError:
            raise KeyboardInterrupt from None
        return Way(typed) if typed in {way.value for way in Way} else typed.strip()

    async def switch(self, prompt: str, default: str = "") -> str | Way:
        """Ask for yes or no; return what was typed if it is neither."""
        return await self.line(f"{prompt} (yes or no)", default)

    async def lines(self, prompt: str, default: str = "") -> str | Way:
        """Ask for a text of several lines: typed or pasted up to an empty line, or read from @FILE.

        An empty first line means the default.

        Raises:
            OSError, UnicodeDecodeError: the file can't be read.
        """
        kept = f" [{said(default)}]" if default else ""
        self.output.say(
            f"{prompt}{kept}: several lines, ended by an empty one, or @FILE to read them from a file."
        )
        taken: list[str] = []
        while True:
            typed = await self._raw_line(f"{len(taken) + 1:3}:")
            if not taken and typed.strip() in {way.value for way in Way}:
                return Way(typed.strip())
            if not taken and typed.startswith("@"):
                return _from_file(typed[1:].strip())
            if not typed.strip():
                return "\n".join(taken) if taken else default
            taken += typed.splitlines()

    async def _raw_line(self, prompt: str) -> str:
        try:
            return str(await questionary.text(prompt, qmark="", style=_PLAIN).unsafe_ask_async())
        except EOFError:
            raise KeyboardInterrupt from None

    async def choose(self, prompt: str, choices: Sequence[Choice], default: str = "") -> str | Way:
        """Ask for one of a list, by number, name or a part of the name; return what was typed if it is none of them.

        The list is told first; a long one is told as far as what was typed matches.
        """
        numbered = list(enumerate(choices, 1))
        shown = next((choice.label for choice in choices if choice.value == default), default)
        if len(numbered) <= MOST_LISTED:
            self._list(numbered)
        else:
            self.output.say(f"  {len(numbered)} to choose from: type a part of the name.")
        labels = [choice.label for choice in choices] if len(numbered) > MOST_LISTED else []
        while True:
            typed = await self.line(f"{prompt} (number or name)", shown, labels)
            if isinstance(typed, Way):
                return typed
            if typed == shown:
                return default
            found = matching(typed, numbered)
            if len(found) == 1:
                return found[0][1].value
            if not found:
                return typed
            self.output.say(f"  “{clean_line(typed, 60)}” fits {len(found)} of them:")
            self._list(found[:MOST_LISTED])

    def _list(self, numbered: Sequence[tuple[int, Choice]]) -> None:
        for number, choice in numbered:
            facts = [f"can't be picked: {choice.refusal}"] if choice.refusal else [*choice.columns]
            told = " · ".join(fact for fact in facts or [choice.detail] if fact)
            self.output.say(f"  {number:2}  {choice.label}{f'  · {told}' if told else ''}")

    def paragraph(self, text: str) -> None:
        """Say a text in lines that fit the terminal."""
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        for line in textwrap.wrap(text, max(width, 40)):
            self.output.say(line)


def _from_file(name: str) -> str:
    """Read a text that somebody would otherwise paste."""
    path = Path(name).expanduser()
    if path.stat().st_size > _LARGEST:
        raise OSError(errno.EFBIG, f"is larger than {_LARGEST // 1024} KiB", name)
    return path.read_text(encoding="utf-8-sig").strip()


def matching(typed: str, numbered: Sequence[tuple[int, Choice]]) -> list[tuple[int, Choice]]:
    """Return the choices that a text means: its number, else its exact name, else every one that holds it."""
    if typed.isdecimal():
        return [pair for pair in numbered if pair[0] == int(typed)]
    exact = [pair for pair in numbered if pair[1].answers_to(typed)]
    wanted = typed.casefold()
    return exact or [pair for pair in numbered if wanted and wanted in pair[1].label.casefold()]
