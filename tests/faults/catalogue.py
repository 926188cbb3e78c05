"""The faults of the list that touch sign-in, apply, resume, verify, rotate and undo: where each applies, and how it is made.

The numbers are those of the fault list of the project's facts (RELIABILITY, section 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.operations import Operation
from wizard.practice.faults import Fault

LEFT_OUT: Mapping[int, str] = {
    21: "a token that ends in a long deployment is fault 19 at the operations that poll, where it is injected",
    24: "the machine's clock is no matter of Azure: a certificate that is not valid today is told, tests/azure/test_errors.py",
    28: "practice Azure is on the loopback interface, where no proxy has a place; its sentences: tests/azure/test_errors.py",
    30: "signals: tests/end_to_end and tests/crash",
    31: "signals: tests/end_to_end and tests/crash",
    32: "signals: tests/end_to_end",
    33: "a closed output: tests/commands",
    34: "no core is written by Python; a killed run: tests/crash",
    35: "sizes of the terminal: tests/screens",
    36: "no terminal: tests/commands and tests/plain",
    37: "killed at every file operation: tests/crash",
    38: "killed around every request: tests/crash",
    39: "killed twice: tests/crash",
    40: "killed between store and journal: tests/crash",
    41: "power loss: tests/crash",
    42: "full disks: tests/places and tests/crash",
    43: "homes that can't be written: tests/places",
    44: "damaged files: tests/profiles and tests/wizard",
    45: "two wizards: tests/places",
    46: "edited at the same time: tests/places",
    47: "lying keyrings: tests/secrets",
    48: "a keyring that dies: tests/secrets",
    68: "an activated role that runs out is fault 67 for Azure and for us",
    51: "an object of ours that stands already, with no outcome in the journal, is what 2, 12 and 14 leave behind",
    70: "signed in elsewhere than the profile was made: tests/wizard and tests/places",
    74: "hostile names: tests/screens/test_hostile.py",
    75: "hostile profiles: tests/profiles",
    80: "no memory, no files, no threads: the machine's affair, tests/places",
}
"""Why a fault of the list is not injected here."""

_FOREVER = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One fault: its number in the list, what it is, where it applies and how it is asked for.

    `hurried` runs with little patience for an answer.
    """

    number: int
    name: str
    applies: Callable[[Operation], bool]
    make: Callable[[Operation], Sequence[Fault]]
    hurried: bool = False

    @property
    def label(self) -> str:
        """How the table calls it."""
        return f"{self.number} {self.name}"


def _everywhere(_operation: Operation) -> bool:
    return True


def _writes(operation: Operation) -> bool:
    return operation.writes


def _reads(operation: Operation) -> bool:
    return operation.method == "GET"


def _services(operation: Operation) -> bool:
    return operation.in_arm or operation.in_graph


def _polls(operation: Operation) -> bool:
    return operation.polls


def _one(**effect: Any) -> Callable[[Operation], Sequence[Fault]]:
    return lambda operation: (operation.fault(**effect),)


def _from_here(**effect: Any) -> Callable[[Operation], Sequence[Fault]]:
    """This request and every later one, whatever it asks."""
    return lambda operation: (
        operation.fault(times=_FOREVER, **effect),
        Fault(since=f"^{operation.method} {operation.pattern[1:]}", times=_FOREVER, **effect),
    )


def _writes_from_here(**effect: Any) -> Callable[[Operation], Sequence[Fault]]:
    """This request and every later write to ARM."""

    def make(operation: Operation) -> Sequence[Fault]:
        since = f"^{operation.method} {operation.pattern[1:]}"
        later = [
            Fault(method=method, path="^/subscriptions/", since=since, times=_FOREVER, **effect)
            for method in ("PUT", "DELETE", "POST")
        ]
        return (operation.fault(times=_FOREVER, **effect), *later)

    return make


def _after_it(method: str, **effect: Any) -> Callable[[Operation], Sequence[Fault]]:
    """What is read of the same path after it was written."""
    return lambda operation: (
        Fault(
            method=method,
            path=operation.pattern,
            since=f"^{operation.method} {operation.pattern[1:]}",
            **effect,
        ),
    )


# The network, and answers that are none

_STATUSES = (408, 500, 502, 503, 504)
_NETWORK = (
    Kind(1, "reset before the work", _everywhere, _one(close="before")),
    Kind(2, "reset after the work", _writes, _one(close="after")),
    Kind(3, "reset while polling, thrice", _polls, _one(close="before", times=3)),
    Kind(4, "reset while polling, for ever", _polls, _one(close="before", times=_FOREVER)),
    Kind(5, "the network is gone from here on", _everywhere, _from_here(close="before")),
    Kind(6, "429, Retry-After", _everywhere, _one(status=429, retry_after=7)),
    Kind(7, "429 without Retry-After, thrice", _everywhere, _one(status=429, times=3)),
    *(
        Kind(8, f"Retry-After {wish}", lambda o: o.in_arm and not o.lists, _one(status=429, retry_after=wish))
        for wish in ("86400", "inf", "nan", "-5", "garbage", "Wed, 21 Oct 2015 07:28:00 GMT")
    ),
    Kind(9, "429 for everything from here on", _services, _from_here(status=429, retry_after=2)),
    Kind(
        10,
        "409 another operation, twice",
        lambda o: o.writes and o.in_arm,
        _one(
            status=409,
            code="RetryableErrorDueToAnotherOperation",
            message="A retryable error occurred.",
            times=2,
        ),
    ),
    *(Kind(11, f"{status}, once", _everywhere, _one(status=status)) for status in _STATUSES),
    Kind(11, "503, thrice", _everywhere, _one(status=503, times=3)),
    Kind(11, "500, for ever", _everywhere, _one(status=500, times=_FOREVER)),
    Kind(12, "504 after the work", _writes, _one(status=504, after=True)),
    Kind(12, "500 after the work", _writes, _one(status=500, after=True)),
    Kind(
        13,
        "a page in place of Azure",
        _everywhere,
        _one(instead="<html><body>Welcome to the hotel</body></html>"),
    ),
    Kind(13, "a page, for ever", _services, _one(instead="<html>Sign in</html>", times=_FOREVER)),
    Kind(14, "cut JSON", _everywhere, _one(truncated=True)),
    Kind(14, "cut in the wire", _everywhere, _one(length=60)),
    Kind(15, "an empty answer", _everywhere, _one(instead="")),
    Kind(15, "null", _everywhere, _one(instead="null")),
    Kind(15, "an empty object", _everywhere, _one(instead="{}")),
    Kind(
        15,
        "unknown fields",
        _services,
        _one(edit={"future": {"x": [1]}, "properties.future": 1}, times=_FOREVER),
    ),
    Kind(
        16,
        "a list without end",
        lambda o: o.lists,
        _one(next="{origin}{path}?api-version=2022-12-01", times=_FOREVER),
    ),
    Kind(16, "next page elsewhere", lambda o: o.lists, _one(next="https://127.0.0.2:9/more")),
    Kind(17, "redirected elsewhere", _everywhere, _one(redirect="https://127.0.0.2:9{path}")),
    Kind(17, "poll elsewhere", lambda o: o.writes and o.in_arm, _one(poll="https://127.0.0.2:9/poll")),
    Kind(
        18,
        "not found right after it was begun",
        lambda o: o.method == "PUT" and o.path.endswith("/deployments/*"),
        _after_it(
            "GET", status=404, code="DeploymentNotFound", message="Deployment could not be found.", times=3
        ),
    ),
    Kind(19, "401, the token has ended", _services, _one(expired=True)),
    Kind(19, "401 for ever", _services, _one(expired=True, times=_FOREVER)),
    Kind(20, "more claims are wanted", _services, _one(claims=True)),
    Kind(29, "no answer", _everywhere, _one(hang=True), hurried=True),
    Kind(29, "no answer after the work", _writes, _one(hang=True, after=True), hurried=True),
    Kind(79, "the secret in an error", lambda o: o.writes or o.signs_in, _one(echo=True)),
)

# Entra

_OF_PERSONS, _OF_APPS = "device_code", "client_credentials"
_CODES = {
    _OF_PERSONS: (50076, 53003, 700082, 65001, 50173, 90002, 900432),
    _OF_APPS: (7000215, 7000222, 700016, 7000229, 53003, 900432),
}


def _granting(grant: str) -> Callable[[Operation], bool]:
    return lambda operation: operation.grant == grant


_ENTRA = (
    *(
        Kind(22, f"AADSTS{code} at {grant}", _granting(grant), _one(aadsts=code, times=_FOREVER))
        for grant, codes in _CODES.items()
        for code in codes
    ),
    Kind(22, "AADSTS7000215, once", _granting(_OF_APPS), _one(aadsts=7000215)),
    Kind(22, "AADSTS700016, thrice", _granting(_OF_APPS), _one(aadsts=700016, times=3)),
    Kind(23, "the code has run out", _granting(_OF_PERSONS), _one(aadsts=70020)),
    Kind(23, "declined in the browser", _granting(_OF_PERSONS), _one(aadsts=65004)),
    Kind(50, "the secret has expired", _granting(_OF_APPS), _one(aadsts=7000222)),
    Kind(76, "another cloud", lambda o: o.signs_in and bool(o.grant), _one(aadsts=900433)),
)

# What Azure refuses


def _makes(*kinds: str) -> Callable[[Operation], bool]:
    """Where ARM would make or judge something: the deployment itself, its check, or a direct write."""
    wanted = tuple(kind.lower() for kind in kinds)

    def applies(operation: Operation) -> bool:
        path = operation.path.lower()
        deploys = path.endswith(("/deployments/*", "/validate", "/whatif")) and operation.method in {
            "PUT",
            "POST",
        }
        return deploys or (operation.method in {"PUT", "PATCH"} and any(kind in path for kind in wanted))

    return applies


def _changes_arm(operation: Operation) -> bool:
    return operation.in_arm and operation.method in {"PUT", "DELETE", "PATCH", "POST"}


def _refused(
    status: int, code: str, message: str, times: int = _FOREVER
) -> Callable[[Operation], Sequence[Fault]]:
    return _one(status=status, code=code, message=message, times=times)


_DENIED = "The client 'you@contoso.example' does not have authorization to perform action 'x/write' over scope '/y' or the scope is invalid."
_AZURE = (
    Kind(52, "the name is another's", _makes("x"), _refused(409, "Conflict", "A resource of this name exists already.")),
    Kind(53, "the resource failed", _makes("x"), _refused(409, "ResourceDeploymentFailure", "The resource write operation failed to complete successfully, because it reached terminal provisioning state 'Failed'.")),
    Kind(53, "the deployment failed", _polls, _one(edit={"properties.provisioningState": "Failed", "properties.error": {"code": "Conflict", "message": "It failed."}}, times=2)),
    Kind(54, "long in Running", lambda o: o.polls and o.path.endswith("/deployments/*"), _one(edit={"properties.provisioningState": "Running"}, times=40)),
    Kind(55, "in another region", _makes("x"), _refused(409, "InvalidResourceLocation", "The resource 'x' already exists in location 'uksouth' in resource group 'g'. A resource with the same name cannot be created in location 'westeurope'.")),
    Kind(56, "the name is taken in the world", _makes("x"), _refused(409, "StorageAccountAlreadyTaken", "The storage account named hopsworks is already taken.")),
    Kind(57, "the name is soft-deleted", _makes("x"), _refused(409, "FlagMustBeSetForRestore", "An existing resource with ID 'x' has been soft-deleted. To restore the resource, you must specify 'restore' to be 'true' in the property.")),
    Kind(58, "a policy forbids it", _makes("x"), _refused(403, "RequestDisallowedByPolicy", "Resource 'x' was disallowed by policy. Policy identifiers: '[{\"policyAssignment\":{\"name\":\"Allowed locations\"}}]'.")),
    Kind(59, "a policy added tags", lambda o: o.in_arm and o.method == "GET" and not o.lists and not o.polls, _one(edit={"tags.cost-center": "by policy"}, times=_FOREVER)),
    Kind(60, "quota", _makes("x"), _refused(409, "QuotaExceeded", "Operation could not be completed as it results in exceeding approved Total Regional Cores quota.")),
    Kind(60, "size not to be had", _makes("x"), _refused(409, "SkuNotAvailable", "The requested size for resource 'x' is currently not available in location 'westeurope' zones '' for subscription 's'.")),
    Kind(61, "a lock", _changes_arm, _refused(409, "ScopeLocked", "The scope 'x' cannot perform write operation because following scope(s) are locked: '/subscriptions/s/resourceGroups/g'. Please remove the lock and try again.")),
    Kind(62, "provider not registered", _makes("x"), _refused(409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.Storage'. See https://aka.ms/rps-not-found for how to register subscriptions.")),
    Kind(62, "provider registering for ever", lambda o: o.method == "GET" and "/providers/" in o.path and o.path.count("/") == 4, _one(edit={"registrationState": "Registering"}, times=_FOREVER)),
    Kind(63, "the principal is not known, thrice", _makes("roleassignments"), _refused(400, "PrincipalNotFound", "Principal b131343d9efa4563b5e80e6006f0692b does not exist in the directory 47eaa099-2cb6-416d-86dc-283cf0480ff9.", 3)),
    Kind(64, "403, thrice", _services, _refused(403, "AuthorizationFailed", _DENIED, 3)),
    Kind(65, "role assigned already", _makes("roleassignments"), _refused(409, "RoleAssignmentExists", "The role assignment already exists.")),
    Kind(65, "assignment can't be changed", _makes("roleassignments"), _refused(400, "RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.")),
    Kind(65, "too many assignments", _makes("roleassignments"), _refused(400, "RoleAssignmentLimitExceeded", "No more role assignments can be created.")),
    Kind(66, "role name taken", _makes("roledefinitions"), _refused(409, "RoleDefinitionWithSameNameExists", "A custom role with the same name already exists in this directory.")),
    Kind(67, "403 for ever", _services, _refused(403, "AuthorizationFailed", _DENIED)),
    Kind(67, "right revoked from here on", _services, _writes_from_here(status=403, code="AuthorizationFailed", message=_DENIED)),
    Kind(69, "subscription disabled from here on", lambda o: o.in_arm, _writes_from_here(status=409, code="ReadOnlyDisabledSubscription", message="The subscription 's' is disabled and therefore marked as read only.")),
    Kind(69, "subscription not found", lambda o: o.in_arm and o.path.startswith("/subscriptions/*"), _refused(404, "SubscriptionNotFound", "The subscription 's' could not be found.")),
    Kind(71, "a deployment of this name runs", lambda o: o.method == "PUT" and o.path.endswith("/deployments/*"), _refused(409, "DeploymentActive", "Unable to edit or replace deployment: previous deployment is still active.", 1)),
    Kind(72, "the template is not accepted", _makes("x"), _refused(400, "InvalidTemplate", "Deployment template validation failed: 'x'.")),
    Kind(72, "a cause far inside", _makes("x"), _one(instead='{"error":{"code":"InvalidTemplateDeployment","message":"See details.","details":[{"code":"DeploymentFailed","message":"Inside.","details":[{"code":"InnerMost","message":"The innermost cause."}]}]}}', status=400, times=_FOREVER)),
    Kind(73, "the history is full", lambda o: o.method == "PUT" and o.path.endswith("/deployments/*"), _refused(409, "DeploymentQuotaExceeded", "Creating the deployment 'azimuth' would exceed the quota of '800'.")),
    Kind(77, "api-version retired", lambda o: o.in_arm and not o.path.startswith("/tenants"), _refused(400, "NoRegisteredProviderFound", "No registered resource provider found for location 'westeurope' and API version '2019-01-01' for type 'x'. The supported api-versions are '2030-01-01'.")),
    Kind(78, "not there right after it was written", lambda o: o.method in {"PUT", "PATCH"}, _after_it("GET", status=404, times=3)),
    Kind(78, "404, once", lambda o: o.in_arm or o.in_graph, _one(status=404)),
)  # fmt: skip
KINDS: tuple[Kind, ...] = (*_NETWORK, *_ENTRA, *_AZURE)
