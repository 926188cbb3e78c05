"""Names in a profile that are tricks for a shell, HCL, markup, ARM or the file system stay names in every form and face."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import hcl2
import pytest

from profiles.profile import Profile, SavedContext, SavedProof, now
from profiles.store import ProfileStore
from profiles.variables import FORMATS
from profiles.writing import to_toml
from screens.entry import run
from wizard.guide import Guide, Kind
from wizard.guides import all_guides

GUIDES = all_guides()
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TRICKS = {
    "command": "$(touch PWNED)`touch PWNED`",
    "quotes": "x'; touch PWNED; '\" ; touch PWNED; \"",
    "lines": "x\ntouch PWNED\n'''\n\"\"\"\nEOF\n",
    "HCL": '${file("/etc/passwd")}%{ if true }"\n}\nresource "x" "y" {}\n',
    "ARM": "[concat('x', listKeys('y'))]",
    "markup": "[@click=app.quit]x[/][red]{{7*7}}<script>x</script>|table|",
    "path": "../../../../etc/PWNED",
    "terminal": "\x1b]52;c;eA==\x07\x1b[2J\x9b6n\u202ePWNED\u200b",
    "option": "--output /etc/PWNED",
    "long": "A" * 1_500,
}
# What a plan can be written as; a guide adds its own.
PLANS = ("az", "arm", "terraform", "terraform-json", "runbook", "handoff", "sheet", "aml-config")


def hostile(guide: Guide, trick: str) -> Profile:
    """A profile whose every text that a person may choose is the trick."""
    free = {Kind.TEXT, Kind.PICK, Kind.LINES}
    answers: dict[str, str | int | bool | list[str]] = {
        q.key: trick for q in guide.questions if q.kind in free
    }
    answers |= {q.key: q.choices[-1].value for q in guide.questions if q.kind is Kind.CHOICE}
    for key in ("tenant", "tenant_id"):  # an address there is refused on sight
        answers.pop(key, None)
    facts: dict[str, str] = {"group_location": trick, "subscription_tenant": GUID, "workspace_name": trick}
    return dataclasses.replace(
        Profile.new("hostile", guide.key, "AzureCloud"),
        stage="applied",
        origin=trick,
        context=SavedContext("cli", trick, GUID, trick, GUID, trick),
        answers=answers | facts,
        outputs={"HIML_WORKSPACE_NAME": trick, "HIML_TENANT_ID": GUID},
        proofs=(SavedProof(trick, ok=True, at=now(), detail=trick),),
        deployments=(trick,),
    )


@pytest.fixture(params=TRICKS)
def trick(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One trick, in an empty folder in which nothing may appear."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    yield TRICKS[str(request.param)]
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_every_form_carries_a_trick_as_text_or_refuses_it(
    trick: str, guide: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    ProfileStore().save(hostile(GUIDES[guide], trick))
    written = 0
    for form in (
        *PLANS,
        *(one.form for one in GUIDES[guide].exports),
        *FORMATS,
    ):
        code = run(["export", "hostile", "--format", form])
        out, err = (part.decode() for part in capfdbinary.readouterr())
        assert code in {0, 1}, err
        assert "Azimuth itself failed" not in err, err
        assert not set(map(ord, err)) & {*range(9), *range(11, 32), *range(127, 160), 0x202E}, (form, err)
        written += code == 0
        if code == 0:
            _see_text(form, out)
    assert written >= 3


def _see_text(form: str, out: str) -> None:
    """A written form has the syntax of its format, and running it runs no trick."""
    if form in {"arm", "terraform-json", "aml-config", "json"}:
        json.loads(out)
    elif form == "terraform":
        parsed = hcl2.loads(out)
        assert "x" not in {name.strip('"') for block in parsed.get("resource", []) for name in block}
    elif form in {"az", "bash", "sh"}:
        _run_script(out)


def _run_script(script: str) -> None:
    """Run a script in bash with an az that does nothing, in a folder that must stay empty (the fixture looks)."""
    tools = Path(os.environ["HOME"]) / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("az", "jq", "curl"):
        (tools / name).write_text("#!/bin/sh\necho 00000000-0000-0000-0000-000000000001\n")
        (tools / name).chmod(0o755)
    bash = shutil.which("bash")
    assert bash is not None
    environ = {"PATH": f"{tools}:/usr/bin:/bin", "HOME": os.environ["HOME"], "TMPDIR": str(tools)}
    done = subprocess.run(
        [bash, "-n"], input=script, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    with subprocess.Popen(
        [bash, "-s"], stdin=subprocess.PIPE, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            child.communicate(script.encode("utf-8", "surrogateescape"), timeout=5)
        except subprocess.TimeoutExpired:  # it waits for something that this az never says
            child.kill()


@pytest.mark.parametrize("guide", GUIDES)
def test_every_command_shows_a_trick_as_text(
    trick: str, guide: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store, profile = ProfileStore(), hostile(GUIDES[guide], trick)
    store.save(profile)
    store.path("theirs").write_text(to_toml(dataclasses.replace(profile, name="theirs")), "utf-8")
    file = tmp_path / "from-bob.toml"
    file.write_text(to_toml(dataclasses.replace(profile, name="bob")), "utf-8")
    for command in (
        ("profiles",),
        ("profiles", "show", "hostile"),
        ("profiles", "approve", "theirs"),
        ("profiles", "import", str(file)),
        ("profiles", "import", str(file), "--name", trick[:200]),
        ("profiles", "show", trick[:200]),
        ("profiles", "rename", "hostile", trick[:200]),
        ("profiles", "copy", "hostile", trick[:200]),
        ("verify", "theirs"),
    ):
        code = run(command)
        said = "".join(capsys.readouterr())
        assert code in {0, 1, 2}, said
        assert "Azimuth itself failed" not in said
        assert not set(map(ord, said)) & {*range(9), *range(11, 32), *range(127, 160), 0x202E}, (
            command,
            said,
        )
    assert store.names() == ["hostile", "theirs"]
