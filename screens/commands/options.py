"""The options that every command takes, before or after its name, and what they come to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from profiles.secrets import STORES
from screens import record
from screens.settings import Settings

_OPTIONS = (
    click.option("--practice", is_flag=True, help="Rehearse on practice Azure (or AZIMUTH_CLOUD=practice)."),
    click.option(
        "--cloud",
        metavar="NAME",
        help="AzureCloud, AzureUSGovernment, AzureChinaCloud, practice, or one of azimuth clouds.",
    ),
    click.option("--world", metavar="NAME", help="Practice Azure's world: a name or a JSON file."),
    click.option(
        "--time-scale", type=click.FloatRange(0), help="How long practice Azure takes: 0 at once, 1 lifelike."
    ),
    click.option("--plain", is_flag=True, help="Ask by line prompts instead of the full screen."),
    click.option(
        "--json", "as_json", is_flag=True, help="JSON on standard output, text for people on standard error."
    ),
    click.option("--no-color", "no_colour", is_flag=True, help="No colours (or NO_COLOR)."),
    click.option("-v", "--verbose", count=True, help="Tell more."),
    click.option("--log", is_flag=True, help="Write a log, without secrets (or AZIMUTH_LOG=1)."),
    click.option(
        "--secret-store",
        type=click.Choice(STORES),
        help="Keep new secrets in the keyring, in an encrypted vault, or show them once "
        "(or AZIMUTH_SECRET_STORE).",
    ),
)
_NAMES = (
    "practice",
    "cloud",
    "world",
    "time_scale",
    "plain",
    "as_json",
    "no_colour",
    "verbose",
    "log",
    "secret_store",
)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the common options; it gets `settings` instead of each of them."""

    @functools.wraps(function)
    def call(*args: Any, **values: Any) -> Any:
        context = click.get_current_context()
        before = context.find_object(Settings) or Settings()
        context.obj = merged(before, {name: values.pop(name) for name in _NAMES})
        if context.obj.wants_log:
            record.begin()
            record.command(context)
        return function(*args, settings=context.obj, **values)

    wrapped: Callable[..., Any] = call
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def merged(before: Settings, given: dict[str, Any]) -> Settings:
    """Return the settings with what a command says over what was said before its name.

    Raises:
        click.UsageError: practice and another cloud are both asked for.
    """
    cloud = given["cloud"] or ""
    if given["practice"] and cloud.lower() not in {"", "practice"}:
        raise click.UsageError(f"--practice and --cloud {cloud} contradict each other.")
    return replace(
        before,
        cloud="practice" if given["practice"] else cloud or before.cloud,
        world=given["world"] or before.world,
        time_scale=before.time_scale if given["time_scale"] is None else given["time_scale"],
        plain=given["plain"] or before.plain,
        as_json=given["as_json"] or before.as_json,
        no_colour=given["no_colour"] or before.no_colour,
        verbose=given["verbose"] + before.verbose,
        log=given["log"] or before.log,
        secret_store=given["secret_store"] or before.secret_store,
    )
