"""What is said, and which exit code is given, when something goes wrong: the one place that turns errors into sentences."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from profiles.errors import NotApproved, ProfileError, ProfileNotFound, ProfilesError
from profiles.merging import Collision
from profiles.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

DONE, FAILED, USAGE, SIGN_IN, MANUAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
CLOSED_PIPE = 141
_LONGEST = 20_000
_HANDED_ON = 3  # how deep a group of errors is opened


class Refused(Exception):  # noqa: N818 - a command's answer, not a fault of ours
    """A command can't do what was asked: the sentence, the way out and the exit code."""

    def __init__(self, sentence: str, *, code: int = USAGE, kind: str = "usage") -> None:
        self.code, self.kind = code, kind
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Told:
    """An error as people and scripts get it."""

    kind: str
    code: int
    sentence: str
    lines: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All of it, for standard error."""
        return "\n".join((f"azimuth: {self.sentence}", *self.lines))


def told(fault: BaseException, *, verbose: bool = False) -> Told:
    """Say what an error means. Nothing of a traceback and no values of variables get in."""
    fault = _innermost(fault)
    if isinstance(fault, KeyboardInterrupt):
        return Told("interrupted", INTERRUPTED, "Interrupted. What was answered and done is saved.")
    if isinstance(fault, Refused):
        return Told(fault.kind, fault.code, str(fault))
    if isinstance(fault, ProfilesError):
        return _of_the_profiles(fault)
    return _of_the_engine(fault, verbose=verbose) or _of_the_system(fault)


def _of_the_profiles(fault: ProfilesError) -> Told:
    """What a profile, the settings or their folders refuse."""
    if isinstance(fault, ProfileNotFound):
        return Told("profile", USAGE, str(fault))
    if isinstance(fault, Collision):
        lines = (
            *(f"  {one.line}" for one in fault.differences),
            "  Read both and run this again, or mend the file.",
        )
        differences = [asdict(one) for one in fault.differences]
        return Told("profile", FAILED, fault.sentence, lines, {"differences": differences})
    if isinstance(fault, SettingsError | ProfileError):
        kind = "config" if isinstance(fault, SettingsError) else "profile"
        return Told(kind, USAGE, str(fault), more={"faults": [one._asdict() for one in fault.faults]})
    if isinstance(fault, NotApproved):
        lines = tuple(f"  {line}" for line in fault.difference)
        return Told("approval", FAILED, str(fault), lines, {"difference": list(fault.difference)})
    return Told("profile", FAILED, str(fault))


def _innermost(fault: BaseException) -> BaseException:
    for _ in range(_HANDED_ON):
        if not isinstance(fault, BaseExceptionGroup):
            break
        fault = fault.exceptions[0]
    return fault


def _of_the_engine(fault: BaseException, *, verbose: bool) -> Told | None:
    from wizard.answers_file import AnswersFault
    from wizard.azure.errors import AzureProblem
    from wizard.setup import WrongProfile

    if isinstance(fault, AnswersFault):
        count = len(fault.faults)
        sentence = f"The answers can't be used: {count} thing{'s' if count != 1 else ''} to mend."
        listed = [one._asdict() for one in fault.faults]
        return Told("answers", USAGE, sentence, tuple(f"  {one}" for one in fault.faults), {"faults": listed})
    if isinstance(fault, WrongProfile):
        return Told("profile", USAGE, str(fault))
    if isinstance(fault, AzureProblem):
        return _of_azure(fault, verbose=verbose)
    if isinstance(fault, (RuntimeError, ValueError)):
        return _of_practice(fault)
    return None


def _of_azure(fault: Any, *, verbose: bool) -> Told:
    from wizard.azure.errors import SignInFailed, SignInNeeded, UnknownCloud

    if isinstance(fault, UnknownCloud):
        return Told("usage", USAGE, str(fault))
    lines = [f"  {fault.advice}"] if fault.advice else []
    more: dict[str, Any] = {"code": fault.code, "request_id": fault.request_id}
    if verbose:
        lines += [f"  {fault.message}"] if fault.message not in str(fault) else []
        lines += [f"  {detail.code}: {detail.message}" for detail in fault.details]
        lines += [f"  request id {fault.request_id}"] if fault.request_id else []
    if isinstance(fault, SignInNeeded):
        lines += ["  Ways to sign in:"] if fault.ways else []
        for state in fault.ways:
            word = "possible" if state.possible else "not possible"
            lines.append(f"    {state.way.key:16} {word}: {state.reason}")
        lines.append("  Name one with --sign-in WAY, or run az login first.")
        more["ways"] = [
            {"way": s.way.key, "title": s.way.title, "possible": s.possible, "reason": s.reason}
            for s in fault.ways
        ]
    if isinstance(fault, SignInNeeded | SignInFailed):
        return Told("sign-in", SIGN_IN, str(fault), tuple(lines), more)
    return Told("azure", FAILED, str(fault), tuple(lines), more)


def _of_practice(fault: BaseException) -> Told | None:
    """Practice Azure's own refusals; it is loaded already if one of them got here."""
    from wizard.practice.launcher import PracticeError
    from wizard.practice.worlds import WorldError

    if isinstance(fault, WorldError):
        return Told("usage", USAGE, str(fault))
    return Told("practice", FAILED, str(fault)) if isinstance(fault, PracticeError) else None


def _of_the_system(fault: BaseException) -> Told:
    from wizard.text import clean_line

    if isinstance(fault, OSError):
        where = f" ({clean_line(fault.filename)})" if fault.filename else ""
        return Told("system", FAILED, f"{fault.strerror or type(fault).__name__}{where}.")
    where = _where(fault)
    sentence = f"Azimuth itself failed: {type(fault).__name__}{where}. What was answered and done is saved."
    return Told("bug", FAILED, sentence, ("  AZIMUTH_TRACEBACK=1 shows more; please report it.",))


def _where(fault: BaseException) -> str:
    """The place in our own code, without any value: an unexpected error's text may hold anything."""
    frame, place = fault.__traceback__, ""
    while frame is not None:
        place = f" at {os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}"  # noqa: PTH119 - a name alone
        frame = frame.tb_next
    return place


def wants_traceback() -> bool:
    """Whether whoever runs this wants Python's own words (without the values of variables)."""
    return bool(os.environ.get("AZIMUTH_TRACEBACK"))


def show(problem: Told, *, as_json: bool) -> int:
    """Write an error for people on standard error, and for scripts as JSON on standard output; return its exit code."""
    from wizard.text import clean

    sys.stderr.write(f"{clean(problem.text, _LONGEST)}\n")
    if as_json:
        import json

        from screens.json_shapes import error

        shape = error(problem.kind, problem.code, problem.sentence, problem.more)
        sys.stdout.write(json.dumps(shape) + "\n")
    return problem.code
