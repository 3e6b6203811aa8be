"""A catalog all of whose releases have digests: such as `catalog pin --write` leaves it, and as none is shipped."""

import hashlib
from collections.abc import Mapping

import pytest

from aifactory.catalog import Release, releases


def digest_of(reference: str) -> str:
    """Return a digest for the tests, another one for each image."""
    return f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}"


def pinned_releases() -> Mapping[str, Release]:
    return {name: _pinned(release) for name, release in releases().items()}


def _pinned(release: Release) -> Release:
    references = [image.partition("@")[0] for image in release.images]
    return release.model_copy(update={"images": tuple(f"{name}@{digest_of(name)}" for name in references)})


def use_pinned_releases(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Give modules that read the catalog one with digests."""
    found = pinned_releases()
    for module in modules:
        monkeypatch.setattr(f"{module}.releases", lambda: found)
