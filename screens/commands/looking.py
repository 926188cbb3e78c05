"""`azimuth check` and `azimuth plan`: what can be said before anything is written."""

from __future__ import annotations

import asyncio

import click

from screens import json_shapes, telling
from screens.commands.guides import guide_named
from screens.commands.options import common
from screens.commands.reading import looking
from screens.connecting import connected, opened_cloud
from screens.faults import DONE, FAILED
from screens.settings import Settings
from wizard.apply.outcome import Preview
from wizard.apply.preflight import preflight
from wizard.guide import Findings, Severity
from wizard.setup import Setup

_answers = click.option("--answers", "file", required=True, metavar="FILE", help="Answers as TOML.")
_sign_in = click.option("--sign-in", "way", default="", metavar="WAY", help="How to sign in.")


@click.command()
@click.argument("guide")
@_answers
@_sign_in
@common
def check(settings: Settings, guide: str, file: str, way: str) -> int:
    """Check every answer of a file live, and list the findings. Exit code 1 if any is an error."""
    found_guide = guide_named(guide)
    output = settings.output
    with opened_cloud(settings) as cloud, looking(found_guide, cloud, file, None) as setup:
        found = asyncio.run(_check(setup, settings, way))
        output.document(json_shapes.checked(guide, setup.context, found))
        telling.header(output, setup)
    telling.findings(output, found)
    errors = sum(1 for one in found if one.blocks)
    warnings = sum(1 for one in found if one.severity is Severity.WARNING)
    output.say(f"{len(found)} findings: {errors} wrong, {warnings} warnings.")
    return FAILED if errors else DONE


async def _check(setup: Setup, settings: Settings, way: str) -> Findings:
    async with connected(setup, settings.output, way):
        return await setup.walkthrough.check_all()


@click.command()
@click.argument("guide")
@_answers
@click.option("--profile", metavar="NAME", help="Hold it against what this profile made already.")
@_sign_in
@common
def plan(settings: Settings, guide: str, file: str, profile: str | None, way: str) -> int:
    """Show what applying would do, by Azure's own word. Nothing is written. Exit code 1 if something blocks."""
    found_guide = guide_named(guide)
    output = settings.output
    with opened_cloud(settings) as cloud, looking(found_guide, cloud, file, profile) as setup:
        told = asyncio.run(_plan(setup, settings, way))
        output.document(json_shapes.preview(guide, told))
        telling.header(output, setup)
        telling.preview(output, told, setup)
    return FAILED if told.blocked else DONE


async def _plan(setup: Setup, settings: Settings, way: str) -> Preview:
    async with connected(setup, settings.output, way):
        return await preflight(setup)
