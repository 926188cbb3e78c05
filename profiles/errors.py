"""What can go wrong with what lasts; the text of each is a whole sentence for people and never holds a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Fault(NamedTuple):
    """One thing wrong in one file: the file's name, the line if it is known, the key, and the rule broken."""

    file: str
    line: int | None
    key: str
    what: str

    def __str__(self) -> str:
        place = _visible(self.file) if self.line is None else f"{_visible(self.file)}, line {self.line}"
        return f"{place}: {_visible(self.key)}: {self.what}" if self.key else f"{place}: {self.what}"


def _visible(name: str) -> str:
    """A name out of a file, which may be anybody's, so that it steers no terminal."""
    return name if name.isprintable() else ascii(name)


class ProfilesError(Exception):
    """Base of every error of this package: its text may be shown to people as it is."""


class ProfileError(ProfilesError):
    """A profile that can't be read or may not be written; `faults` lists all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class ProfileNotFound(ProfilesError):  # noqa: N818 - reads as the sentence it says
    """There is no profile of this name; `near` holds existing names that look like it."""

    def __init__(self, name: str, near: Sequence[str] = ()) -> None:
        self.name = name
        self.near = tuple(near)
        hint = f" Did you mean {' or '.join(self.near)}?" if self.near else " azimuth profiles lists them."
        super().__init__(f"There is no profile {name!r}.{hint}")


class StaleProfile(ProfilesError):  # noqa: N818 - as above
    """The profile on disk is not the one that was loaded: another window or a hand changed or removed it."""

    def __init__(self, name: str, mine: int, theirs: int | None) -> None:
        self.name, self.mine, self.theirs = name, mine, theirs
        if theirs is None:
            what = "was removed on disk since it was loaded"
        elif mine == 0:
            what = "exists already"
        else:
            what = f"was changed on disk since it was loaded (revision {theirs}, loaded {mine})"
        super().__init__(f"Profile {name!r} {what}; nothing was overwritten.")


class NotApproved(ProfilesError):  # noqa: N818 - as above
    """The profile holds what nobody on this machine agreed to; `difference` says what, line by line."""

    def __init__(self, name: str, difference: Sequence[str], *, known: bool) -> None:
        self.name, self.difference, self.known = name, tuple(difference), known
        why = "was changed outside Azimuth since it was approved" if known else "was never approved here"
        super().__init__(
            f"Profile {name!r} {why}, and nothing was sent to Azure. azimuth profiles approve {name} shows it and asks."
        )


class NotApplied(ProfilesError):  # noqa: N818 - as above
    """The profile has no variables to give, because its plan was not carried out or was undone."""

    def __init__(self, name: str, *, undone: bool = False) -> None:
        self.name, self.undone = name, undone
        why = "was undone" if undone else "has no variables yet: it was not applied to the end"
        super().__init__(f"Profile {name!r} {why}. azimuth resume {name} goes on.")


class SecretMissing(ProfilesError):  # noqa: N818 - as above
    """A profile refers to a secret that its store doesn't hold."""

    def __init__(self, name: str, variable: str, store: str, why: str = "it is not there") -> None:
        self.name, self.variable, self.store = name, variable, store
        super().__init__(
            f"The secret for {variable} of profile {name!r} could not be had from its store ({store}): {why}. "
            f"azimuth rotate {name} makes a new one; azimuth resume {name} checks the rest."
        )


class LockedError(ProfilesError):
    """Another process holds the lock; `pid`, `host` and `since` say which, as far as it told."""

    def __init__(self, what: str, pid: int | None, host: str, since: str) -> None:
        self.what, self.pid, self.host, self.since = what, pid, host, since
        holder = f"process {pid} on {host} since {since}" if pid else "another process"
        super().__init__(f"{what} is in use by {holder}.")


class FolderError(ProfilesError):
    """A folder of ours can't be made, or isn't ours alone."""


class VariableError(ProfilesError):
    """Variables that a format can't carry exactly; `faults` maps each name to the reason."""

    def __init__(self, form: str, faults: dict[str, str]) -> None:
        self.form, self.faults = form, faults
        told = "; ".join(f"{name!r} {why}" for name, why in faults.items())
        super().__init__(f"Not written as {form}: {told}.")
