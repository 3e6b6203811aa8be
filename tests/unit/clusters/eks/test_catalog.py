"""Facts about EKS against what AWS's own SDK says."""

from typing import Any

import pytest
from botocore.loaders import Loader

from aifactory.catalog import locations
from aifactory.catalog.eks import eks_facts
from aifactory.catalog.kubernetes import parse

FACTS = eks_facts()


@pytest.fixture(scope="module")
def loader() -> Loader:
    return Loader()


def shape(loader: Loader, service: str, name: str) -> dict[str, Any]:
    return loader.load_service_model(service, "service-2")["shapes"][name]


class TestFacts:
    """Prevents a name that AWS does not know, which a preview would show as if it were there."""

    def test_image_types_are_aws_own(self, loader: Loader) -> None:
        assert {image.ami_type for image in FACTS.images.values()} <= set(shape(loader, "eks", "AMITypes")["enum"])

    def test_names_of_images_tell_what_they_are(self) -> None:
        for name, image in FACTS.images.items():
            assert name.startswith(image.family)
            assert name.endswith("-nvidia") is image.gpu is image.ami_type.endswith("_NVIDIA")
            assert ("-arm" in name) is ("_ARM_64" in image.ami_type)

    def test_instance_types_are_aws_own(self, loader: Loader) -> None:
        assert set(FACTS.efa) <= set(shape(loader, "ec2", "InstanceType")["enum"])

    def test_days_are_those_that_cloudwatch_takes(self, loader: Loader) -> None:
        text = shape(loader, "logs", "Days")["documentation"].partition("Possible values are: ")[2].partition(".")[0]
        assert tuple(int(day) for day in text.replace("and", "").split(",")) == FACTS.log_retention_days

    def test_partitions_are_aws_own_with_their_domains(self, loader: Loader) -> None:
        known = {found["id"]: found["outputs"]["dnsSuffix"] for found in loader.load_data("partitions")["partitions"]}
        for name, partition in FACTS.partitions.items():
            assert partition.suffix == known[name]

    def test_the_partitions_of_the_issue_are_there_and_have_places(self) -> None:
        assert set(FACTS.partitions) == {"aws", "aws-us-gov", "aws-cn", "aws-eusc"}
        assert set(FACTS.partitions) <= {found.partition for found in locations().values()}

    def test_endpoints_are_services_of_aws(self, loader: Loader) -> None:
        (first, *_) = loader.load_data("endpoints")["partitions"]
        known = set(first["services"]) | {"ecr.api", "ecr.dkr"}
        assert set(FACTS.endpoints) <= known
        assert [name for name, found in FACTS.endpoints.items() if found.kind == "gateway"] == ["s3"]

    def test_minors_are_in_order_and_support_ends_after_it_began_to(self) -> None:
        minors = list(FACTS.kubernetes)
        assert minors == sorted(minors, key=parse)
        ends = [found.standard_until for found in FACTS.kubernetes.values()]
        assert ends == sorted(ends)
        assert all(found.standard_until < found.extended_until for found in FACTS.kubernetes.values())
