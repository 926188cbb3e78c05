"""`azimuth guides`: which guides there are, and what each asks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import click

from screens import json_shapes
from screens.commands.options import common
from screens.faults import DONE, Refused
from screens.output import Output
from screens.saying import said
from screens.settings import Settings
from wizard.answers import Answers
from wizard.guide import Guide, Kind, Question
from wizard.guides import all_guides

_WRITTEN: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SWITCH: "switch: true or false",
        Kind.LINES: "lines: between three quotes",
    }
)


@click.command()
@click.argument("guide", required=False)
@common
def guides(settings: Settings, guide: str | None) -> int:
    """List guides, or the steps and questions of one GUIDE: key, prompt, kind, default and rule."""
    output = settings.output
    if guide is None:
        listed = list(all_guides().values())
        output.document({"guides": [json_shapes.guide_line(one) for one in listed]})
        if not output.as_json:
            for one in listed:
                output.say(f"{one.key:14} {one.about}")
        return DONE
    found = guide_named(guide)
    output.document(json_shapes.guide_whole(found))
    if not output.as_json:
        _print(output, found)
    return DONE


def guide_named(name: str) -> Guide:
    """Return the guide of a name.

    Raises:
        Refused: there is none.
    """
    known = all_guides()
    if name not in known:
        raise Refused(f"There is no guide {name!r}. There are: {', '.join(known)}.")
    return known[name]


def _print(output: Output, guide: Guide) -> None:
    empty = Answers({}, guide.questions)
    output.say(f"{guide.title}: {guide.about}", "strong")
    output.say(guide.source, "quiet")
    for chapter in guide.chapters:
        output.say()
        output.say(f"{chapter.number}  {chapter.title}", "strong")
        for step in chapter.steps:
            output.say(f"  {step.number}  {step.title}")
            for question in step.questions:
                _print_question(output, question, empty)


def _print_question(output: Output, question: Question, empty: Answers) -> None:
    default = question.default_for(empty)
    facts = [_WRITTEN.get(question.kind, question.kind.value)]
    if default is not None:
        facts.append(f"default {said(default)}" if default != "" else "may be empty")
    elif callable(question.default):
        facts.append("default from earlier answers")
    elif question.required:
        facts.append("required")
    output.say(f"       {question.key:20} {question.prompt}  [{', '.join(facts)}]")
    if question.choices:
        output.say(
            f"       {'':20} one of: {', '.join(choice.value for choice in question.choices)}", "quiet"
        )
    elif question.rule:
        output.say(f"       {'':20} {question.rule}", "quiet")
