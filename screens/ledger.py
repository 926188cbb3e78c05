"""The ledger of a run: what its events have told about each task so far, and how that reads as rows and as a log."""

from __future__ import annotations

from dataclasses import dataclass, field

from screens.saying import HANDED
from screens.signs import clock, sign
from screens.terminal import Sign
from screens.widgets.rows import Row
from wizard.apply.events import Event, Failed, Finished, Found, Noted, Outlined, Started, Waiting


@dataclass(slots=True)
class TaskLine:
    """How one task stands. Times are in seconds of the clock that the ledger is asked with."""

    label: str
    state: str = "to do"
    detail: str = ""
    began: float = 0.0
    took: float = 0.0
    waiting: Waiting | None = None
    heard: float = 0.0
    warning: bool = False

    def row(self, now: float) -> Row:
        """Return the task as a row; what runs shows the seconds since it began."""
        if self.state == "running":
            wait = self.waiting
            detail = ""
            if wait is not None and wait.key.startswith(HANDED):
                return self._handed(wait, now)
            if wait is not None:
                waited = min(wait.seconds + now - self.heard, wait.at_most)
                detail = f"waiting {clock(waited)} of at most {clock(wait.at_most)}: {wait.why}"
            return Row(
                self.label,
                sign(Sign.HERE),
                "accent",
                detail,
                clock(now - self.began),
                word="running",
                text_tone="strong",
            )
        if self.state == "to do":
            return Row(self.label, sign(Sign.TO_DO), "quiet", word="to do", text_tone="quiet")
        if self.state == "failed":
            return Row(
                self.label,
                sign(Sign.WRONG),
                "bad",
                self.detail,
                clock(self.took),
                word="failed",
                text_tone="bad",
            )
        mark, tone = (Sign.WARNING, "warn") if self.warning else (Sign.DONE, "good")
        return Row(
            self.label,
            sign(mark),
            tone,
            self.detail if self.warning else "",
            clock(self.took),
            word=self.state,
        )

    def _handed(self, wait: Waiting, now: float) -> Row:
        """Return a task that an administrator has to do: whoever closes the program loses nothing."""
        waited = clock(wait.seconds + now - self.heard)
        return Row(self.label, sign(Sign.WAITS), "warn", wait.why, waited, word="waits", text_tone="strong")


def _told(event: Found | Noted) -> str:
    """What belongs to no task."""
    if isinstance(event, Noted):
        return event.text
    detail = f": {event.detail}" if event.detail else ""
    return f"{event.stands.value:9} {event.label}{detail}"


@dataclass(slots=True)
class Ledger:
    """All tasks of a run, in order, and everything that was told about them."""

    tasks: dict[str, TaskLine] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    def take(self, event: Event, now: float) -> str:
        """Take an event in; return the line that the log gets for it."""
        told = self._take(event, now)
        self.log.append(told)
        return told

    def _take(self, event: Event, now: float) -> str:
        match event:
            case Outlined(tasks):
                self.tasks |= {task.key: TaskLine(task.label) for task in tasks}
                return f"{len(tasks)} tasks"
            case Started(key, label):
                self.tasks[key] = TaskLine(label, "running", began=now)
                return f"started   {label}"
            case Waiting(key, label, why, seconds, at_most):
                task = self._task(key, label)
                task.state, task.waiting, task.heard = "running", event, now
                return f"waiting   {label}: {clock(seconds)} of at most {clock(at_most)}, {why}"
            case Finished(key, label, result, detail, seconds, warning):
                task = self._task(key, label)
                task.state, task.detail, task.took, task.warning = result.value, detail, seconds, warning
                return f"{result.value:9} {label} {detail}"
            case Failed(key, label, what, mend):
                task = self._task(key, label)
                task.took = now - task.began if task.state == "running" else 0.0
                task.state, task.detail = "failed", f"{what} {mend}".rstrip()
                return f"failed    {label}: {what} {mend}"
            case Found() | Noted():
                return _told(event)

    def _task(self, key: str, label: str) -> TaskLine:
        return self.tasks.setdefault(key, TaskLine(label))

    @property
    def ended(self) -> int:
        """How many tasks are over."""
        return sum(1 for task in self.tasks.values() if task.state not in {"to do", "running"})

    @property
    def hands_over(self) -> bool:
        """Whether nothing is done just now but waiting for an administrator."""
        running = [key for key, task in self.tasks.items() if task.state == "running"]
        return bool(running) and all(self._is_handed(key) for key in running)

    def _is_handed(self, key: str) -> bool:
        return key.startswith(HANDED) and self.tasks[key].waiting is not None

    @property
    def part(self) -> float:
        """How much is over, from 0 to 1."""
        return self.ended / len(self.tasks) if self.tasks else 0.0

    def rows(self, now: float) -> list[Row]:
        """Return all tasks as rows."""
        return [task.row(now) for task in self.tasks.values()]
