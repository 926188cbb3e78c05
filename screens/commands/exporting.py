"""`azimuth export`: a profile or its plan written for another tool, to standard output or into a folder."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from profiles.aml import aml_config
from profiles.environment import names_of, variables_of
from profiles.handing_out import Handout, hand_out
from profiles.profile import Profile
from profiles.secrets import Secret
from profiles.store import ProfileStore
from profiles.variables import FORMATS, format_named, write
from screens.commands.options import common
from screens.commands.reading import reopened
from screens.connecting import opened_cloud
from screens.faults import DONE, FAILED, Refused
from screens.passphrases import on_terminal
from screens.settings import Settings
from screens.shell import tell_the_runner
from wizard.guide import Exported
from wizard.plan import Plan, Unknown
from wizard.text import clean_line

if TYPE_CHECKING:
    from wizard.setup import Setup

_ARM_ID_PARTS = 9
_AML = "aml-config"
_ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "az": "a bash script of az commands, safe to run twice",
        "arm": "one ARM template and its parameters",
        "terraform": "Terraform for azapi and azuread",
        "terraform-json": "the same as .tf.json",
        "runbook": "all steps and ids in Markdown",
        "handoff": "what an administrator has to do",
        "sheet": "values to copy into a form",
        _AML: "the workspace's config.json",
    }
)


def _formats() -> str:
    """The formats as the help tells them, one a line."""
    width = max(map(len, _ABOUT))
    told = [f"  {form:{width}}  {about}" for form, about in _ABOUT.items()]
    lines = ("\b", "Formats of the plan:", *told, "Formats of the variables:", f"  {' '.join(FORMATS)}")
    return "\n".join((*lines, "A guide may have formats of its own; a wrong name lists them all."))


@click.command(epilog=_formats())
@click.argument("profile")
@click.option("--format", "form", metavar="FORMAT", required=True, help="What to write; see below.")
@click.option("--output", "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--with-secrets", is_flag=True, help="Write secret variables too.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@common
def export(
    settings: Settings, profile: str, form: str, folder: Path | None, *, with_secrets: bool, force: bool
) -> int:
    """Write PROFILE for another tool, to standard output or into DIR. Secret variables are left out
    unless --with-secrets; no other format holds a secret.
    """  # noqa: D205 - click makes one paragraph of it
    if form == _AML:
        files: tuple[Exported, ...] = (_aml(ProfileStore().load(profile)),)
    elif form in FORMATS:
        eyes = folder is None and sys.stdout.isatty()
        files = (_variables(settings, profile, form, with_secrets=with_secrets, eyes=eyes),)
    else:
        files = _of_plan(settings, profile, form)
    if folder is None:
        return _print(files, settings)
    remark = format_named(form).remark if form in FORMATS else None
    handed = [Handout(str(folder / one.name), one.text, with_secrets, remark) for one in files]
    folder.mkdir(parents=True, exist_ok=True)
    for warning in hand_out(handed, force=force):
        settings.output.note(warning)
    for one in handed:
        settings.output.note(f"Wrote {one.path}.")
    return DONE


def _print(files: tuple[Exported, ...], settings: Settings) -> int:
    """Print the first file, or with --json its form in JSON; the others need a folder."""
    first = next((file for file in files if settings.as_json and file.name.endswith(".json")), files[0])
    for file in files:
        if file is not first:
            settings.output.note(f"There is {file.name} too: --output DIR writes it.")
    sys.stdout.buffer.write(first.text.encode())
    sys.stdout.flush()
    return DONE


def _of_plan(settings: Settings, name: str, form: str) -> tuple[Exported, ...]:
    """Write the plan of a profile in a form that any plan has, or that its guide has.

    Raises:
        Refused: there is no such form, or the plan does not say enough yet.
    """
    kept = ProfileStore().load(name)
    with opened_cloud(settings, kept.cloud) as cloud:
        setup = reopened(name, cloud)
        own = {export.form: export for export in setup.guide.exports}
        if form not in own and form not in _WRITERS:
            raise _no_such(form, [*own, *_ABOUT, *FORMATS])
        try:
            if form in own:
                plan, known = setup.walkthrough.plan(), setup.journal.known()
                files = own[form].write(setup.walkthrough.answers, plan, known)
            else:
                files = _WRITERS[form](setup, settings)
        except Unknown as missing:
            sentence = f"It depends on {missing}, which does not exist yet. Apply {name} first."
            raise Refused(sentence, code=FAILED, kind="export") from None
        except LookupError as missing:
            raise Refused(str(missing.args[0]), code=FAILED, kind="export") from None
    return files


def _no_such(form: str, forms: list[str]) -> Refused:
    near = difflib.get_close_matches(form, forms, 1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return Refused(f"There is no format {clean_line(form, 60)}.{hint} There are: {', '.join(forms)}.")


def _title(setup: Setup) -> str:
    return f"{setup.guide.title}: profile {setup.profile.name}"


def _script(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.az import script

    plan = _whole_plan(setup)
    return (Exported(f"{setup.profile.name}.sh", script(plan, setup.journal.known(), _title(setup))),)


def _arm(setup: Setup, settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.whole import deploy_command, parameters_file, whole

    plan, name = setup.walkthrough.plan(), setup.profile.name
    if not plan.resources:
        raise LookupError(f"The plan of {name} has no Azure resources.")
    body, parameters = whole(plan, setup.journal.known())
    missing = [one for one in body["parameters"] if one not in parameters]
    for pair in plan.keys:
        if pair.made_by == "azure":
            settings.output.note(
                f"A template can't make the key pair {clean_line(pair.label)}: the az script does."
            )
    for removal in plan.removals:
        settings.output.note(
            f"A template removes nothing: {clean_line(removal.label)} stays; the az script does it."
        )
    settings.output.note(f"To deploy it: {deploy_command(plan, name, missing)}")
    return (
        Exported(f"{name}.template.json", _json(body)),
        Exported(f"{name}.parameters.json", _json(parameters_file(parameters))),
    )


def _terraform(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.terraform import terraform

    plan = _whole_plan(setup)
    return (Exported(f"{setup.profile.name}.tf", terraform(plan, setup.journal.known(), _title(setup))),)


def _terraform_json(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.terraform import terraform_json

    plan = _whole_plan(setup)
    return (Exported(f"{setup.profile.name}.tf.json", terraform_json(plan, setup.journal.known())),)


def _runbook(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.runbook import runbook

    titles = {step.number: step.title for step in reversed(setup.guide.steps)}
    made = {one.key for one in setup.journal.made()}
    known = setup.journal.known()
    text = runbook(setup.walkthrough.plan(), known, _title(setup), titles=titles, made=made)
    return (Exported(f"{setup.profile.name}.md", text),)


def _handoff(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.apply.handoff import handoff_files

    return handoff_files(setup)


def _sheet(setup: Setup, _settings: Settings) -> tuple[Exported, ...]:
    from wizard.render.sheet import sheet_json, sheet_text

    plan, known, name = setup.walkthrough.plan(), setup.journal.known(), setup.profile.name
    if not plan.sheet:
        raise LookupError(f"The plan of {name} has no values to copy into a form.")
    return (
        Exported(f"{name}.sheet.txt", sheet_text(plan, known)),
        Exported(f"{name}.sheet.json", sheet_json(plan, known)),
    )


def _whole_plan(setup: Setup) -> Plan:
    plan = setup.walkthrough.plan()
    if plan.is_empty:
        raise LookupError(f"The plan of {setup.profile.name} makes nothing.")
    return plan


_WRITERS: Mapping[str, Callable[[Setup, Settings], tuple[Exported, ...]]] = MappingProxyType(
    {
        "az": _script,
        "arm": _arm,
        "terraform": _terraform,
        "terraform-json": _terraform_json,
        "runbook": _runbook,
        "handoff": _handoff,
        "sheet": _sheet,
    }
)


def _variables(settings: Settings, name: str, form: str, *, with_secrets: bool, eyes: bool) -> Exported:
    """Write the variables; the secret ones only if asked for, and as dots for `eyes`."""
    variables: dict[str, str | Secret]
    if with_secrets:
        variables = variables_of(name, on_terminal())
        tell_the_runner(variables, form)
    else:
        plain, left_out = names_of(name)
        variables = {**plain}
        if left_out:
            names = ", ".join(left_out)
            settings.output.note(f"Left out, being secret: {names}. --with-secrets writes them too.")
    if eyes and with_secrets:
        settings.output.note("Secrets are masked on a terminal; a pipe and --output get them as they are.")
    file_name = ".env" if form == "dotenv" else f"{name}.{format_named(form).ending}"
    return Exported(file_name, write(variables, form, mask=eyes, title=name))


def _aml(profile: Profile) -> Exported:
    """Read the workspace's ARM id: /subscriptions/S/resourceGroups/G/providers/NAMESPACE/workspaces/W."""
    parts = str(profile.answers.get("workspace", "")).split("/")
    if len(parts) != _ARM_ID_PARTS:
        raise Refused(f"Profile {profile.name} names no workspace yet.", code=FAILED, kind="export")
    return Exported("config.json", aml_config(parts[2], parts[4], parts[8]))


def _json(shape: object) -> str:
    return json.dumps(shape, indent=2, ensure_ascii=False) + "\n"
