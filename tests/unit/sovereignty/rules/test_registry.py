"""Where code comes from."""

from typing import Any

import pytest

from aifactory.model.statement import Registry
from aifactory.sovereignty.fact import Pulled
from aifactory.sovereignty.rules.registry import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world

HOSTS = ("ghcr.io", "registry.internal:5000")


def stated(**bounds: Any) -> Registry:
    return Registry(rule="registry", **{**SAYS, "hosts": HOSTS, **bounds})


def pulled(host: str | None = "ghcr.io", pinned: bool | None = True) -> Pulled:
    return Pulled(subject="frankfurt/model chat", host=host, pinned=pinned)


class TestHosts:
    """Prevents a host that looks like an allowed one from being taken for it."""

    @pytest.mark.parametrize("host", ["ghcr.io", "GHCR.io", "registry.internal:5000"])
    def test_allowed(self, host: str) -> None:
        said(judge(stated(), pulled(host), world()), ALLOW, host, "pinned by digest")

    @pytest.mark.parametrize(
        "host",
        [
            "ghcr.io.evil.com",
            "evil-ghcr.io",
            "evil.ghcr.io",
            "ghcr.i",
            "ghcr.io:5000",
            "registry.internal",
            "registry.internal:50000",
            "docker.io",
            "",
        ],
    )
    def test_what_only_looks_like_it(self, host: str) -> None:
        found = said(
            judge(stated(), pulled(host), world()), DENY, f"it comes from {host}", "ghcr.io", "registry.internal:5000"
        )
        assert set(found.passing) == set(HOSTS)

    def test_the_most_alike_is_offered_first(self) -> None:
        assert said(judge(stated(), pulled("registry.internal:443"), world()), DENY).passing[0] == "registry.internal:5000"
        assert said(judge(stated(), pulled("ghcr.com"), world()), DENY).passing[0] == "ghcr.io"

    def test_many_are_counted(self) -> None:
        hosts = tuple(f"r{number}.internal" for number in range(9))
        said(judge(stated(hosts=hosts), pulled("docker.io"), world()), DENY, "and 4 more")

    def test_nobody_knows(self) -> None:
        said(judge(stated(), pulled(None), world()), UNKNOWN, "from which registry", "ghcr.io")

    def test_any(self) -> None:
        said(judge(stated(hosts=()), pulled(None), world()), ALLOW, "pinned")


class TestDigests:
    """Prevents an image that somebody can replace under the same name."""

    @pytest.mark.parametrize(("pinned", "verdict"), [(True, ALLOW), (False, DENY), (None, UNKNOWN)])
    def test_pinned(self, pinned: bool | None, verdict: Any) -> None:
        said(judge(stated(), pulled(pinned=pinned), world()), verdict, "ghcr.io")
        said(judge(stated(digests=False), pulled(pinned=pinned), world()), ALLOW)

    def test_both_wrong(self) -> None:
        found = said(judge(stated(), pulled("docker.io", pinned=False), world()), DENY, "docker.io", "pinned by digest")
        assert found.passing[-1] == "pinned by digest"

    def test_a_foreign_host_is_certain_whatever_the_digest(self) -> None:
        said(judge(stated(), pulled("docker.io", pinned=None), world()), DENY, "docker.io")

    def test_without_bounds_it_does_not_speak(self) -> None:
        assert judge(stated(hosts=(), digests=False), pulled(), world()) is None
