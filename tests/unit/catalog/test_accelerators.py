"""GPUs are data, and all of it is checked; above all the arithmetic of their partitions."""

import re

import pytest
from pydantic import ValidationError

from aifactory.catalog import Accelerator, accelerators, mig_resource
from aifactory.catalog.accelerator import profile_gigabytes, profile_slices

EVERY = pytest.mark.parametrize("name", sorted(accelerators()))
SLICES = 7
"""Compute slices of every GPU that can be partitioned and is listed here."""

PARTITIONS = [(name, profile) for name, fact in accelerators().items() for profile in fact.mig_profiles]
OF_EACH = pytest.mark.parametrize(("name", "profile"), PARTITIONS, ids=str)


def gigabytes_of(name: str) -> int:
    found = re.search(r"(\d+)gb$", name)
    assert found
    return int(found[1])


class TestLabels:
    """Prevents labels that no node ever has, so that models would wait for ever."""

    @EVERY
    def test_product_is_a_label_value_and_memory_is_plausible(self, name: str) -> None:
        fact = accelerators()[name]
        assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", fact.product)
        size = gigabytes_of(name)
        assert 0.9 * size * 1024 <= fact.memory_mib <= size * 1024

    @EVERY
    def test_the_architecture_goes_with_the_compute_capability(self, name: str) -> None:
        families = {"7.5": "turing", "8.0": "ampere", "8.9": "ada-lovelace", "9.0": "hopper", "10.0": "blackwell"}
        fact = accelerators()[name]
        assert families[fact.compute_capability] == fact.family

    def test_products_are_not_listed_twice(self) -> None:
        products = [fact.product for fact in accelerators().values()]
        assert len(products) == len(set(products))

    def test_what_the_field_uses_is_there(self) -> None:
        used = {"h100-sxm-80gb", "h200-sxm-141gb", "b200-sxm-180gb", "a100-sxm-80gb", "l40s-48gb", "l4-24gb", "t4-16gb"}
        assert accelerators().keys() >= used


class TestPci:
    """Prevents a virtual machine that asks for another card than the one in the node."""

    def test_identities_are_not_listed_twice(self) -> None:
        ids = [identity for fact in accelerators().values() for identity in fact.pci_ids]
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("identity", ["10de:2330", "0x233010DE", "1002:74a1", "10DE:233"])
    def test_another_spelling_than_kubevirts_is_refused(self, identity: str) -> None:
        facts = accelerators()["h100-sxm-80gb"].model_dump() | {"pci_ids": [identity]}
        with pytest.raises(ValidationError):
            Accelerator.model_validate(facts)


class TestPartitions:
    """Prevents quotas for partitions that no GPU can be cut into."""

    @EVERY
    def test_exactly_the_gpus_that_can_be_cut_have_them(self, name: str) -> None:
        fact = accelerators()[name]
        assert bool(fact.mig_profiles) == fact.mig_capable

    @OF_EACH
    def test_slices_are_those_of_the_name(self, name: str, profile: str) -> None:
        assert accelerators()[name].mig_profiles[profile].slices == profile_slices(profile)

    @OF_EACH
    def test_as_many_as_are_said_to_fit_do_not_take_more_slices_than_there_are(self, name: str, profile: str) -> None:
        partition = accelerators()[name].mig_profiles[profile]
        assert partition.slices * partition.max_per_gpu <= SLICES

    @OF_EACH
    def test_nor_more_memory(self, name: str, profile: str) -> None:
        fact, partition = accelerators()[name], accelerators()[name].mig_profiles[profile]
        if partition.memory_mib:
            assert partition.memory_mib * partition.max_per_gpu <= fact.memory_mib
        # The figure in the name is rounded, up at most by one.
        assert (profile_gigabytes(profile) - 1) * partition.max_per_gpu < gigabytes_of(name)

    @OF_EACH
    def test_one_more_would_not_fit(self, name: str, profile: str) -> None:
        partition = accelerators()[name].mig_profiles[profile]
        if profile.endswith("+me"):
            assert partition.max_per_gpu == 1
            return
        more = partition.max_per_gpu + 1
        no_slices = partition.slices * more > SLICES
        no_memory = profile_gigabytes(profile) * more > gigabytes_of(name)
        assert no_slices or no_memory

    @OF_EACH
    def test_memory_is_that_of_the_name(self, name: str, profile: str) -> None:
        memory = accelerators()[name].mig_profiles[profile].memory_mib
        if memory:
            assert 0.95 * profile_gigabytes(profile) * 1024 <= memory <= profile_gigabytes(profile) * 1024

    @EVERY
    def test_one_of_them_is_the_whole_gpu(self, name: str) -> None:
        fact = accelerators()[name]
        if fact.mig_profiles:
            assert f"7g.{gigabytes_of(name)}gb" in fact.mig_profiles

    @pytest.mark.parametrize("profile", ["8g.80gb", "1g", "1g.10gb+gfx", "mig-1g.10gb", "1G.10GB"])
    def test_a_name_that_no_partition_has_is_refused(self, profile: str) -> None:
        facts = accelerators()["h100-sxm-80gb"].model_dump() | {"mig_profiles": {profile: {"slices": 1, "max_per_gpu": 1}}}
        with pytest.raises(ValidationError):
            Accelerator.model_validate(facts)
        with pytest.raises(ValueError, match="is no name of a GPU partition"):
            profile_slices(profile)


class TestResourceNames:
    """Prevents pods that ask for a resource which no device plugin offers."""

    def test_the_whole_gpu_comes_first_and_each_partition_has_one(self) -> None:
        names = accelerators()["a100-sxm-40gb"].resource_names
        assert names[:3] == ("nvidia.com/gpu", "nvidia.com/mig-1g.5gb", "nvidia.com/mig-1g.5gb.me")
        assert len(names) == len(set(names)) == 8

    def test_a_gpu_that_cannot_be_cut_has_only_the_whole(self) -> None:
        assert accelerators()["l40s-48gb"].resource_names == ("nvidia.com/gpu",)

    @OF_EACH
    def test_each_is_a_name_that_kubernetes_takes(self, name: str, profile: str) -> None:
        assert re.fullmatch(r"nvidia\.com/[a-z0-9]([-a-z0-9.]*[a-z0-9])?", mig_resource(profile))
