"""The checked-in schemas against the real definitions that they are made of."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aifactory.conventions import FIELD_MANAGER
from aifactory.kube.api import ApiRefusalError, connect
from aifactory.local import crds
from aifactory.local.controlplane import ControlPlane
from aifactory.local.crds import schemas
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter
from tests.unit.render.faults import BY_KIND, FAULTS, MISSING, VALID, Fault, changed

pytestmark = pytest.mark.engine

NAMES = [*schemas.table().groups, schemas.KUBERNETES]


@pytest.fixture(scope="module")
def made(paths: Paths, reporter: Reporter) -> dict[str, str]:
    """Every file, made anew of the definitions; a reference folder that is named and lacks one fails here."""
    return schemas.make(paths.crds, reporter, crds.reference_from_environment())


class TestRegenerated:
    """Prevents checks against schemas of an older version, or against ones that somebody wrote by hand."""

    @pytest.mark.parametrize("name", NAMES)
    def test_the_file_is_what_the_definitions_give(self, made: dict[str, str], name: str) -> None:
        if name not in made and crds.reference_from_environment() is None:
            pytest.skip(f"definitions of {name} are in no registry, and {crds.REFERENCE_VARIABLE} names no folder with them")
        file = schemas.TARGET / f"{name}.json"
        assert made[name] == file.read_text(encoding="utf-8"), "run `python -m aifactory.local.crds.schemas`"

    def test_only_what_no_registry_has_is_ever_skipped(self, made: dict[str, str]) -> None:
        missing = set(NAMES) - made.keys()
        expected = {"barmancloud.cnpg.io", "cdi.kubevirt.io", "hco.kubevirt.io", "nvidia.com"}
        assert missing == (set() if crds.reference_from_environment() else expected)


APPLY = "application/apply-patch+yaml"

Create = Callable[..., None]

OPEN_WITHOUT_REFERENCE = {"ObjectStore", "ClusterPolicy"}
"""Kinds that the local API server takes with any field when the reference folder is not at hand."""

ALWAYS_OPEN = {"DataVolume"}
"""Kinds whose definition is in no folder either: only ours knows their fields."""

OURS_ALONE = {
    "Service status {}": "the server takes it and drops it",
    "Cluster metadata.namespace missing": "the path of the request gives it",
    "ClusterPolicy metadata.namespace 'gpu'": "the server takes it and drops it",
    "Cluster spec.instances None": "the server puts the default in place of null",
    "Deployment spec.template.spec.containers.0.env.0.name 'DB_PASSWORD'": "only an apply, which is what we do, refuses it",
}
"""Faults that a create of the API server lets pass, and why we do not."""


@pytest.fixture(scope="module")
def create(control_plane: ControlPlane, paths: Paths, reporter: Reporter) -> Iterator[Create]:
    """Ask the API server whether it would create an object, as strictly as it can be asked; nothing is created."""
    crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    with connect(control_plane.kubeconfig) as api:

        def dry_run(manifest: dict[str, Any], *, apply: bool = False) -> None:
            version = manifest["apiVersion"]
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            listed = api.request("GET", root)["resources"]
            resource = next(found for found in listed if found["kind"] == manifest["kind"] and "/" not in found["name"])
            place = "/namespaces/default" if resource["namespaced"] else ""
            path = f"{root}{place}/{resource['name']}"
            strict = {"dryRun": "All", "fieldValidation": "Strict"}
            if not apply:
                api.request("POST", path, json=manifest, params=strict)
                return
            applied = {"params": strict | {"fieldManager": FIELD_MANAGER}, "headers": {"Content-Type": APPLY}}
            api.request("PATCH", f"{path}/{manifest['metadata']['name']}", json=manifest, **applied)

        yield dry_run


def in_default(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return an object in a namespace that every cluster has."""
    placed = "namespace" in manifest["metadata"]
    return changed(manifest, ("metadata", "namespace"), "default") if placed else manifest


def title(fault: Fault) -> str:
    """``Cluster spec.instances None``."""
    return f"{fault.kind} {'.'.join(map(str, fault.place))} {'missing' if fault.value is MISSING else repr(fault.value)}"


def asked(fault: Fault) -> bool:
    """Whether the API server can be asked about a fault: it has a kind to ask for, and knows its fields."""
    kinds = ALWAYS_OPEN | (set() if crds.reference_from_environment() else OPEN_WITHOUT_REFERENCE)
    return fault.kind not in kinds and fault.place[0] not in {"kind", "apiVersion"}


class TestAgreesWithTheApiServer:
    """Prevents schemas that refuse what a cluster takes, or that take what it refuses."""

    @pytest.mark.parametrize("manifest", VALID, ids=lambda manifest: manifest["kind"])
    def test_what_we_hold_for_right_is_taken(self, create: Create, manifest: dict[str, Any]) -> None:
        create(in_default(manifest))

    @pytest.mark.parametrize("fault", [fault for fault in FAULTS if asked(fault)], ids=title)
    def test_what_we_refuse_is_refused(self, create: Create, fault: Fault) -> None:
        broken = changed(in_default(BY_KIND[fault.kind]), fault.place, fault.value)
        if title(fault) in OURS_ALONE:
            create(broken)
        else:
            with pytest.raises(ApiRefusalError) as caught:
                create(broken)
            assert caught.value.status in {400, 422}, caught.value

    def test_an_apply_refuses_two_variables_of_one_name(self, create: Create) -> None:
        (fault,) = [fault for fault in FAULTS if fault.value == "DB_PASSWORD"]
        assert title(fault) in OURS_ALONE
        create(in_default(BY_KIND[fault.kind]), apply=True)
        with pytest.raises(ApiRefusalError, match="duplicate"):
            create(changed(in_default(BY_KIND[fault.kind]), fault.place, fault.value), apply=True)

    def test_each_exception_is_of_a_fault_that_there_is(self) -> None:
        assert OURS_ALONE.keys() <= {title(fault) for fault in FAULTS}
