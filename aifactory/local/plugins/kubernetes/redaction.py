"""Secrets cut out of words that others wrote.

An API server, an admission webhook and Helm quote what they were sent ('Invalid value: "..."'). Before such
words reach a log, an event or the terminal, each secret that we know of is replaced.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from aifactory.local.plugins import codec
from aifactory.local.plugins.kubernetes.objects import Object, is_secret, kind_of, mapping, to_kubernetes

PLACEHOLDER: Final = "[secret]"

SHORTEST_ANYWHERE: Final = 4
"""A shorter secret is only cut out where it stands in quotes: replacing every "a" of a message helps
nobody."""


class Redactor:
    """Replaces known secrets in texts.

    Args:
        secrets: the secret strings; also found base64-encoded, as Secrets hold them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known: set[str] = set()
        for secret in secrets:
            known |= {secret, base64.b64encode(secret.encode()).decode(), *_decoded(secret)}
        # Longest first: a secret may be part of another one.
        self._known = sorted((word for word in known if word), key=len, reverse=True)

    @classmethod
    def of(cls, *values: Any) -> "Redactor":  # noqa: ANN401
        """Return a redactor of all secrets in decoded values, and of the contents of core Secrets."""
        found: set[str] = set()
        for value in values:
            found |= codec.secret_strings(value)
            if isinstance(value, Mapping):
                plain = codec.reveal(to_kubernetes(cast("Mapping[str, Any]", value)))
                if is_secret(kind_of(plain)):
                    found |= set(contents_of_secret(plain))
        return cls(found)

    def __call__(self, words: str) -> str:
        """Return `words` with `PLACEHOLDER` wherever a known secret stood."""
        for secret in self._known:
            if len(secret) >= SHORTEST_ANYWHERE:
                words = words.replace(secret, PLACEHOLDER)
            else:
                words = words.replace(f'"{secret}"', f'"{PLACEHOLDER}"')
        return words


def contents_of_secret(secret: Object) -> Iterable[str]:
    """Yield the values of a core Secret as texts, both as written and as base64."""
    for field in ("data", "stringData"):
        for value in mapping(secret, field).values():
            if isinstance(value, str):
                yield value


def _decoded(text: str) -> Iterable[str]:
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
    if decoded:
        yield decoded
