"""The JSON of every command has the shape that docs/json.md shows."""

from __future__ import annotations

import json
import re
import signal
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.commands.azimuth import COMMAND, ROOT, STARTER, applied, azimuth, document, environment, lines

_TEXT = (ROOT / "docs" / "json.md").read_text("utf-8")
_EXAMPLES = dict(re.findall(r"```json ([\w-]+)\n(.*?)```", _TEXT, re.DOTALL))
_KINDS = {bool: "yes or no", int: "number", float: "number", str: "text"}


def example(name: str) -> Any:
    """What the documentation shows under a name."""
    return json.loads(_EXAMPLES[name])


def differences(shown: Any, real: Any, at: str = "") -> list[str]:
    """Where real JSON has not the shape of the documentation: keys on both sides, kinds of values."""
    if isinstance(shown, dict) and isinstance(real, dict):
        if "…" in shown:
            return [
                d
                for key, value in real.items()
                for d in differences(shown["…"], value, f"{at}.{key}")
                if "kind" not in d
            ]
        odd = [f"{at}: {key} is not on both sides" for key in shown.keys() ^ real.keys()]
        return odd + [
            d for key in shown.keys() & real.keys() for d in differences(shown[key], real[key], f"{at}.{key}")
        ]
    if isinstance(shown, list) and isinstance(real, list):
        return [d for value in real for d in differences(shown[0], value, f"{at}[]")]
    if shown is None or real is None:
        return []
    same = _KINDS.get(type(shown)) == _KINDS.get(type(real))
    return [] if same else [f"{at}: kind {type(real).__name__} for {shown!r}"]


def test_the_comparison_finds_what_differs() -> None:
    assert differences({"a": [{"b": 1}]}, {"a": [{"b": 2}, {"c": 2}]})
    assert differences({"a": "x"}, {"a": {"b": 1}})
    assert not differences({"…": "x"}, {"a": 1, "b": "y"})


def test_guides() -> None:
    assert differences(example("guides"), document("guides")) == []
    whole = document("guides", "himl")
    # A default may be text, a number or nothing.
    assert [d for d in differences(example("guide"), whole) if ".default:" not in d] == []
    keys = [q["key"] for c in whole["chapters"] for s in c["steps"] for q in s["questions"]]
    assert {"subscription", "auth_way", "secret_months", "workspace", "role"} <= set(keys)


def test_check_and_plan() -> None:
    arguments = ("himl", "--practice", "--answers")
    found = document("check", *arguments, STARTER)
    assert [d for d in differences(example("check"), found) if ".correction:" not in d] == []
    for starter in (STARTER, "himl-federated.toml"):
        told = document("plan", *arguments, starter)
        assert differences(example("plan"), told) == []
        assert {line["change"] for line in told["changes"]} == {"create", "keep"}


def test_hand_offs() -> None:
    """Of a plan, of the events and of the outcome, where the person may not give roles."""
    arguments = ("himl", "--practice", "--world", "contributor-only", "--answers", STARTER)
    told = document("plan", *arguments)
    assert len(told["handoffs"]) == 1
    assert differences(example("plan"), told) == []
    events = lines("apply", *arguments, "--profile", "demo", "--yes", code=4)
    assert events[-1]["handoffs"]
    assert differences(example("outcome"), events[-1]) == []
    assert [line["key"] for line in events if line.get("result") == "skipped"] == ["handoff:3.2"]


def test_apply_verify_profiles_and_undo() -> None:
    starter = ("apply", "himl", "--practice", "--answers", STARTER, "--profile", "demo", "--yes")
    events = lines(*starter)
    shown = {line["event"]: line for line in map(json.loads, _EXAMPLES["events"].splitlines())}
    shown |= {"preview": {"event": "preview", **example("plan")}, "outcome": example("outcome")}
    assert [d for line in events for d in differences(shown[line["event"]], line)] == []
    assert [events[0]["event"], events[1]["event"], events[-1]["event"]] == ["preview", "outlined", "outcome"]
    assert events[-1]["end"] == "done"
    assert lines(*starter)[-1]["end"] == "nothing to do"
    assert lines("resume", "demo")[-1]["end"] == "nothing to do"

    assert differences(example("verify"), document("verify", "demo")) == []
    assert differences(example("profiles"), document("profiles")) == []
    assert differences(example("profiles"), document("profiles", "list")) == []
    assert differences(example("profile"), document("profiles", "show", "demo")) == []
    assert differences(example("practice-status"), document("practice")) == []

    undone = lines("undo", "demo", "--yes")
    assert [d for line in undone[1:] for d in differences(shown[line["event"]], line)] == []
    assert differences(example("undo"), undone[0]) == []


def test_no_secret_is_in_any_of_it() -> None:
    told = applied("demo", STARTER, "--json").stdout
    password = json.loads(azimuth("env", "demo", "--format", "json").stdout)[
        "HIML_SERVICE_PRINCIPAL_PASSWORD"
    ]
    for command in (
        ("verify", "demo"),
        ("profiles", "show", "demo"),
        ("resume", "demo"),
        ("undo", "demo", "--yes"),
    ):
        done = azimuth(*command, "--json", "-v")
        told += done.stdout + done.stderr
    assert password not in told


@pytest.mark.parametrize("arguments", [("guides", "hmil"), ("verify",), ("env", "nobody")])
def test_errors(arguments: tuple[str, ...]) -> None:
    assert differences(example("error"), document(*arguments, code=2)) == []


def test_no_sign_in_tells_every_way() -> None:
    ways = document("check", "himl", "--answers", STARTER, code=3)["error"]["ways"]
    assert {"cli", "device", "environment"} <= {way["way"] for way in ways}
    assert not any(way["possible"] for way in ways if way["way"] == "environment")


@pytest.mark.parametrize("ending", ["closed input", "SIGTERM", "SIGTERM, with no input at all"])
def test_practice_is_served_until_told_to_end(ending: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "practice", "serve", "--json"],
        env=environment(),
        stdin=subprocess.DEVNULL if ending.endswith("at all") else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        assert differences(example("practice-serve"), ready) == []
        trust = ssl.create_default_context(cafile=ready["ca"])
        metadata = f"{ready['url']}/metadata/endpoints?api-version=2022-09-01"
        with urllib.request.urlopen(metadata, context=trust) as answer:  # noqa: S310 - our own loopback server
            assert answer.status == 200
        config = Path(ready["az_config_dir"]) / "config"
        assert "PracticeAzure" in config.read_text("utf-8")
        assert document("practice")["running"] is True
        refused = azimuth("practice", "reset")
        assert (refused.returncode, "being served" in refused.stderr) == (1, True)
        if ending.startswith("SIGTERM"):
            child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=30)
    assert (child.returncode, said) == (0, "")
    assert azimuth("practice", "reset").returncode == 0
    assert document("practice")["exists"] is False


def test_profiles_are_renamed_copied_and_forgotten() -> None:
    applied()
    assert azimuth("profiles", "rename", "demo", "team").returncode == 0
    assert azimuth("verify", "team").returncode == 0
    assert azimuth("profiles", "copy", "team", "other").returncode == 0
    assert document("profiles", "show", "other")["outputs"] == {}
    kept = azimuth("profiles", "delete", "team")
    assert (kept.returncode, "undo team" in kept.stderr) == (2, True)
    assert azimuth("undo", "team", "--yes").returncode == 0
    assert azimuth("profiles", "delete", "team", "--yes").returncode == 0
    assert [line["name"] for line in document("profiles")["profiles"]] == ["other"]
