"""How a run tells itself line by line: nothing is redrawn, so that a log, a pipe and a screen reader get it whole."""

from __future__ import annotations

from screens import json_shapes
from screens.output import Output
from screens.saying import HANDED
from screens.terminal import Sign
from wizard.apply.events import Event, Failed, Finished, Found, Noted, Stands, Started, Waiting

_EVERY = 15.0  # seconds of waiting between two lines about it
_EVERY_HANDED = 60.0  # the same while somebody else has to act

_FOUND = {
    Stands.DONE: (Sign.DONE, "quiet"),
    Stands.RUNNING: (Sign.HERE, "accent"),
    Stands.FAILED: (Sign.WRONG, "bad"),
    Stands.CHANGED: (Sign.WARNING, "warn"),
    Stands.GONE: (Sign.WARNING, "warn"),
}


class ProgressLines:
    """Says each event of a run as it happens, and keeps quiet while a question stands open.

    Give it to `Run` as its `on_event`. With JSON asked for, each event is a line of standard output too, if `stream`.
    """

    def __init__(self, output: Output, *, stream: bool = True) -> None:
        self._output, self._stream = output, stream
        self._told: dict[str, float] = {}
        self._held: list[Event] | None = None

    def __call__(self, event: Event) -> None:
        """Say one event, or keep it for `release`."""
        if self._held is not None:
            self._held.append(event)
            return
        try:
            if self._stream:
                self._output.line(json_shapes.event(event))
            self._say(event)
        except BrokenPipeError:
            # Whoever read along has gone; what was begun is finished all the same.
            self._held = []

    def hold(self) -> None:
        """Keep events back until `release`: a question is being asked."""
        if self._held is None:
            self._held = []

    def release(self) -> None:
        """Say what was kept back, and go on."""
        held, self._held = self._held or [], None
        for event in held:
            self(event)

    def _say(self, event: Event) -> None:
        output = self._output
        match event:
            case Started(_, label):
                if output.verbose:
                    output.tell(Sign.HERE, label, "accent")
            case Waiting():
                self._wait(event)
            case Finished(_, label, result, detail, seconds, warning):
                sign, style = (Sign.WARNING, "warn") if warning else (Sign.DONE, "good")
                more = f"  {detail}" if detail else ""
                output.tell(sign, f"{result.value:7} {label}  {_clock(seconds)}{more}", style)
            case Failed(_, label, what, mend):
                output.tell(Sign.WRONG, f"failed  {label}: {what} {mend}".rstrip(), "bad")
            case Found(_, label, stands, detail) if stands is not Stands.DONE or output.verbose:
                # What is done is told as kept, a few lines on.
                sign, style = _FOUND[stands]
                output.tell(sign, f"{stands.value:7} {label}{f': {detail}' if detail else ''}", style)
            case Noted(text):
                output.tell(Sign.TO_DO, text)

    def _wait(self, event: Waiting) -> None:
        output, handed = self._output, event.key.startswith(HANDED)
        every = _EVERY_HANDED if handed else _EVERY
        new = event.key not in self._told and not output.verbose
        if event.seconds - self._told.get(event.key, -every) < every:
            return
        self._told[event.key] = event.seconds
        if handed:
            told = f"waits   {event.label}  {_clock(event.seconds)}: {event.why}"
            output.tell(Sign.WAITS, told, "warn")
            return
        if new:
            output.tell(Sign.HERE, event.label, "accent")
        told = f"{_clock(event.seconds)} waiting (at most {_clock(event.at_most)}): {event.why}"
        output.say(f"    {told}", "quiet")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
