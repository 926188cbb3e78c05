"""Waiting for replication: the Azure CLI's policy, on a clock of the test's own."""

from __future__ import annotations

import pytest

from wizard.azure.errors import AzureProblem, Forbidden, Invalid, NotFound, Throttled
from wizard.azure.patience import is_new_role_delay, is_new_secret_delay, is_replication, wait_for_replication

YOUNG = Invalid("Principal a does not exist in the directory b.", code="PrincipalNotFound", status=400)


class Clock:
    """Time passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Attempt:
    """Fails in turn, then works."""

    def __init__(self, *failures: AzureProblem) -> None:
        self.failures = list(failures)
        self.tries = 0

    async def __call__(self) -> str:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return "there"


async def test_it_tries_every_five_seconds_and_tells_each_wait() -> None:
    clock, told = Clock(), list[tuple[float, str]]()
    attempt = Attempt(YOUNG, YOUNG)
    result = await wait_for_replication(
        attempt, on_wait=lambda s, p: told.append((s, p.code)), clock=clock, sleep=clock.sleep
    )
    assert result == "there"
    assert clock.slept == [5.0, 5.0]
    assert told == [(0.0, "PrincipalNotFound"), (5.0, "PrincipalNotFound")]


async def test_it_gives_up_after_three_minutes_with_the_last_problem() -> None:
    clock, attempt = Clock(), Attempt(*[YOUNG] * 100)
    with pytest.raises(Invalid) as problem:
        await wait_for_replication(attempt, clock=clock, sleep=clock.sleep)
    assert problem.value is YOUNG
    assert attempt.tries == 37
    assert sum(clock.slept) == 180


async def test_a_lasting_problem_is_not_waited_for() -> None:
    clock, attempt = Clock(), Attempt(Forbidden("no", code="AuthorizationFailed", status=403))
    with pytest.raises(Forbidden):
        await wait_for_replication(attempt, clock=clock, sleep=clock.sleep)
    assert (attempt.tries, clock.slept) == (1, [])


async def test_azures_own_wish_for_a_longer_pause_is_granted() -> None:
    clock, attempt = Clock(), Attempt(Throttled("slow down", status=429, retry_after=17.0))
    await wait_for_replication(attempt, clock=clock, sleep=clock.sleep)
    assert clock.slept == [17.0]


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("PrincipalNotFound", "", True),
        ("Request_BadRequest", "The appId 'a' does not reference a valid application object.", True),
        ("Authorization_RequestDenied", "the service principal being created must in the local tenant", True),
        ("Request_ResourceNotFound", "Resource 'a' does not exist", True),
        ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.", False),
        ("RoleAssignmentExists", "The role assignment already exists.", False),
    ],
)
def test_replication_is_told_from_refusal(code: str, message: str, expected: bool) -> None:
    assert is_replication(Invalid(message, code=code, status=400)) is expected


def test_other_delays_have_their_own_signs() -> None:
    assert is_new_secret_delay(Invalid("", code="AADSTS7000215"))
    assert not is_new_secret_delay(Invalid("", code="AADSTS7000222"))
    assert is_new_role_delay(Forbidden(""))
    assert not is_new_role_delay(NotFound(""))
