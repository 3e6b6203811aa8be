"""The checked-in schemas against the real definitions that they are made of."""

import pytest

from aifactory.local import crds
from aifactory.local.crds import schemas
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter

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
