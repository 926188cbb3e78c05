"""A guide by line prompts: the same walkthrough as the full screen, asked question by question (screen readers, dumb terminals)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from profiles.errors import ProfileError
from profiles.store import ProfileStore
from screens import telling
from screens.agreeing import agreed_by_lines
from screens.carrying import perform
from screens.choosing import keep, tell_merges
from screens.connecting import enter_tenant, opened_cloud
from screens.drawn import is_drawn
from screens.faults import DONE, FAILED
from screens.opening import cloud_of
from screens.prompts import HINT, Prompts, Way
from screens.saying import REFUSED_KEY, holds_private_key, said, written
from screens.stores import OFFERED, QUESTION, equip
from screens.terminal import Sign
from wizard.answers import Source
from wizard.apply.preflight import no_store, preflight
from wizard.azure.errors import AzureProblem
from wizard.azure.sign_in import SignedIn, SignInPrompt, possible_ways, sign_in
from wizard.guide import Choice, Findings, Guide, Kind, Question, Step
from wizard.guides import all_guides
from wizard.setup import Setup

if TYPE_CHECKING:
    from screens.output import Output
    from screens.settings import Settings
    from wizard.apply.outcome import Preview
    from wizard.azure.clouds import Cloud
    from wizard.walkthrough import Walkthrough

_SOURCES = {Source.CHOSEN: "you chose", Source.FOUND: "found", Source.DEFAULT: "default"}


async def walk(settings: Settings, guide: Guide | None, profile: str | None) -> int:
    """Walk through a guide from sign-in to what is proved, and return the exit code.

    Raises:
        WrongProfile, ProfileError: the profile is of another guide or cloud, or can't be read.
        KeyboardInterrupt: the person stopped; every answer is saved.
    """
    prompts = Prompts(settings.output)
    guide = guide or await _choose_guide(prompts)
    with opened_cloud(settings, cloud_of(profile)) as cloud:
        name = profile or await _choose_profile(prompts, guide, cloud)
        setup = Setup.begin(guide, name, cloud)
        equip(setup, settings)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(setup.close)
            try:
                if not await agreed_by_lines(setup, prompts):
                    return FAILED
                return await Plain(setup, prompts).whole(stack)
            except KeyboardInterrupt:
                told = "Saved." if setup.is_saved else f"Not saved: {setup.save_problem}"
                prompts.output.note(f"\n{told} azimuth --plain {guide.key} --profile {name} goes on.")
                raise


async def _choose_guide(prompts: Prompts) -> Guide:
    guides = all_guides()
    prompts.output.say("Guides:", "strong")
    choices = [Choice(guide.key, guide.key, guide.about) for guide in guides.values()]
    default = choices[0].value if len(choices) == 1 else ""
    while True:
        chosen = await prompts.choose("Guide", choices, default)
        if isinstance(chosen, str) and chosen in guides:
            return guides[chosen]
        prompts.output.say("Choose one of them.")


async def _choose_profile(prompts: Prompts, guide: Guide, cloud: Cloud) -> str:
    """Offer what is half-finished for this guide and cloud, else ask for a name."""
    store = ProfileStore()
    open_ones = [
        line
        for line in store.list()
        if line.guide == guide.key and line.cloud == cloud.name and line.stage in {"answering", "applying"}
    ]
    fresh = store.suggest_name(guide.key)
    if open_ones:
        prompts.output.say("Half-finished: " + ", ".join(line.name for line in open_ones))
        prompts.output.say("Type its name to go on with it, or a new one.")
    while True:
        name = await prompts.line("Profile", fresh)
        if isinstance(name, Way):
            prompts.output.say("A profile keeps the answers, and later the variables, under a name.")
            continue
        try:
            store.path(name)
        except ProfileError as refusal:
            prompts.output.say(str(refusal))
            continue
        return name


class Plain:
    """One walk through one guide."""

    def __init__(self, setup: Setup, prompts: Prompts) -> None:
        self._setup = setup
        tell_merges(setup, prompts.output)
        self._prompts = prompts
        self._takes_rest = False  # whether the person wants all the rest as it stands

    @property
    def _output(self) -> Output:
        return self._prompts.output

    @property
    def _walkthrough(self) -> Walkthrough:
        return self._setup.walkthrough

    async def whole(self, stack: AsyncExitStack) -> int:
        """Sign in, ask every step, review, apply."""
        self._output.say(HINT)
        signed_in = await self._sign_in()
        stack.push_async_callback(signed_in.close)
        await self._setup.connect(signed_in)
        await enter_tenant(self._setup)
        await self._ask_steps()
        while True:
            changed = await self._review()
            if changed is None:
                return await perform(self._setup, self._output)
            if changed == "":
                self._output.say("Nothing was written. The answers are saved.")
                return FAILED if self._walkthrough.unanswered() else DONE
            self._walkthrough.go_to(changed)
            await self._ask_step(self._walkthrough.here)
            await self._ask_what_is_new()

    # Signing in

    async def _sign_in(self) -> SignedIn:
        cloud = self._setup.cloud
        states = await possible_ways(cloud)
        self._output.say()
        self._output.say(f"Sign in to {cloud.label}", "strong")
        choices = [
            Choice(s.way.key, s.way.title, s.reason, refusal="" if s.possible else s.reason) for s in states
        ]
        possible = [choice.value for choice in choices if not choice.refusal]
        saved = self._setup.profile.context.way
        default = saved if saved in possible else (possible[0] if possible else "")
        while True:
            way = await self._prompts.choose("Way", choices, default)
            if isinstance(way, Way):
                for state in states:
                    self._prompts.paragraph(f"{state.way.title}: {state.way.explanation}")
                continue
            try:
                return await sign_in(cloud, way, on_prompt=self._show_prompt)
            except AzureProblem as problem:
                self._output.tell(Sign.WRONG, f"{problem} {problem.advice}".strip(), "bad")

    def _show_prompt(self, prompt: SignInPrompt) -> None:
        self._output.say(prompt.message)

    # Asking

    async def _ask_steps(self) -> None:
        """Ask step by step until the last one is done."""
        while True:
            step = self._walkthrough.here
            if not await self._ask_step(step):
                self._go_back()
                continue
            last = self._walkthrough.is_last
            if self._takes_rest:
                self._takes_rest = False
                if await self._walkthrough.forward_to_review(self._tell_passing):
                    return
                self._tell_what_blocks(self._walkthrough.here)
            elif not await self._walkthrough.forward():
                self._tell_what_blocks(step)
            elif last:
                return

    def _tell_passing(self, step: Step) -> None:
        self._output.say(f"checking {step.number} {step.title}")

    def _go_back(self) -> None:
        while self._walkthrough.back():
            if self._walkthrough.questions():
                return
        self._output.say("This is the first step.")

    async def _ask_what_is_new(self) -> None:
        """Ask the steps that a changed answer has brought questions to."""
        while missing := self._walkthrough.unanswered():
            self._takes_rest = False
            self._walkthrough.go_to(missing[0][0].number)
            await self._ask_step(self._walkthrough.here)

    async def _ask_step(self, step: Step) -> bool:
        """Ask one step's questions; False when the person wants to go back before its first."""
        self._tell_step(step)
        position = 0
        while position < len(questions := self._walkthrough.questions(step)):
            question = questions[position]
            if await self._ask(question):
                position += 1
                if self._takes_rest:
                    return True
            elif position:
                position -= 1
            else:
                return False
        await self._walkthrough.check_step(step)
        for found in self._walkthrough.step_findings(step):
            if found.question == step.number and found.sentence:
                telling.finding(self._output, found)
        await self._draw(step)
        return True

    async def _draw(self, step: Step) -> None:
        """Print what the answers of a step mean, where it has a drawing."""
        try:
            drawing = await self._walkthrough.draw(step)
        except AzureProblem as problem:
            self._output.tell(Sign.WARNING, f"This could not be drawn: {problem} You can go on.", "warn")
            return
        if drawing is not None and is_drawn(drawing):
            self._output.say()
            self._output.picture(drawing)

    def _tell_step(self, step: Step) -> None:
        steps = self._walkthrough.steps
        place = steps.index(step) + 1 if step in steps else 1
        self._output.say()
        telling.header(self._output, self._setup)
        self._output.say(f"Step {place} of {len(steps)} · {step.number} {step.title}", "strong")
        self._prompts.paragraph(step.text)
        if step.makes:
            self._output.say(f"Makes: {step.makes}")
        if step.manual:
            self._prompts.paragraph(f"For you: {step.manual}")

    def _tell_what_blocks(self, step: Step) -> None:
        for found in self._walkthrough.blocking(step):
            telling.finding(self._output, found)

    async def _ask(self, question: Question) -> bool:
        """Ask one question until its answer is well; False to go back."""
        key, walkthrough = question.key, self._walkthrough
        while True:
            typed = await self._answer(question)
            if typed is Way.MORE:
                self._prompts.paragraph(
                    " ".join(filter(None, (question.rule, question.more))) or question.prompt
                )
                continue
            if isinstance(typed, Way):
                self._takes_rest = typed is Way.REST
                return self._takes_rest
            if holds_private_key(typed):
                self._output.tell(Sign.WRONG, REFUSED_KEY, "bad")
                continue
            if typed or question.kind is not Kind.SECRET:
                self._record(question, typed)
            found = await self._check(key)
            for finding in found:
                if finding.sentence:  # some only bring facts
                    telling.finding(self._output, finding)
            await self._save()
            if not any(finding.blocks for finding in found):
                return True
            if key in walkthrough.given and not typed:
                walkthrough.forget(key)

    async def _save(self) -> None:
        """Have the answer on disk before the next one is asked."""
        await keep(self._setup, self._prompts)

    def _record(self, question: Question, typed: str) -> None:
        """Take an answer; what was accepted as it stood keeps its source."""
        walkthrough = self._walkthrough
        before = walkthrough.given.get(question.key, walkthrough.answers.get(question.key, ""))
        if typed != written(before):
            value, found = question.parse(typed) if question.kind is Kind.SWITCH else (None, ())
            walkthrough.record(question.key, typed if value is None or found else value)

    async def _check(self, key: str) -> Findings:
        found = await self._walkthrough.check(key)
        if key == "tenant":
            try:
                await enter_tenant(self._setup)
            except AzureProblem as problem:
                self._output.tell(Sign.WRONG, str(problem), "bad")
            found = await self._walkthrough.check(key)
        return found

    async def _answer(self, question: Question) -> str | Way:
        if question.kind is Kind.SECRET:
            held = question.key in self._walkthrough.secrets
            return await self._prompts.secret(f"{question.prompt}{' (Enter keeps it)' if held else ''}")
        default = self._default(question)
        if question.kind is Kind.SWITCH:
            return await self._prompts.switch(question.prompt, default)
        if question.kind is Kind.LINES:
            return await self._lines(question, default)
        choices = await self._choices(question)
        if choices:
            return await self._prompts.choose(question.prompt, choices, default)
        return await self._prompts.line(question.prompt, default)

    async def _lines(self, question: Question, default: str) -> str | Way:
        while True:
            try:
                return await self._prompts.lines(question.prompt, default)
            except (OSError, UnicodeDecodeError) as problem:
                self._output.tell(Sign.WRONG, f"That file can't be read: {problem}", "bad")

    def _default(self, question: Question) -> str:
        """What Enter takes: the answer so far or the default, unless it is known to be wrong."""
        found = self._walkthrough.findings(question.key)
        if any(finding.blocks for finding in found):
            return ""
        return written(self._walkthrough.answers.get(question.key, ""))

    async def _choices(self, question: Question) -> tuple[Choice, ...]:
        try:
            return await self._walkthrough.choices(question.key)
        except AzureProblem as problem:
            self._output.tell(Sign.WARNING, f"The list could not be had: {problem} Write it by hand.", "warn")
            return ()

    # Review

    async def _review(self) -> str | None:
        """Show answers and Azure's preview; return None to apply, a step's number to change it, "" to stop."""
        output = self._output
        output.say()
        output.say("Review", "strong")
        steps: list[str] = []
        for step in self._walkthrough.steps:
            for question in self._walkthrough.questions(step):
                steps.append(step.number)
                output.say(f"  {len(steps):2}  {question.prompt}: {await self._told(question)}")
        told = await self._preflight()
        telling.preview(output, told, self._setup)
        wanted = "A number to change an answer, or no to stop"
        if not told.blocked:
            wanted = f"yes to apply, {wanted[0].lower()}{wanted[1:]}"
        while True:
            typed = await self._prompts.line(wanted, "no")
            word = "back" if isinstance(typed, Way) else typed.lower()
            if word in {"y", "yes"} and not told.blocked:
                return None
            if word in {"n", "no", "q"}:
                return ""
            if word == "back":
                return steps[-1]
            if word.isdecimal() and 0 < int(word) <= len(steps):
                return steps[int(word) - 1]

    async def _preflight(self) -> Preview:
        """Let Azure preview it; where no store can keep the secret, let the person choose another one."""
        while True:
            told = await preflight(self._setup)
            refusal = no_store(told)
            if not refusal:
                return told
            self._output.tell(Sign.WRONG, refusal, "bad")
            self._prompts.paragraph(QUESTION)
            choices = [Choice(*one) for one in OFFERED]
            kind = await self._prompts.choose("Where secrets go (< leaves it)", choices, choices[0].value)
            if isinstance(kind, Way):
                return told
            if kind in {choice.value for choice in choices}:
                self._setup.store_choice = kind

    async def _told(self, question: Question) -> str:
        if question.kind is Kind.SECRET:
            return "typed in" if question.key in self._walkthrough.secrets else "–"
        answers = self._walkthrough.answers
        value = said(answers.get(question.key, ""))
        choices = await self._choices(question)
        label = next((choice.label for choice in choices if choice.value == value), value)
        return f"{label or '–'}  ({_SOURCES[answers.source(question.key)]})"
