"""The JSON that commands print: one function per shape, documented in docs/json.md. Scripts rely on these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from profiles import expiry
from screens import once
from wizard.answers import Answers
from wizard.apply.events import Event, Failed, Finished, Found, Noted, Outlined, Started, Waiting

if TYPE_CHECKING:
    from profiles.holding import Holder
    from profiles.profile import Profile
    from profiles.store import ProfileSummary
    from wizard.apply.handoff import HandOff
    from wizard.apply.outcome import Outcome, PlannedChange, Preview, ProofResult
    from wizard.context import Context
    from wizard.guide import Finding, Guide, Question, Step
    from wizard.plan import Manual

Shape = dict[str, Any]


def guide_line(guide: Guide) -> Shape:
    """One guide in the list of guides."""
    return {"guide": guide.key, "title": guide.title, "about": guide.about, "source": guide.source}


def guide_whole(guide: Guide) -> Shape:
    """One guide with its chapters, steps and questions."""
    empty = Answers({}, guide.questions)
    return guide_line(guide) | {
        "chapters": [
            {
                "number": chapter.number,
                "title": chapter.title,
                "steps": [_step(step, empty) for step in chapter.steps],
            }
            for chapter in guide.chapters
        ]
    }


def _step(step: Step, empty: Answers) -> Shape:
    return {
        "number": step.number,
        "title": step.title,
        "text": step.text,
        "makes": step.makes,
        "manual": step.manual,
        "questions": [_question(question, empty) for question in step.questions],
    }


def _question(question: Question, empty: Answers) -> Shape:
    return {
        "key": question.key,
        "prompt": question.prompt,
        "kind": question.kind.value,
        "required": question.required,
        "default": question.default_for(empty),
        "default_depends": callable(question.default),
        "rule": question.rule,
        "choices": [
            {
                "value": choice.value,
                "label": choice.label,
                "detail": choice.detail,
                "aliases": list(choice.aliases),
            }
            for choice in question.choices
        ],
        "offered_by_azure": question.offers is not None,
    }


def finding(found: Finding) -> Shape:
    """One finding."""
    return {
        "severity": found.severity.value,
        "question": found.question,
        "what": found.what,
        "rule": found.rule,
        "mend": found.mend,
        "correction": found.correction,
    }


def findings(found: Iterable[Finding]) -> list[Shape]:
    """Several findings, in order."""
    return [finding(one) for one in found]


def context(where: Context) -> Shape:
    """Who works where."""
    return {
        "cloud": where.cloud,
        "identity": where.identity,
        "tenant": where.tenant,
        "tenant_name": where.tenant_name,
        "subscription": where.subscription,
        "subscription_name": where.subscription_name,
    }


def checked(guide: str, where: Context, found: Iterable[Finding]) -> Shape:
    """What `azimuth check` found."""
    listed = tuple(found)
    return {
        "guide": guide,
        "context": context(where),
        "blocked": any(one.blocks for one in listed),
        "findings": findings(listed),
    }


def preview(guide: str, told: Preview) -> Shape:
    """What `azimuth plan` says."""
    return {
        "guide": guide,
        "context": context(told.context),
        "blocked": told.blocked,
        "nothing_to_do": told.nothing_to_do,
        "changes": [change(line) for line in told.changes],
        "untouched": told.untouched,
        "rights": told.rights,
        "findings": findings(told.findings),
        "manual": [manual(task) for task in told.manual],
        "handoffs": [handoff(off) for off in told.handoffs],
        "postponed": [line.label for line in told.postponed],
    }


def handoff(off: HandOff) -> Shape:
    """What somebody else has to make of one step."""
    return {
        "step": off.step,
        "title": off.title,
        "reason": off.reason,
        "scope": off.scope,
        "actions": list(off.actions),
        "who": off.who,
        "objects": list(off.objects),
        "labels": list(off.labels),
        "ids": dict(off.ids),
        "commands": off.commands,
        "otherwise": off.otherwise,
        "postponed": list(off.postponed),
        "mail": off.mail,
        "file": off.file,
    }


def change(line: PlannedChange) -> Shape:
    """One line of a preview."""
    return {
        "change": line.change.value,
        "kind": line.kind,
        "label": line.label,
        "detail": line.detail,
        "id": line.id,
    }


def manual(task: Manual) -> Shape:
    """Something that stays for a person to do."""
    return {
        "key": task.key,
        "title": task.title,
        "text": task.text,
        "command": task.command,
        "step": task.step,
    }


def event(happened: Event) -> Shape:
    """One line of progress."""
    match happened:
        case Outlined(tasks):
            return {"event": "outlined", "tasks": [{"key": task.key, "label": task.label} for task in tasks]}
        case Started(key, label):
            return {"event": "started", "key": key, "label": label}
        case Waiting(key, label, why, seconds, at_most):
            shape = {"event": "waiting", "key": key, "label": label, "why": why}
            return shape | {"seconds": round(seconds, 1), "at_most": at_most}
        case Finished(key, label, result, detail, seconds, warning):
            shape = {
                "event": "finished",
                "key": key,
                "label": label,
                "result": result.value,
                "detail": detail,
            }
            return shape | {"seconds": round(seconds, 1), "warning": warning}
        case Failed(key, label, what, mend):
            return {"event": "failed", "key": key, "label": label, "what": what, "mend": mend}
        case Found() | Noted():
            return _told(happened)


def _told(happened: Found | Noted) -> Shape:
    """What belongs to no task."""
    if isinstance(happened, Noted):
        return {"event": "noted", "text": happened.text}
    told = {"stands": happened.stands.value, "detail": happened.detail}
    return {"event": "found", "key": happened.key, "label": happened.label, **told}


def outcome(profile: str, done: Outcome) -> Shape:
    """How a run ended."""
    return {
        "profile": profile,
        "end": done.end.value,
        "ok": done.ok,
        "made": list(done.made),
        "kept": list(done.kept),
        "removed": list(done.removed),
        "proofs": [proof(one) for one in done.proofs],
        "variables": list(done.variables),
        "manual": [manual(task) for task in done.manual],
        "next_steps": list(done.next_steps),
        "problem": done.problem,
        "mend": done.mend,
        "handoffs": [handoff(off) for off in done.handoffs],
        "postponed": list(done.postponed),
        **({"shown_once": once.shape(done.shown_once)} if done.shown_once else {}),
    }


def proof(result: ProofResult) -> Shape:
    """How one proof came out."""
    return {
        "key": result.key,
        "title": result.title,
        "ok": result.ok,
        "warning": result.warning,
        "what": result.what,
        "mend": result.mend,
    }


def summary(line: ProfileSummary) -> Shape:
    """One profile in the list of profiles."""
    return {
        "name": line.name,
        "guide": line.guide,
        "stage": line.stage,
        "cloud": line.cloud,
        "updated": _moment(line.updated),
        "broken": line.broken,
    }


def profile(shown: Profile) -> Shape:
    """One whole profile. It holds no secret: only where each one is kept."""
    saved = shown.context
    return {
        "name": shown.name,
        "id": shown.id,
        "revision": shown.revision,
        "guide": shown.guide,
        "cloud": shown.cloud,
        "stage": shown.stage,
        "step": shown.step,
        "origin": shown.origin,
        "created": _moment(shown.created),
        "updated": _moment(shown.updated),
        "context": {
            "account": saved.account,
            "tenant": saved.tenant_id,
            "tenant_name": saved.tenant_name,
            "subscription": saved.subscription_id,
            "subscription_name": saved.subscription_name,
        },
        "answers": dict(shown.answers),
        "sources": dict(shown.sources),
        "outputs": dict(shown.outputs),
        "secrets": expiries(shown),
        "proofs": [
            {"title": one.title, "ok": one.ok, "at": _moment(one.at), "detail": one.detail}
            for one in shown.proofs
        ],
    }


def expiries(shown: Profile) -> list[Shape]:
    """Which variables are secret, where each is kept, and when it ends."""
    return [
        {
            "variable": reference.variable,
            "store": reference.store,
            "hint": reference.hint,
            "expires": _moment(reference.expires),
            "days": ends.days,
            "state": ends.state,
        }
        for reference, ends in zip(shown.secrets, expiry.expiries(shown), strict=True)
    ]


def error(kind: str, code: int, sentence: str, more: Mapping[str, Any] | None = None) -> Shape:
    """Why a command could not do its work."""
    return {"error": {"kind": kind, "exit": code, "what": sentence, **(more or {})}}


def _moment(when: datetime | None) -> str | None:
    return when.isoformat() if when is not None else None


def config(path: str, values: Mapping[str, str | bool], settled: Mapping[str, str | bool]) -> Shape:
    """What `azimuth config --json` prints: the file, and each key with what counts and where that comes from."""
    return {
        "path": path,
        "settings": {
            name: {"value": value, "from": "config.toml" if name in settled else "default"}
            for name, value in values.items()
        },
    }


def holder(name: str, held: Holder) -> Shape:
    """Who carries out a profile just now."""
    return {
        "profile": name,
        "pid": held.pid,
        "host": held.host,
        "since": held.since,
        "stopped": held.is_stopped,
    }
