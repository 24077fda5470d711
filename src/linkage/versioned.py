"""What every model is beside what it knows: a version by its content, and JSON both ways."""

from functools import cached_property
from hashlib import blake2b
from typing import Self

import msgspec


class Versioned(msgspec.Struct, frozen=True, dict=True):
    """Values that are named by a hash over all that they hold."""

    @cached_property
    def version(self) -> str:
        """16 hexadecimal digits of a hash over all that the model holds."""
        return blake2b(self.dump(), digest_size=8).hexdigest()

    def dump(self) -> bytes:
        """The model as JSON; ``load`` gives an equal one."""
        return msgspec.json.encode(self, order="deterministic")

    @classmethod
    def load(cls, text: bytes) -> Self:
        """A model from its JSON. Raises msgspec.ValidationError where it is none."""
        return msgspec.json.decode(text, type=cls)
