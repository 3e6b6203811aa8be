"""Object stores: where backups go, and how narrow the way there is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.errors import Problem, SpecError
from aifactory.model import ObjectStoreSpec, validate
from aifactory.model.object_store import StoreKind

OWN = {"destination": "s3://backups/eu", "country": "DE", "operator": "self"}
ONPREM = OWN | {"endpoint": "https://s3.lan:9000", "identity": "keys", "secret": "s3-keys"}


def spec(base: dict[str, Any] = OWN, **values: Any) -> ObjectStoreSpec:
    return validate(ObjectStoreSpec, base | values, "store eu")


def problems(base: dict[str, Any] = OWN, **values: Any) -> dict[str, Problem]:
    with pytest.raises(SpecError) as caught:
        spec(base, **values)
    return {problem.where: problem for problem in caught.value.problems}


class TestAddress:
    """Prevents backups that go over the line in clear, or to something that is no store."""

    @pytest.mark.parametrize(
        ("destination", "kind"),
        [
            ("s3://backups", StoreKind.S3),
            ("s3://backups/eu/billing", StoreKind.S3),
            ("gs://backups/eu", StoreKind.GOOGLE),
            ("https://acct.blob.core.windows.net/backups/eu", StoreKind.AZURE),
        ],
    )
    def test_the_destination_tells_the_kind(self, destination: str, kind: StoreKind) -> None:
        assert spec(destination=destination).kind is kind

    @pytest.mark.parametrize(
        "destination",
        [
            "http://acct/backups",
            "backups",
            "s3:/x",
            "s3://",
            "file:///tmp/x",
            "https://acct",
            "https://me:pw@acct/c",
            "s3://a b",
        ],
    )
    def test_what_is_no_destination_is_refused(self, destination: str) -> None:
        assert set(problems(destination=destination)) == {"destination"}

    @pytest.mark.parametrize("endpoint", ["http://s3.lan", "s3.lan:9000", "https://key:secret@s3.lan"])
    def test_an_endpoint_is_by_tls_and_without_keys_in_it(self, endpoint: str) -> None:
        found = problems(endpoint=endpoint)
        assert set(found) == {"endpoint"}

    def test_an_endpoint_goes_with_s3_only(self) -> None:
        assert "s3://" in problems(destination="gs://b/p", endpoint="https://x")["file"].rule

    @pytest.mark.parametrize(
        ("values", "port"), [({}, 443), ({"endpoint": "https://s3.lan:9000"}, 9000), ({"endpoint": "https://s3.lan"}, 443)]
    )
    def test_the_port_is_the_endpoints(self, values: dict[str, str], port: int) -> None:
        assert spec(**values).port == port

    def test_an_emulated_azure_has_its_port_in_the_destination(self) -> None:
        assert spec(destination="https://azurite.lan:10000/acct/backups").port == 10000

    def test_a_port_that_is_none_is_refused(self) -> None:
        assert "1 to 65535" in problems(endpoint="https://s3.lan:99999")["file"].rule

    def test_where_and_by_whom_is_required(self) -> None:
        assert {"country", "operator"} <= set(problems({"destination": "s3://b/p"}))


class TestIdentity:
    """Prevents a key where none is needed, and a store that nobody can open."""

    def test_the_default_has_no_key(self) -> None:
        assert (spec().identity.value, spec().secret) == ("workload", None)

    @pytest.mark.parametrize("values", [{"identity": "keys"}, {"secret": "k"}, {"identity": "workload", "secret": "k"}])
    def test_keys_and_secret_go_together(self, values: dict[str, str]) -> None:
        assert "secret goes with identity keys" in problems(**values)["file"].rule

    def test_a_role_goes_with_workload(self) -> None:
        assert spec(role="arn:aws:iam::1:role/backup").role == "arn:aws:iam::1:role/backup"
        assert "role goes with identity workload" in problems(ONPREM, role="arn:aws:iam::1:role/backup")["file"].rule

    def test_an_authority_of_ones_own_goes_with_an_endpoint(self) -> None:
        assert spec(ONPREM, ca_secret="store-ca").ca_secret == "store-ca"
        assert "endpoint of one's own" in problems(ca_secret="store-ca")["file"].rule


class TestEgress:
    """Prevents a database whose pods may talk to the internet because a store is somewhere in it."""

    def test_nothing_is_open_by_default(self) -> None:
        assert spec().egress_cidrs == ()

    @pytest.mark.parametrize("cidr", ["52.219.0.0/16", "203.0.113.7/32", "10.0.0.0/8", "2a05:d018::/36"])
    def test_a_providers_range_is_taken(self, cidr: str) -> None:
        assert spec(egress_cidrs=[cidr]).egress_cidrs == (cidr,)

    @pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "8.0.0.0/7", "2000::/3"])
    def test_the_world_is_refused(self, cidr: str) -> None:
        found = problems(egress_cidrs=[cidr])["egress_cidrs[0]"]
        assert "much of the internet" in found.rule
        assert found.value == cidr

    @pytest.mark.parametrize("cidr", ["s3.amazonaws.com", "203.0.113.7/24", "300.0.0.0/8", ""])
    def test_what_is_no_range_is_refused_with_an_example(self, cidr: str) -> None:
        assert "203.0.113.0/24" in problems(egress_cidrs=[cidr])["egress_cidrs[0]"].rule

    @given(st.integers(0, 7), st.integers(0, 255))
    def test_no_ipv4_range_wider_than_a_256th_gets_through(self, prefix: int, first: int) -> None:
        kept = first >> (8 - prefix) << (8 - prefix)
        assert problems(egress_cidrs=[f"{kept}.0.0.0/{prefix}"])
