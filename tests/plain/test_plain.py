"""The plain prompts at a real terminal: asking, wrong answers, going back, stopping, going on, applying."""

from __future__ import annotations

import json
import signal

import pytest

from tests.commands.azimuth import azimuth, document
from tests.plain.typist import Typist, fills_in, signs_in

PLAIN = ("--practice", "--plain", "himl")


def answers(name: str = "demo") -> dict[str, object]:
    told: dict[str, object] = document("profiles", "show", name)["answers"]
    return told


@pytest.mark.slow
@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_guide_is_walked_through_to_its_variables(terminal: str) -> None:
    typist = Typist(*PLAIN, terminal=terminal)
    signs_in(typist)
    fills_in(typist)
    typist.reads("As +you@contoso.example +into +Research")
    typist.answers("yes to apply", "yes")
    typist.reads("Proved: 5 of 5")
    assert typist.leaves() == 0
    for expected in (
        "PRACTICE",
        "Step 2 of",
        "2.3 Client secret",
        "+ client secret himl",
        "azimuth env demo",
    ):
        assert expected in typist.text
    assert "HIML_SERVICE_PRINCIPAL_PASSWORD" in json.loads(azimuth("env", "demo", "--format", "json").stdout)


@pytest.mark.slow
def test_wrong_answers_are_told_under_the_question_and_asked_again() -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant", "Nowhere")
    typist.reads("not there")
    typist.answers("Tenant", "1")
    typist.answers("Subscription", "retired")
    typist.reads("is disabled")
    typist.answers("Subscription", "Resear")
    typist.answers("hi-ml signs in by", "service_principle")
    typist.reads("service_principal")
    typist.answers("hi-ml signs in by", "service_principal")
    typist.answers("Application")
    typist.answers("Name", "himl-taken")
    typist.reads("have this name|has this name")
    typist.answers("Name")
    typist.answers("Lifetime in months", "99")
    typist.reads("between 1 and 24")
    typist.answers("Lifetime in months", "half")
    typist.reads("not a whole number")
    typist.answers("Lifetime in months", "6")
    typist.answers("Workspace", "vision")
    typist.answers("Role", r"?")
    typist.reads("Role")
    typist.answers("Role")
    typist.answers("On")
    typist.answers("Tenant id", "contoso.example")
    typist.reads("hi-ml wants the GUID")
    typist.answers("yes to apply", "no")
    typist.reads("Nothing was written")
    assert typist.leaves() == 0
    assert answers()["tenant_id"] == answers()["tenant"]


@pytest.mark.slow
def test_back_loses_nothing_and_an_answer_is_changed_from_the_review() -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers("hi-ml signs in by", "service_principal")
    typist.answers("Application", "<")
    typist.answers(r"hi-ml signs in by \(number or name\) \[a service principal", "<")
    typist.answers(r"Subscription \(number or name\) \[Research")
    typist.answers("hi-ml signs in by", "interactive")
    typist.answers("Workspace", "vision")
    typist.answers("yes to apply", "3")
    typist.answers("hi-ml signs in by", "federated")
    typist.answers("Repository", "contoso/vision")
    typist.answers("Trust its")
    typist.answers("Name of the branch")
    typist.answers("yes to apply", "yes")
    typist.reads("for you: Sign in from the workflow")
    assert typist.leaves() == 4


@pytest.mark.slow
def test_ctrl_c_saves_and_the_same_profile_goes_on() -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.reads("hi-ml signs in by")
    typist.interrupts()
    typist.reads("--profile demo goes on")
    assert typist.leaves() == 130
    again = Typist("--plain", "himl", "--profile", "demo")
    signs_in(again, "")
    again.reads("Research.*Step 3 of")
    again.answers("hi-ml signs in by", "interactive")
    again.answers("Workspace", "vision")
    again.answers("yes to apply", "yes")
    assert again.leaves() == 0


@pytest.mark.slow
def test_what_is_handed_over_is_told_and_watched_for_until_the_person_leaves() -> None:
    typist = Typist("--practice", "--world", "contributor-only", "--plain", "himl")
    signs_in(typist)
    fills_in(typist)
    typist.reads("Hand-off: +1")
    typist.reads("for an administrator: role assignment Contributor on rg-vision .step 3.2.")
    typist.answers("yes to apply", "yes")
    typist.reads("an administrator has to make it; asked again every 10 s")
    typist.interrupts()
    typist.reads("Stop.*: ?|leave. ")
    typist.types("leave")
    typist.reads("demo-handoff-3.2.md")
    assert typist.leaves() == 130


@pytest.mark.slow
def test_a_killed_terminal_loses_no_answer() -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers("hi-ml signs in by", "federated")
    typist.reads("Step 5 of")
    typist.kills()
    assert answers()["auth_way"] == "federated"
    again = Typist(*PLAIN)
    again.reads("Half-finished: demo")
    again.kills()


@pytest.mark.slow
def test_a_secret_does_not_show_and_the_secret_id_is_recognised() -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant")
    typist.answers("Subscription", "Research")
    typist.answers("hi-ml signs in by", "service_principal")
    typist.answers("Application", "existing")
    typist.answers("Application", "legacy-training")
    typist.answers("Secret", "mine")
    typist.reads("does not show")
    typist.answers("", "7e127b35-baaa-4b43-bacf-a1b61d3183ab")
    typist.reads("Secret ID")
    typist.interrupts()
    assert typist.leaves() == 130
    assert "7e127b35-baaa" not in typist.text


@pytest.mark.slow
def test_without_a_guide_one_is_chosen() -> None:
    typist = Typist("--practice", "--plain")
    typist.answers("Guide", "hi")
    typist.answers("Profile")
    typist.reads("Sign in to practice Azure")
    typist.kills()


@pytest.mark.slow
@pytest.mark.parametrize(("which", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_and_puts_the_terminal_right(which: signal.Signals, code: int) -> None:
    typist = Typist(*PLAIN)
    signs_in(typist)
    typist.answers("Tenant")
    typist.reads("Subscription .number")
    typist.signals(which)
    assert typist.leaves() == code
    assert "\x1b[?2004l" in typist.seen.rpartition("Subscription")[2]
    assert "tenant" in answers()
