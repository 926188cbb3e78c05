"""The words of a hand-off: the mail to an administrator, and the page that holds all they need."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wizard.guide import Kind
from wizard.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wizard.answers import Value
    from wizard.apply.handoff import HandOff
    from wizard.setup import Setup

_FENCE = re.compile(r"`{3,}")


def mail(off: HandOff, setup: Setup) -> str:
    """Return the text of a mail: who asks, where, for what and why, the commands, and how the answer is known."""
    where, guide = setup.context, setup.guide
    tenant = _named(where.tenant_name, where.tenant)
    subscription = _named(where.subscription_name, where.subscription)
    signed_in_as = f", as {off.who}" if off.who else ""
    return "\n".join(
        (
            f"Subject: Please make {_counted(off)} for {guide.title} in {tenant}",
            "",
            "Hello,",
            "",
            f"I am setting up {guide.title} on Azure with Azimuth, following {guide.source}.",
            f"I am {clean_line(where.identity)}, in tenant {tenant}, subscription {subscription}.",
            "",
            f"Step {off.step} ({off.title}) needs what I may not make myself:" if off.title else "I need:",
            *(f"  - {clean_line(label)}" for label in off.labels),
            "",
            f"Why you: {clean_line(off.reason, 2_000)}",
            "",
            f"Please run this, signed in with az login{signed_in_as}. Running it twice does no harm:",
            "",
            *(f"    {line}" for line in off.commands.splitlines()),
            "",
            *_ids(off),
            f"You need not answer: Azimuth sees when it is there, and goes on by itself{_what_follows(off)}.",
            "",
            "Thank you.",
            "",
        )
    )


def _which(off: HandOff) -> str:
    """One step by its number and title; without a title it is all of them at once."""
    return f"step {off.step} {off.title}" if off.title else "all at once"


def _counted(off: HandOff) -> str:
    return clean_line(off.labels[0]) if len(off.labels) == 1 else f"{len(off.labels)} things"


def _named(name: str, identity: str) -> str:
    name, identity = clean_line(name), clean_line(identity)
    return f"{name} ({identity})" if name and identity and name != identity else name or identity


def _what_follows(off: HandOff) -> str:
    return f" ({', '.join(map(clean_line, off.postponed))} follows)" if off.postponed else ""


def _ids(off: HandOff) -> Iterator[str]:
    if off.ids:
        yield "Ids:"
        yield from (f"  {clean_line(name)}: {clean_line(identity)}" for name, identity in off.ids.items())
        yield ""


def document(off: HandOff, setup: Setup) -> str:
    """Return the page of a hand-off as Markdown."""
    where, name = setup.context, setup.profile.name
    scope = [f"| Rights lacking | {_cell(', '.join(off.actions))} |", f"| On | {_cell(off.scope)} |"]
    return "\n".join(
        (
            f"# {setup.guide.title}, {_which(off)}: for an administrator",
            "",
            f"{clean_line(off.reason, 2_000)} Somebody else has to make this part; the rest goes on without them.",
            "",
            "| What | |",
            "| --- | --- |",
            f"| Asked by | {_cell(where.identity)} |",
            f"| Tenant | {_cell(_named(where.tenant_name, where.tenant))} |",
            f"| Subscription | {_cell(_named(where.subscription_name, where.subscription))} |",
            *(f"| To make | {_cell(label)} |" for label in off.labels),
            *(scope if off.actions else []),
            *([f"| Who may | {_cell(off.who)} |"] if off.who else []),
            *(f"| Waits for it | {_cell(label)} |" for label in off.postponed),
            *(f"| Id of {_cell(what)} | {_cell(identity)} |" for what, identity in off.ids.items()),
            "",
            "## With the Azure CLI",
            "",
            "Running it twice does no harm.",
            "",
            *_fenced(off.commands, "sh"),
            "",
            "## Or with Azimuth",
            "",
            "Save these answers as `answers.toml`; they hold no secret.",
            "",
            *_fenced(answers_text(setup), "toml"),
            "",
            *_fenced(off.otherwise, "sh"),
            "",
            "## How it is known",
            "",
            f"`azimuth resume {name}` looks for it, and goes on by itself when it is there. Nothing has to be sent back.",
            "",
            "## A mail that asks for it",
            "",
            *_fenced(off.mail, "text"),
            "",
        )
    )


def _cell(text: str) -> str:
    return clean_line(text, 2_000).replace("|", "\\|")


def _fenced(text: str, language: str) -> tuple[str, ...]:
    """A block of code whose fence is longer than any in the text."""
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return (f"{fence}{language}", text.rstrip("\n"), fence)


def answers_of(setup: Setup) -> Mapping[str, Value]:
    """Return what was answered, without secrets, as an answers file holds it."""
    walkthrough = setup.walkthrough
    answers = walkthrough.answers
    asked = (
        q for step in walkthrough.steps for q in walkthrough.questions(step) if q.kind is not Kind.SECRET
    )
    return {q.key: value for q in asked if (value := answers.get(q.key)) is not None}


def answers_text(setup: Setup) -> str:
    """Return the answers as the text of an answers file."""
    import tomlkit

    return tomlkit.dumps(dict(answers_of(setup)))
