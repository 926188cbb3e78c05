"""The store that keeps nothing: a secret is in this process's memory until it ends, and is shown to its person once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profiles.secrets import Binding, Secret


class ShowOnce:
    """Holds secrets for as long as this object lives. It writes nothing anywhere."""

    name = "once"
    label = "no store: it is shown once"
    keeps = False

    def __init__(self) -> None:
        self._held: dict[str, Secret] = {}

    def probe(self) -> None:
        """Nothing can be wrong with memory."""

    def put(self, binding: Binding, secret: Secret) -> None:
        """Hold a secret in place of an older one."""
        self._held[binding.item] = secret

    def get(self, binding: Binding) -> Secret | None:
        """The secret, or None where this process made none."""
        return self._held.get(binding.item)

    def delete(self, binding: Binding) -> None:
        """Forget the secret; one that isn't there is no error."""
        self._held.pop(binding.item, None)
