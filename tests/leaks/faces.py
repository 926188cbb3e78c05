"""The full screen and the plain prompts with a secret in their hands: typed, copied, cut, crashed on, ended, killed."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from screens.app import AzimuthApp
from screens.widgets.secret_input import SecretInput
from tests.leaks.flows import Flow, apply, value_of
from tests.leaks.stage import Stage
from tests.leaks.watching import Watched
from tests.rehearsal import practice
from tests.screens.walks import prepared, resumed
from wizard.azure.clouds import Cloud

LEFT: Final = b"\x1b[?1049l"  # leaves the alternate screen
INTERRUPT, CUT, QUIT, UP_TO_END = b"\x03", b"\x18", b"\x11", b"\x1b[1;2F"
HELP, REST, PALETTE, ENTER, ESCAPE = b"\x1bOP", b"\x12", b"\x10", b"\r", b"\x1b"
EXISTING: Final[Mapping[str, str]] = {"app_mode": "existing", "secret_from": "mine"}
_FOCUSED: Final = rb"48;5;23m[^\r\n]{0,80}paste it here"  # the field's colour while it has the focus
_BACK: Final = rb"48;5;23m[^\r\n]{0,80}" + "•".encode()
_DOTS: Final = b"(?:" + "•".encode() + b"){8}"
_ENDS: Final = ((signal.SIGQUIT, 131), (signal.SIGKILL, None))  # tests/screens has the others


@contextmanager
def within(stage: Stage) -> Iterator[None]:
    """Be in the stage's home with this process."""
    before = {name: os.environ.get(name) for name in ("HOME", "AZIMUTH_HOME")}
    os.environ.update({name: stage.environment[name] for name in before})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def at_the_secret(stage: Stage, name: str, broken: str = "") -> Any:
    """Leave a profile at step 2.3 with an application that exists, and open it there on the full screen."""
    with within(stage), practice(stage.practice_folder) as cloud:
        app = "himl-vision" if name != "elsewhere" else "legacy-training"
        asyncio.run(prepared(cloud, name, step="2.3", app_id=app, **EXISTING))
    child = stage.open(
        "himl", "--practice", "--log", "--profile", name, broken=broken, more={"AZIMUTH_TRACEBACK": "1"}
    )
    child.expect(b"Enter signs in")
    child.send(b"\r")
    child.expect(_FOCUSED)
    return child


def type_in(child: Any, secret: str) -> None:
    """Type a secret into its field and wait until it stands there as dots."""
    child.send(secret.encode())
    child.expect(_DOTS)


def typed_and_applied(stage: Stage) -> None:
    """The whole way: typed, selected, copied, cut, helped, searched, applied with, and left."""
    apply(stage, "first")
    own = value_of(stage, "first")
    with Watched() as watched:
        child = at_the_secret(stage, "typed")
        type_in(child, own)
        child.send(b"\x1b[1;2H" + INTERRUPT + CUT + UP_TO_END + INTERRUPT)
        child.expect(b"not copied out of here")
        for key, shows in ((HELP, b"The document:"), (PALETTE, b"Search for")):
            child.send(key)
            child.expect(shows)
            child.send(ESCAPE)
            child.expect(_BACK)
        child.send(REST)
        child.expect(b"prove it again")
        child.send(ENTER)
        child.expect(b"azimuth env typed")
        child.send(QUIT)
        drawn = stage.heard_of(child, "full screen")
    for one in watched.arguments:
        stage.hear("arguments", "full screen", one)
    assert LEFT in drawn
    assert child.exitstatus == 0, drawn[-2000:]


def crashed(stage: Stage) -> None:
    """A screen that holds the secret crashes, and Python's own words are asked for."""
    child = at_the_secret(stage, "elsewhere", broken="screen")
    type_in(child, stage.know("typed secret", "Zq3?typed-then-crashed/%zz+Ä"))
    child.send(HELP)
    drawn = stage.heard_of(child, "crash")
    assert LEFT in drawn
    assert b"LookupError" in drawn
    assert child.exitstatus == 1


def aborted(stage: Stage) -> None:
    """The process aborts with the secret in memory, where cores are wanted."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        child = at_the_secret(stage, "elsewhere", broken="abort")
        type_in(child, stage.know("typed secret", "Xw7!typed-then-aborted~oops"))
        child.send(HELP)
        stage.heard_of(child, "abort")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    assert child.signalstatus == signal.SIGABRT
    assert not list(stage.work.glob("core*"))


def ended(stage: Stage) -> None:
    """Ended by every signal while the secret stands in its field: the terminal is restored, the secret is nowhere."""
    for number, (which, code) in enumerate(_ENDS):
        child = at_the_secret(stage, "elsewhere")
        type_in(child, stage.know("typed secret", f"Vk{number}&typed-then-ended-{number}=nowhere"))
        child.kill(which)
        drawn = stage.heard_of(child, which.name)
        if code is not None:
            assert (LEFT in drawn, child.exitstatus) == (True, code), which


def pictured(stage: Stage) -> None:
    """Pictures of the screen that holds a secret, and what it put into the clipboard and the title."""
    with within(stage), practice(stage.practice_folder) as cloud:
        asyncio.run(_pictured(stage, cloud))


async def _pictured(stage: Stage, cloud: Cloud) -> None:
    typed = stage.know("typed secret", "Hn6(typed-for-a-picture)+svg<&>")
    async with resumed(cloud, "2.3", app_mode="existing", secret_from="mine", app_id="legacy-training") as (
        person,
        page,
    ):
        app = person.app
        page.form.field("secret_value").focus_answer()
        await person.until(lambda: isinstance(page.focused, SecretInput), "the secret field")
        await person.write(typed)
        await person.until(lambda: page.walkthrough.secrets["secret_value"].reveal() == typed, "the secret")
        for keys in (
            (),
            ("ctrl+shift+a", "ctrl+c", "ctrl+x"),
            ("f1",),
            ("escape", "ctrl+p"),
            ("escape", "ctrl+r"),
        ):
            await person.press(*keys)
            await person.quiet()
            stage.hear("picture", f"after {keys}", app.export_screenshot().encode())
            said = (app.clipboard, app.title, app.sub_title, repr(app.focused), *_notices(app))
            stage.hear("terminal", f"after {keys}", "\n".join(said).encode())


def _notices(app: AzimuthApp) -> Iterator[str]:
    yield from (str(notice) for notice in app._notifications)


def prompted(stage: Stage) -> None:
    """Typed at the plain prompts."""
    with within(stage), practice(stage.practice_folder) as cloud:
        asyncio.run(prepared(cloud, "plain", step="2.3", app_id="legacy-training", **EXISTING))
    child = stage.open("--practice", "--plain", "--log", "himl", "--profile", "plain")
    child.expect(b"Way")
    child.send(b"\r")
    child.expect(b"client secret|Client secret")
    child.expect(b"Which|From|secret")
    _to_the_secret(child)
    child.send(stage.know("typed secret", "Bn5^typed-at-the-prompt|here").encode() + b"\r")
    child.expect(b"Enter keeps it|Workspace")  # a secret that Entra refuses is asked for again
    child.send(INTERRUPT)
    stage.heard_of(child, "plain prompts")


def _to_the_secret(child: Any) -> None:
    """Take what stands until the secret is asked for."""
    for _ in range(6):
        if child.expect([rb"Its value[^\r\n]*:", rb"\][^\r\n]*:"]) == 0:
            return
        child.send(b"\r")
    raise AssertionError("the secret was never asked for")


FACES: Mapping[str, Flow] = {
    "full screen: typed, copied, applied": typed_and_applied,
    "full screen: pictures": pictured,
    "full screen: crashed": crashed,
    "full screen: aborted": aborted,
    "full screen: ended by signals": ended,
    "plain prompts": prompted,
}
