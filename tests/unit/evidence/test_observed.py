"""What a cluster shows, and where it shows something else than what is declared."""

from pathlib import Path
from typing import Any

from aifactory.evidence.case import Case
from aifactory.evidence.observed import BINDINGS, KINDS, NO_LABEL, POLICIES, STORAGE_CLASSES, Observed, StorageClass, seen
from aifactory.evidence.registers import registers_of
from aifactory.evidence.table import NO_CLUSTER
from aifactory.status.kinds import NODES, PODS, SCHEDULED_BACKUPS, Kind
from aifactory.status.rows import BlockStatus, State, Verdict
from aifactory.status.snapshot import Listing, Snapshot
from tests.unit.evidence.samples import case

CLUSTER = Observed(
    cluster="context prod",
    kubernetes="v1.36.0",
    blocks=(
        BlockStatus("database", "billing", "Postgres 18.4", State.READY),
        BlockStatus("model", "assistant", "one replica", State.FAILED, "no node has a free GPU"),
    ),
    countries={"DE": 3, "US": 1, NO_LABEL: 2},
    images=("ghcr.io/cloudnative-pg/postgresql:18.4-system-trixie@sha256:" + "a" * 64, "evil.example/miner:1"),
    storage_classes=(StorageClass("gp3", "ebs.csi.aws.com", default=True),),
)


def named(name: str, **parts: Any) -> dict[str, Any]:
    metadata = {"name": name} | parts.pop("metadata", {})
    return {"metadata": metadata, **parts}


def snapshot(problem: Kind | None = None, **items: list[dict[str, Any]]) -> Snapshot:
    kinds = {"nodes": NODES, "pods": PODS, "classes": STORAGE_CLASSES, "policies": POLICIES, "bindings": BINDINGS}
    listings = {
        kinds[key]: Listing({(one["metadata"].get("namespace", ""), one["metadata"]["name"]): one for one in found})
        for key, found in items.items()
    }
    if problem:
        listings[problem] = Listing(problem=Verdict(State.UNKNOWN, "may not read them"))
    return Snapshot("v1.36.0", listings)


def texts(made: Case) -> dict[str, str]:
    found = next(one for one in registers_of(made) if one.name == "differences")
    return {row.subject: str(row.cells["difference"]) for row in found.rows}


class TestSeen:
    """Prevents Secrets from being asked for, and policies that nobody enforces from counting."""

    def test_never_asks_for_secrets_or_configuration(self) -> None:
        assert not {kind.plural for kind in KINDS} & {"secrets", "configmaps"}

    def test_countries_of_nodes_and_images_of_all_containers(self) -> None:
        pod = {"initContainers": [{"image": "a/init:1"}], "containers": [{"image": "a/main:1"}, {"image": "a/side:1"}]}
        found = seen(
            snapshot(
                nodes=[named("n1", metadata={"labels": {"aifactory.dev/country": "DE"}}), named("n2")],
                pods=[named("p", spec=pod, metadata={"namespace": "x"})],
            ),
            "context prod",
            (),
            (),
        )
        assert found.countries == {"DE": 1, NO_LABEL: 1}
        assert found.images == ("a/init:1", "a/main:1", "a/side:1")

    def test_a_policy_counts_once_something_binds_it(self) -> None:
        found = seen(
            snapshot(
                policies=[named("bound"), named("loose")], bindings=[named("b", spec={"policyName": "bound"}), named("c")]
            ),
            "context prod",
            (),
            (),
        )
        assert found.policies == ("bound",)

    def test_the_default_storage_class(self) -> None:
        default = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
        found = seen(
            snapshot(classes=[named("b", provisioner="p"), named("a", provisioner="q", metadata=default)]), "c", (), ()
        )
        assert found.storage_classes == (StorageClass("a", "q", default=True), StorageClass("b", "p", default=False))

    def test_what_could_not_be_read_is_said(self, tmp_path: Path) -> None:
        found = seen(snapshot(problem=SCHEDULED_BACKUPS), "context prod", (), ())
        assert found.unread == ("may not read them",)
        made = next(one for one in registers_of(case(tmp_path, observed=found)) if one.name == "differences")
        assert "could not be read: may not read them" in made.notes


class TestBesideTheDeclaration:
    """Prevents a cluster that is something else than what was declared from passing for it."""

    def test_rows_say_what_was_observed(self, tmp_path: Path) -> None:
        made = case(tmp_path, observed=CLUSTER)
        rows = {row.subject: row for one in registers_of(made) if one.name == "data-map" for row in one.rows}
        assert rows["frankfurt/database billing/storage"].origin.observed == "ready"
        assert rows["frankfurt/database billing/storage"].origin.differs == ()
        model = rows["frankfurt/model assistant/storage weights"].origin
        assert model.observed == "failed: no node has a free GPU"
        assert model.differs == ("declared, and in the cluster failed: no node has a free GPU",)
        assert rows["frankfurt/site"].origin.observed == f"nodes by their country label: 3 in DE, 1 in US, 2 in {NO_LABEL}"
        assert not [row for row in rows.values() if row.origin.observed == NO_CLUSTER]

    def test_differences(self, tmp_path: Path) -> None:
        found = texts(case(tmp_path, observed=CLUSTER))
        assert found["frankfurt/site"] == "declared DE, and nodes say US"
        assert found["frankfurt/images"] == "run, and not declared: evil.example/miner:1"
        assert found["frankfurt/storage class archive"] == "declared, and not in the cluster"
        assert "frankfurt/storage class default" not in found

    def test_a_cluster_as_declared_differs_in_nothing(self, tmp_path: Path) -> None:
        plain = Observed(
            cluster="context prod",
            kubernetes="v1.36.0",
            countries={"DE": 3},
            storage_classes=(StorageClass("gp3", "x", default=True), StorageClass("archive", "x", default=False)),
            policies=tuple(
                str(one["metadata"]["name"])
                for item in case(tmp_path).objects
                for one in item.manifests
                if one["kind"] == "ValidatingAdmissionPolicy"
            ),
        )
        assert texts(case(tmp_path, observed=plain)) == {}
