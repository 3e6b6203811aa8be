"""What is told to EKS, against the shapes of EKS's own requests: names, patterns, lengths and choices."""

from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from tests.unit.clusters.eks.programs import FULL, SMALL, made

OPERATIONS = {
    ":Cluster": "CreateCluster",
    ":NodeGroup": "CreateNodegroup",
    ":Addon": "CreateAddon",
    ":AccessEntry": "CreateAccessEntry",
    ":AccessPolicyAssociation": "AssociateAccessPolicy",
    ":PodIdentityAssociation": "CreatePodIdentityAssociation",
}
OTHER_NAMES = {
    "vpcConfig": "resourcesVpcConfig",
    "nodeGroupName": "nodegroupName",
    "subnetIds": "subnets",
    "nodeRoleArn": "nodeRole",
    "resolveConflictsOnCreate": "resolveConflicts",
}
"""Pulumi's name of a field, and that of the request."""

ELSEWHERE = {"enabledClusterLogTypes", "resolveConflictsOnUpdate", "preserve"}
"""Fields that other requests carry, or none."""


def request(inputs: dict[str, Any]) -> dict[str, Any]:
    found = {OTHER_NAMES.get(key, key): whole(value) for key, value in inputs.items() if key not in ELSEWHERE}
    if "encryptionConfig" in found:
        found["encryptionConfig"] = [found["encryptionConfig"]]
    return found


def whole(value: Any) -> Any:
    """Return a value with its whole numbers as such: on the way to the engine every number is a double."""
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) else value


@pytest.fixture(scope="module")
def service() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("eks", "service-2"), "eks")


class TestShapes:
    """Prevents a request that EKS refuses for its form, which no preview would tell."""

    @pytest.mark.parametrize(
        "args", [SMALL, FULL, SMALL | {"public_cidrs": ["203.0.113.7/32"]}], ids=["small", "full", "public"]
    )
    def test_every_request_has_the_form_that_eks_takes(self, service: ServiceModel, args: dict[str, Any]) -> None:
        ran = made(args)
        for ending, operation in OPERATIONS.items():
            shape = service.operation_model(operation).input_shape
            for resource in ran.of_type(ending):
                report = ParamValidator().validate(request(resource.inputs), shape)
                assert not report.has_errors(), f"{resource.name}: {report.generate_report()}"

    def test_choices_are_those_of_eks(self, service: ServiceModel) -> None:
        """The validator of botocore looks at names and types, and not at choices."""
        ran = made(FULL)
        choices = {
            name: set(service.shape_for(name).enum)  # type: ignore[attr-defined]
            for name in ("AMITypes", "CapacityTypes", "TaintEffect", "LogType", "SupportType", "ResolveConflicts")
        }
        for group in ran.of_type(":NodeGroup"):
            assert group.inputs["amiType"] in choices["AMITypes"]
            assert group.inputs["capacityType"] in choices["CapacityTypes"]
            assert {taint["effect"] for taint in group.inputs["taints"]} <= choices["TaintEffect"]
        cluster = ran.one(":Cluster").inputs
        assert set(cluster["enabledClusterLogTypes"]) == choices["LogType"]
        assert cluster["upgradePolicy"]["supportType"] in choices["SupportType"]
        for addon in ran.of_type(":Addon"):
            assert {addon.inputs["resolveConflictsOnCreate"], addon.inputs["resolveConflictsOnUpdate"]} <= choices[
                "ResolveConflicts"
            ]
