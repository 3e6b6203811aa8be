"""Hosts on the internet that a factory may speak to, and who runs them."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from aifactory.catalog.fact import Country, Fact, Source

_PORT: Final = re.compile(r":\d+$")


class Host(Fact):
    """A host name, with all names below it.

    Attributes:
        operator: who runs it, a key of `organizations()`.
        country: country that its machines are in; None when nobody says, as with everything behind a content network.
        what: what it serves: container images, Helm charts, packages, git, models, Pulumi state, telemetry.
        source: where these were read.
    """

    operator: str
    country: Country | None = None
    what: Literal["registry", "charts", "packages", "git", "model-hub", "state", "telemetry"]
    source: Source


def host_facts(host: str, known: Mapping[str, Host] | None = None) -> Host | None:
    """Return what is known of a host: the facts of the longest known name that it is, or lies below; None when of none.

    Only whole labels count: ``evil-ghcr.io`` and ``ghcr.io.example`` are not below ``ghcr.io``.

    Args:
        host: a host name, with or without port, such as ``registry-1.docker.io:443``.
        known: facts by host name; default: those of the catalog.
    """
    if known is None:
        from aifactory.catalog.load import hosts

        known = hosts()
    labels = _PORT.sub("", host.strip().lower()).removesuffix(".").split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    return next((known[name] for name in names if name in known), None)
