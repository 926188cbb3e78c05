"""How findings, previews, outcomes and guides read as lines of text; the commands and the plain prompts share them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from profiles import expiry
from screens import once
from screens.output import Output
from screens.terminal import Sign
from wizard.apply.outcome import Change, End, Outcome, PlannedChange, Preview
from wizard.guide import Finding, Severity

if TYPE_CHECKING:
    from profiles.profile import Profile
    from wizard.apply.handoff import HandOff
    from wizard.plan import Manual
    from wizard.setup import Setup

_FINDINGS = {
    Severity.OK: (Sign.DONE, "good", "ok"),
    Severity.INFO: (Sign.TO_DO, "quiet", "note"),
    Severity.WARNING: (Sign.WARNING, "warn", "warning"),
    Severity.ERROR: (Sign.WRONG, "bad", "wrong"),
}
_CHANGES = {Change.CREATE: "new", Change.CHANGE: "warn", Change.REMOVE: "bad", Change.KEEP: "quiet"}
_ENDS = {
    End.DONE: "Done.",
    End.NOTHING_TO_DO: "Nothing was changed: all of it was there already.",
    End.FAILED: "It could not be finished.",
    End.LEFT_RUNNING: "You stopped watching. What Azure is doing goes on.",
    End.CANCELLED: "Cancelled: nothing more is made.",
    End.WAITING: "Done as far as you may. The rest waits for an administrator.",
}


def header(output: Output, setup: Setup) -> None:
    """Say guide, banner and context in one line, as every screen does."""
    parts = ("Azimuth", setup.guide.title, setup.cloud.banner, setup.context.line)
    output.say("  ".join(part for part in parts if part), "strong")


def finding(output: Output, found: Finding) -> None:
    """Say one finding under the answer it belongs to."""
    sign, style, word = _FINDINGS[found.severity]
    output.tell(sign, f"{word}: {found.sentence}", style)


def findings(output: Output, found: Iterable[Finding]) -> None:
    """Say findings, each once with the questions it belongs to; what is well is told only when more is asked for."""
    questions: dict[tuple[Severity, str], dict[str, None]] = {}
    for one in found:
        if one.severity in {Severity.ERROR, Severity.WARNING} or output.verbose:
            questions.setdefault((one.severity, one.sentence), {})[one.question] = None
    for (severity, sentence), keys in questions.items():
        sign, style, word = _FINDINGS[severity]
        output.tell(sign, f"{word}  {', '.join(keys)}: {sentence}", style)


def preview(output: Output, told: Preview, setup: Setup) -> None:
    """Say what applying would do, by Azure's own word, as whom and where."""
    findings(output, told.findings)
    for line in told.changes:
        change(output, line)
    if told.changes:
        counts = ((Change.CREATE, "to create"), (Change.CHANGE, "to change"), (Change.REMOVE, "to remove"))
        summed = "   ".join(f"{told.count(which)} {words}" for which, words in counts)
        output.say(f"Azure says:  {summed}   {told.count(Change.KEEP) + told.untouched} kept as they are")
    if told.rights:
        output.say(f"Rights:      {told.rights}")
    if told.handoffs:
        output.say(f"Hand-off:    {len(told.handoffs)}", "warn")
    for off in told.handoffs:
        handoff(output, off)
    for line in told.postponed:
        output.say(f"      waits for that: {line.label}", "quiet")
    for task in told.manual:
        manual(output, task)
    as_whom(output, setup)


def as_whom(output: Output, setup: Setup) -> None:
    """Say again who will write where, before the first write."""
    where = setup.context
    into = where.subscription_name or where.subscription or where.tenant_name or where.tenant
    short = f" ({where.subscription[:8]}…)" if where.subscription else ""
    tenant = where.tenant_name or where.tenant
    banner = f"   {setup.cloud.banner}" if setup.cloud.banner else ""
    output.say(f"As  {where.identity}  into  {into}{short}, tenant {tenant}, {where.cloud}{banner}", "strong")


def change(output: Output, line: PlannedChange) -> None:
    """Say one line of a preview; the sign is a character of ASCII already."""
    output.say(f"  {line.line}", _CHANGES.get(line.change, ""))


def handoff(output: Output, off: HandOff, *, written: bool = False) -> None:
    """Say what somebody else has to make, why, and with `written`, where all of it stands."""
    step = f" (step {off.step})" if off.step else ""
    output.tell(Sign.WAITS, f"for an administrator: {', '.join(off.labels)}{step}: {off.reason}", "warn")
    if written:
        output.say(f"      commands and a mail that asks for it: {off.file}")
        output.say(f"      or they run: {off.otherwise}", "quiet")


def manual(output: Output, task: Manual) -> None:
    """Say what stays for a person to do."""
    step = f" (step {task.step})" if task.step else ""
    output.tell(Sign.WAITS, f"for you: {task.title}{step}: {task.text}", "warn")
    if task.command:
        output.say(f"      {task.command}")


def outcome(output: Output, done: Outcome, setup: Setup) -> None:
    """Say how a run ended, what it did, and what to do next."""
    name = setup.profile.name
    output.say()
    output.say(_ENDS[done.end], "good" if done.ok else "strong")
    if done.problem and done.end is not End.WAITING:
        output.tell(Sign.WRONG, f"{done.problem} {done.mend}".rstrip(), "bad")
    for title, labels in (("Made", done.made), ("Kept", done.kept), ("Removed", done.removed)):
        if labels:
            output.say(f"{title}: {', '.join(labels)}")
    if done.proofs:
        good = sum(1 for proof in done.proofs if proof.ok)
        output.say(f"Proved: {good} of {len(done.proofs)}")
    if done.variables and done.ok:
        output.say(f"Variables: {', '.join(done.variables)}")
    _what_stays(output, done)
    _what_next(output, done, name)
    once.tell(output, done.shown_once)


def _what_stays(output: Output, done: Outcome) -> None:
    for off in done.handoffs:
        handoff(output, off, written=True)
    if len(done.handoffs) > 1:
        output.say("      all of it in one page with one mail: the file beside them that ends with -all.md")
    for label in done.postponed:
        output.say(f"      waits for that: {label}", "quiet")
    for task in done.manual:
        manual(output, task)


def _what_next(output: Output, done: Outcome, name: str) -> None:
    if done.end is End.WAITING:
        output.say(done.mend)
    elif done.ok and done.next_steps:
        output.say("Next:")
        for line in done.next_steps:
            output.say(f"  {line}")
    elif not done.ok:
        output.say(f"The state is saved. azimuth resume {name} goes on from there.")


def expiries(output: Output, profile: Profile) -> None:
    """Say when each secret of a profile ends; near its end, as a warning with the way out."""
    for one in expiry.expiries(profile):
        if one.state == "good":
            output.say(one.sentence)
        elif one.warns:
            bad = one.state == "expired"
            mark, style = (Sign.WRONG, "bad") if bad else (Sign.WARNING, "warn")
            output.tell(mark, f"{one.sentence} {one.mend}", style)
