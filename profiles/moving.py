"""Moving secrets from one store to another: read from the earlier one until they are brought over, then forgotten there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from profiles.secrets import SecretStoreError

if TYPE_CHECKING:
    from profiles.secrets import Binding, Secret, SecretStore


class Moving:
    """A store that takes over from an earlier one, so that choosing another store does not cost a secret in use.

    `bring` copies, and `leave` forgets in the earlier one: call it once the profile says where the secret is now. An
    earlier store that can't be used any more is passed over, as if it were empty.
    """

    def __init__(self, store: SecretStore, earlier: SecretStore) -> None:
        self._store, self._earlier = store, earlier
        self.name, self.label, self.keeps = store.name, store.label, store.keeps

    def probe(self) -> None:
        """Try the store that takes over. Raises SecretStoreError."""
        self._store.probe()

    def put(self, binding: Binding, secret: Secret) -> None:
        """Keep a secret in the store that takes over. Raises SecretStoreError."""
        self._store.put(binding, secret)

    def get(self, binding: Binding) -> Secret | None:
        """The secret, wherever it is; None where there is none. Raises SecretStoreError."""
        found = self._store.get(binding)
        return found if found is not None else self._from_earlier(binding)

    def delete(self, binding: Binding) -> None:
        """Forget the secret in both. Raises SecretStoreError."""
        self._store.delete(binding)
        self.leave(binding)

    def bring(self, binding: Binding) -> None:
        """Copy the secret over, unless it is there. Raises SecretStoreError."""
        if self._store.get(binding) is None and (secret := self._from_earlier(binding)) is not None:
            self._store.put(binding, secret)

    def leave(self, binding: Binding) -> None:
        """Forget the secret in the earlier store, if that still answers."""
        with suppress(SecretStoreError):
            self._earlier.delete(binding)

    def _from_earlier(self, binding: Binding) -> Secret | None:
        try:
            return self._earlier.get(binding)
        except SecretStoreError:
            return None
