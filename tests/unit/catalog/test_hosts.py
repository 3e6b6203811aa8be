"""Who runs a host: by whole labels from the right, never by how a name begins or ends."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.catalog import Host, host_facts, hosts, images, is_country, organizations, releases

EVERY = pytest.mark.parametrize("name", sorted(hosts()))
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


class TestEntries:
    """Prevents a host whose operator nobody described, or that no name can ever match."""

    @EVERY
    def test_its_operator_is_described(self, name: str) -> None:
        assert hosts()[name].operator in organizations()

    @EVERY
    def test_its_country_is_one(self, name: str) -> None:
        country = hosts()[name].country
        assert country is None or is_country(country)

    @EVERY
    def test_it_is_a_name_in_lower_case_without_port(self, name: str) -> None:
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name)

    @EVERY
    def test_it_is_found_by_its_own_name(self, name: str) -> None:
        assert host_facts(name) == hosts()[name]

    def test_every_registry_of_the_catalogs_images_and_charts_is_known(self) -> None:
        used = {image.reference.split("/")[0] for image in images().values()}
        charts = (release.chart.repo for release in releases().values() if release.chart)
        used |= {repo.split("://")[1].split("/")[0] for repo in charts}
        assert len(used) > 3
        assert {host for host in used if host_facts(host) is None} == set()


class TestMatching:
    """Prevents that somebody's look-alike passes for a host that is allowed."""

    @pytest.mark.parametrize(
        ("host", "operator"),
        [
            ("ghcr.io", "github"),
            ("GHCR.IO", "github"),
            ("ghcr.io.", "github"),
            ("ghcr.io:443", "github"),
            ("pkg.ghcr.io", "github"),
            ("registry-1.docker.io", "docker"),
            ("auth.docker.io:443", "docker"),
            ("europe-west3-docker.pkg.dev", "google"),
            ("s3.eu-central-1.amazonaws.com", "aws"),
            ("s3.eusc-de-east-1.amazonaws.eu", "aws-european-sovereign-cloud"),
            ("s3.cn-north-1.amazonaws.com.cn", "sinnet"),
            ("s3.cn-northwest-1.amazonaws.com.cn", "nwcd"),
            ("mine.azurecr.io", "microsoft"),
            ("mine.azurecr.cn", "21vianet"),
            ("registry.connect.redhat.com", "red-hat"),
            ("cas-bridge.xethub.hf.co", "hugging-face"),
            ("api.pulumi.com", "pulumi"),
            ("kedacore.github.io", "github"),
        ],
    )
    def test_a_name_and_all_below_it(self, host: str, operator: str) -> None:
        facts = host_facts(host)
        assert facts is not None
        assert facts.operator == operator

    @pytest.mark.parametrize(
        "host",
        [
            "evil-ghcr.io",
            "ghcr.io.evil.example",
            "ghcr.io-evil.example",
            "ghcrxio",
            "notdocker.io",
            "io",
            "com",
            "evilamazonaws.com",
            "amazonaws.com.cn",
            "redhat.com.example",
            "10.0.0.1",
            "localhost:5000",
            "registry.example.org",
            "",
            ".",
        ],
    )
    def test_a_look_alike_is_unknown(self, host: str) -> None:
        assert host_facts(host) is None

    def test_the_longest_name_that_fits_counts(self) -> None:
        source = "a document about it"
        known = {
            "example.org": Host(operator="docker", what="registry", source=source),
            "eu.example.org": Host(operator="ovhcloud", what="registry", source=source),
        }
        found = [host_facts(host, known) for host in ("a.eu.example.org", "a.example.org", "neu.example.org")]
        assert [facts.operator if facts else None for facts in found] == ["ovhcloud", "docker", "docker"]

    @given(st.sampled_from(sorted(hosts())), LABELS)
    def test_a_label_in_front_changes_nothing_but_a_longer_first_label_does(self, name: str, label: str) -> None:
        below = host_facts(f"{label}.{name}")
        assert below is not None
        if f"{label}.{name}" not in hosts():
            assert below == hosts()[name]
        glued = f"{label}{name}"
        if glued not in hosts():
            assert host_facts(glued) == host_facts(name.partition(".")[2])

    @given(st.text(max_size=40))
    def test_whatever_is_asked_there_is_an_answer(self, host: str) -> None:
        facts = host_facts(host)
        assert facts is None or facts in hosts().values()
