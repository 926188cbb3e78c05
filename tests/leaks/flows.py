"""The ways a secret goes: every command, every face and every failure, as functions of a stage."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from profiles.variables import FORMATS
from tests.leaks.stage import ROOT, Stage

Flow = Callable[[Stage], None]

STARTER: Final = str(ROOT / "profiles/starters/himl.toml")
PRACTICE: Final = ("--practice", "-v", "--log")
OUT: Final = ("stdout",)
_FETCHING: Final = ("devcontainer",)  # a format that fetches secrets later and holds none
TRACED: Final = {"AZIMUTH_TRACEBACK": "1"}
MINE: Final = "AZIMUTH_ANSWER_SECRET_VALUE"


def apply(stage: Stage, name: str = "demo", *more: str, **given: Any) -> None:
    """Apply the hi-ml starter."""
    stage.run("apply", "himl", *PRACTICE, "--answers", STARTER, "--profile", name, "--yes", *more, **given)


def value_of(stage: Stage, name: str = "demo", *more: str, **given: Any) -> str:
    """Ask for the client secret, as a person may."""
    done = stage.run("env", name, "--format", "json", *more, asked=OUT, **given)
    told: Mapping[str, str] = json.loads(done.stdout)
    return told["HIML_SERVICE_PRINCIPAL_PASSWORD"]


# Commands


def applied(stage: Stage) -> None:
    apply(stage)
    apply(stage)
    stage.run("resume", "demo", *PRACTICE, "--yes")


def looked(stage: Stage) -> None:
    stage.run("guides", "himl", "--json")
    stage.run("check", "himl", *PRACTICE, "--answers", STARTER)
    stage.run("plan", "himl", *PRACTICE, "--answers", STARTER, "--json")


def verified(stage: Stage) -> None:
    stage.run("verify", "demo", *PRACTICE)
    stage.run("verify", "demo", *PRACTICE, "--json", more={"AZIMUTH_LOG": "1"})


def listed(stage: Stage) -> None:
    for words in (("list",), ("list", "--json"), ("show", "demo"), ("show", "demo", "--json")):
        stage.run("profiles", *words)
    stage.run("profiles", "copy", "demo", "other")
    stage.run("profiles", "rename", "other", "third")
    stage.run("profiles", "delete", "third", "--yes")
    stage.run("profiles", "approve", "demo", "--yes")
    shutil.copy(stage.swept_root / "azimuth/config/profiles/demo.toml", stage.work / "theirs.toml")
    stage.run("profiles", "import", "theirs.toml", "--name", "imported", "--yes")
    for words in (("clouds",), ("config", "--json"), ("secrets",), ("secrets", "check", "--practice")):
        stage.run(*words)


def asked_for(stage: Stage) -> None:
    """Where a secret is asked for it comes, and only there."""
    assert value_of(stage)
    for form in FORMATS:
        stage.run("env", "demo", "--format", form, asked=() if form in _FETCHING else OUT)
    stage.run("run", "demo", "--", "sleep", "0.1")  # becomes that program: nobody stands beside it
    stage.run("run", "--mask", "demo", "--", "env", asked=("environments",))


def written(stage: Stage) -> None:
    """A file with secrets in a folder of git's: git is asked about it, and gets nothing of the shell's secrets."""
    subprocess.run(["git", "init", "-q", str(stage.work)], check=True, capture_output=True)
    more = {"HIML_SERVICE_PRINCIPAL_PASSWORD": value_of(stage)}
    stage.run("env", "demo", "--format", "dotenv", "--write", "secrets.env", more=more)
    written = stage.work / "secrets.env"
    assert written.stat().st_mode & 0o077 == 0
    written.unlink()


def on_a_terminal(stage: Stage) -> None:
    child = stage.open("env", "demo")
    assert "•••".encode() in stage.heard_of(child, "env on a terminal")


def exported(stage: Stage) -> None:
    for form in ("arm", "az", "terraform", "terraform-json", "runbook", "aml-config"):
        stage.run("export", "demo", "--format", form, "--output", f"out-{form}")
    stage.run("export", "demo", "--format", "dotenv", "--output", "out-dotenv")


def rotated(stage: Stage) -> None:
    stage.run("rotate", "demo", *PRACTICE, "--yes")
    assert value_of(stage)


def reported(stage: Stage) -> None:
    stage.run("bug-report", "demo", "--output", "report.md", more={"AZURE_CLIENT_SECRET": value_of(stage)})
    stage.run("bug-report", "demo", "--json", "--lines", "5000")
    stage.run("practice", "status")


def undone(stage: Stage) -> None:
    stage.run("undo", "demo", *PRACTICE, "--yes")


COMMANDS: Mapping[str, Flow] = {
    "apply, again, resume": applied,
    "guides, check, plan": looked,
    "verify": verified,
    "profiles, config": listed,
    "env, run": asked_for,
    "env --write beside git": written,
    "env on a terminal": on_a_terminal,
    "export": exported,
    "rotate": rotated,
    "bug-report, practice": reported,
    "undo": undone,
}

# A secret that the person has, and other stores


def _answers(stage: Stage, **more: str) -> str:
    """An answers file for an application that exists already."""
    told = {"app_mode": "existing", "app_id": "himl-vision", "secret_from": "mine"} | more
    text = Path(STARTER).read_text("utf-8")
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("app_name", "secret_name", "secret_months"))
    ]
    path = stage.work / "answers.toml"
    path.write_text("\n".join([*lines, *(f'{key} = "{value}"' for key, value in told.items())]), "utf-8")
    return str(path)


def handed_over(stage: Stage) -> None:
    """A secret from the environment; a wrong one, too, which Entra refuses and quotes."""
    apply(stage, "first")
    own = value_of(stage, "first")
    words = ("apply", "himl", *PRACTICE, "--answers", _answers(stage), "--yes", "--profile")
    stage.run(*words, "mine", more={MINE: own})
    stage.run("verify", "mine", *PRACTICE)
    wrong = stage.know("typed secret", "correct-horse/battery+staple~&quot;42")
    quoted = [{"path": "/token$", "content": "client_credentials", "echo": True, "times": 0}]
    stage.run(*words, "wrong", more={MINE: wrong, **TRACED}, faults=quoted, codes=(1,))


def in_a_vault(stage: Stage) -> None:
    passphrase = stage.know("passphrase", "Sieben Zwerge & 1 Königin: «geheim»")
    held = stage.root / "passphrase"  # the person's own file, outside of what Azimuth writes
    held.write_text(f"{passphrase}\n", "utf-8")
    held.chmod(0o600)
    more = {"AZIMUTH_VAULT_PASSPHRASE_FILE": str(held)}
    apply(stage, "vaulted", "--secret-store", "vault", more=more)
    assert value_of(stage, "vaulted", more=more)
    held.write_text("another one, and a wrong one\n", "utf-8")
    stage.run("verify", "vaulted", *PRACTICE, more=more | TRACED, codes=(0, 1))


def shown_once(stage: Stage) -> None:
    apply(stage, "once", "--secret-store", "once", codes=(2,))  # nobody is here to see it
    apply(stage, "once", "--secret-store", "once", "--json", asked=OUT)
    stage.run("env", "once", codes=(1, 2))
    words = ("--answers", STARTER, "--profile", "seen", "--yes", "--secret-store", "once")
    child = stage.open("apply", "himl", *PRACTICE, *words)
    child.expect(b"Enter shows it")
    child.send(b"\x03")  # who leaves before Enter has shown nothing
    stage.heard_of(child, "show once")


def key_pair(stage: Stage) -> None:
    """The private key of the Hopsworks guide lies where it belongs, and nowhere else."""
    starter = str(ROOT / "profiles/starters/hopsworks.toml")
    stage.run("apply", "hopsworks", *PRACTICE, "--answers", starter, "--profile", "hops", "--yes")
    keys = [one for one in (stage.swept_root / "home").rglob("*") if one.is_file() and _is_private(one)]
    assert keys, "the Hopsworks guide made no key"
    for key in keys:
        assert key.stat().st_mode & 0o077 == 0
        stage.place(key)
        lines = [line for line in key.read_text("utf-8").splitlines() if not line.startswith("-")]
        for line in lines[len(lines) // 2 : -1]:  # the public half stands first
            stage.know("private key", line)
    stage.run("verify", "hops", *PRACTICE)
    stage.run("bug-report", "hops")
    for form in ("terraform", "sheet"):
        stage.run("export", "hops", "--format", form, "--output", f"hops-{form}")


def _is_private(path: Path) -> bool:
    return b"PRIVATE KEY" in path.read_bytes()[:60]


STORES: Mapping[str, Flow] = {
    "a secret handed over": handed_over,
    "the file vault": in_a_vault,
    "shown once": shown_once,
    "a private key": key_pair,
}

# Failures

_ADD: Final[Mapping[str, Any]] = {"method": "POST", "path": "/addPassword$"}
_FAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "504 after the work was done": {"status": 504, "after": True},
    "cut off after the work was done": {"close": "after"},
    "a truncated answer": {"truncated": True},
    "an answer shorter than it says": {"length": 40},
    "an error that quotes the answer": {"echo": True},
}


def addressed_by(fault: Mapping[str, Any]) -> Flow:
    """A flow in which making the secret goes wrong at each try, and then goes well."""

    def flow(stage: Stage) -> None:
        apply(stage, "demo", faults=[{**_ADD, **fault, "times": 0}], more=TRACED, codes=(1,))
        stage.run("resume", "demo", *PRACTICE, "--yes")

    return flow


def rotating_quoted(stage: Stage) -> None:
    """Rotating fails and quotes the new secret, then is killed while that is kept, then goes well."""
    apply(stage, "demo")
    words = ("rotate", "demo", *PRACTICE, "--yes")
    stage.run(*words, faults=[{**_ADD, "echo": True, "times": 0}], more=TRACED, codes=(1,))
    stage.run(*words, broken="kill", codes=(-9,))
    stage.run(*words)


def store_raises(stage: Stage) -> None:
    apply(stage, "demo", broken="put", more=TRACED, codes=(1,))


def keyring_raises(stage: Stage) -> None:
    apply(stage, "demo", "--secret-store", "keyring", broken="keyring", more=TRACED, codes=(1,))


def killed_in_store(stage: Stage) -> None:
    apply(stage, "demo", broken="kill", codes=(-9,))
    apply(stage, "demo")


def token_quoted(stage: Stage) -> None:
    """Entra and Graph fail and quote what they were sent, tokens and all."""
    quoted = [
        {"path": "/token$", "echo": True, "nth": 3},
        {"path": "/v1.0/applications", "echo": True, "times": 0},
    ]
    apply(stage, "demo", faults=quoted, more=TRACED, codes=(0, 1, 3))


FAILURES: Mapping[str, Flow] = {
    **{f"addPassword: {name}": addressed_by(fault) for name, fault in _FAULTS.items()},
    "rotate: quoted, then killed": rotating_quoted,
    "the store raises with the secret": store_raises,
    "the keyring raises with the secret": keyring_raises,
    "killed while the secret is kept": killed_in_store,
    "tokens quoted in errors": token_quoted,
}
