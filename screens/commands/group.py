"""Which commands there are. A guide's name is a command too, so that a guide of another distribution needs nothing here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from screens import record
from screens.commands.options import common
from screens.faults import DONE, USAGE
from screens.private import keep_memory
from screens.settings import Settings

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "guides": ("guides", "guides, steps and questions with kind, default and rule"),
    "check": ("looking", "live checks of an answers file; findings"),
    "plan": ("looking", "preflight and Azure's what-if; nothing is written"),
    "apply": ("applying", "carry a guide out with an answers file, and prove it"),
    "resume": ("applying", "go on where a profile stopped"),
    "verify": ("proving", "run all proofs of a profile; drift; days until secrets expire"),
    "rotate": ("rotating", "a new client secret, proved before the old one is removed"),
    "undo": ("proving", "remove what a profile created, and only that"),
    "env": ("variables", "print a profile's variables for a shell or tool"),
    "run": ("variables", "run a command with a profile's variables"),
    "export": ("exporting", "write a profile for another tool"),
    "profiles": ("profiles", "list, show, rename, copy, delete, import or approve profiles; starters"),
    "clouds": ("clouds", "list clouds, and register one of your own by hand"),
    "config": ("config", "show or change what is settled for this machine"),
    "bug-report": ("reporting", "what a report of a fault needs, without secrets; sends nothing"),
    "secrets": ("secrets", "where secrets are kept and why there; probe it; change the vault's passphrase"),
    "practice": ("practice", "practice Azure by itself, for az, SDKs and demos"),
}


class Azimuth(click.Group):
    """The group of all commands; loads a command's module when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of their use."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a name, or the one that opens the guide of that name."""
        del ctx
        if cmd_name in _COMMANDS:
            module = import_module(f"screens.commands.{_COMMANDS[cmd_name][0]}")
            found: click.Command = getattr(module, cmd_name.replace("-", "_"))
            return found
        from wizard.guides import all_guides

        guide = all_guides().get(cmd_name)
        if guide is None:
            return None
        from screens.commands.faces import guide_command

        return guide_command(guide)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, and name the nearest ones where there is none."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            from wizard.guides import all_guides

            near = difflib.get_close_matches(name, [*_COMMANDS, *all_guides()], 2)
            hint = f" Did you mean {' or '.join(near)}?" if near else " azimuth --help lists them."
            ctx.fail(f"There is no command or guide {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands and guides without loading the commands."""
        del ctx
        from wizard.guides import all_guides

        with formatter.section("Guides (azimuth GUIDE [--profile NAME] [--plain])"):
            formatter.write_dl([(guide.key, guide.about) for guide in all_guides().values()])
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])


def _version(ctx: click.Context, _option: click.Parameter, asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"azimuth {version('azimuth-wizard')}")
    except PackageNotFoundError:
        click.echo("azimuth, run from its source without being installed")
    ctx.exit()


@click.group(
    cls=Azimuth,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done; 1 findings or failure; 2 wrong usage; 3 sign-in needed; 4 done but for tasks that "
    "stay for a person; 130 interrupted, state saved.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Say the version."
)
@common
@click.pass_context
def azimuth(ctx: click.Context, settings: Settings) -> int | None:
    """Set up and prove an ML platform on Azure, step by step.

    Without a command: the home screen, with guides, profiles and what is half-finished.
    """
    if ctx.invoked_subcommand == "run":
        keep_memory()
        return None  # it becomes another program, which shall find its environment as it was
    settings.keep_private()
    if ctx.invoked_subcommand is None:
        from screens.opening import home

        return home(settings)
    return None


def run(arguments: Sequence[str]) -> int:
    """Run one command line; click's own refusals are shown and become an exit code."""
    try:
        # Not click's own main: it has an edge of its own, which turns a closed pipe into a failure.
        with azimuth.make_context("azimuth", list(arguments)) as context:
            code = azimuth.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as refusal:
        return _wrong_usage(refusal, arguments)
    ended = code if isinstance(code, int) else DONE
    record.ended(ended)
    return ended


def _wrong_usage(refusal: click.ClickException, arguments: Sequence[str]) -> int:
    from screens.faults import Told, show

    usage = (refusal.ctx.get_usage(),) if isinstance(refusal, click.UsageError) and refusal.ctx else ()
    problem = Told("usage", USAGE, refusal.format_message(), usage)
    return show(problem, as_json="--json" in arguments)
