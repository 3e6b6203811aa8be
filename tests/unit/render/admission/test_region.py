"""What a region tells its admission policies."""

from typing import Any

from aifactory.model import RegionSpec
from aifactory.model.namespace import Enforcement, EnforcementSpec
from aifactory.render.admission import admission_of, protected_namespaces, render_admission
from aifactory.render.manifest import Manifest
from tests.unit.factories import factory
from tests.unit.render.admission.cases import SCOPE, SITE, STORAGE, WORLD, statements
from tests.unit.render.objects import region_objects


def region(**fields: Any) -> RegionSpec:
    return factory(**fields).region("here")


class TestDeclared:
    """Prevents policies that refuse what the region itself declares."""

    def test_storage_classes_and_keys(self) -> None:
        told = admission_of(region(**STORAGE))
        assert set(told.storage_classes) == set(STORAGE["storage_classes"])
        assert set(told.keys) == {"ours", "theirs"}

    def test_makers_that_may_be_told(self) -> None:
        assert admission_of(region(telemetry={"reporting": ["qdrant"]})).reporting == ("qdrant",)
        assert admission_of(region()).reporting == ()

    def test_ranges_of_object_stores(self) -> None:
        store = {"destination": "s3://backups/here", "country": "DE", "operator": "self", "egress_cidrs": ["192.0.2.0/24"]}
        given = region(object_stores={"backups": store | {"endpoint": "https://store.internal", "role": "backups"}})
        assert admission_of(given).egress_cidrs == ("192.0.2.0/24",)

    def test_how_strictly_it_is_held(self) -> None:
        given = EnforcementSpec(enforcement=Enforcement.WARN, system_prefixes=("openshift-",))
        told = admission_of(region(), given)
        assert told.enforcement is Enforcement.WARN
        assert told.system_prefixes == ("openshift-",)
        assert admission_of(region()).enforcement is Enforcement.DENY

    def test_it_is_enough_to_render_them(self) -> None:
        assert render_admission(SCOPE, statements(), WORLD, admission_of(region(**STORAGE)), SITE)


class TestProtectedNamespaces:
    """Prevents a namespace that is deleted by hand and takes a protected database with it."""

    def test_those_of_what_is_protected(self) -> None:
        given = region()
        assert protected_namespaces(given) == {database.namespace for database in given.databases.values()}

    def test_not_those_of_what_is_not(self) -> None:
        given = region()
        free = {name: database.model_copy(update={"protect": False}) for name, database in given.databases.items()}
        assert protected_namespaces(given.model_copy(update={"databases": free})) == frozenset()


class TestOurOwnObjects:
    """Prevents a region whose own network policies its cluster refuses."""

    def test_no_network_policy_of_ours_opens_the_internet(self) -> None:
        def blocks(manifest: Manifest) -> list[str]:
            rules = manifest["spec"].get("egress", [])
            assert all(rule.get("to") for rule in rules), manifest["metadata"]["name"]
            return [peer["ipBlock"]["cidr"] for rule in rules for peer in rule["to"] if "ipBlock" in peer]

        found = {cidr for manifest in region_objects() if manifest["kind"] == "NetworkPolicy" for cidr in blocks(manifest)}
        assert found <= {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}
