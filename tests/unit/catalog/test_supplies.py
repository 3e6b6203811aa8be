"""Licences and suppliers: of everything that the catalog has, with a source, under names that exist."""

import pytest
from pydantic import ValidationError

from aifactory.catalog import images, organizations, releases
from aifactory.catalog.supply import Supply, supplies
from aifactory.sovereignty.rules.licence import osi_approved, passes


class TestSupplies:
    """Prevents components without a row, names that nobody knows, and licences that are none."""

    def test_every_release_and_image_has_a_row_and_nothing_else_has(self) -> None:
        assert set(supplies()) == set(releases()) | set(images())

    def test_suppliers_are_organizations_of_the_catalog(self) -> None:
        named = {one.supplier for one in supplies().values() if one.supplier}
        assert named <= set(organizations())
        assert {"linux-foundation", "nvidia", "red-hat"} <= named

    @pytest.mark.parametrize("key", [key for key, one in supplies().items() if one.licence])
    def test_licences_are_expressions_whose_approval_is_known(self, key: str) -> None:
        licence = supplies()[key].licence
        assert licence is not None
        assert passes(licence, osi_approved) is True, "a licence that is not open needs a look at who may use it"

    def test_images_of_nvidia_come_under_another_licence_than_their_source(self) -> None:
        found = supplies()["gpu-operator"]
        assert found.licence == "Apache-2.0"
        assert found.image_licence is not None
        assert passes(found.image_licence, osi_approved) is not True

    def test_every_row_has_a_source(self) -> None:
        assert all(len(one.source) > 10 for one in supplies().values())

    def test_an_unknown_key_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            Supply.model_validate({"license": "MIT", "source": "somewhere to be read"})
