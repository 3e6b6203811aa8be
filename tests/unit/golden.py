"""Golden renders: the whole of what a block makes, one file per case, so that a reviewer sees every change of it.

A golden file only shows that something changed. Beside each stands a test that names what the case is for and asserts it.
`AIFACTORY_UPDATE_GOLDEN=1 pytest ...` writes the files anew; the diff is then read by a person.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import yaml

from aifactory.render import Manifest

GOLDEN = Path(__file__).parents[1] / "golden"


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


def assert_golden(name: str, manifests: Iterable[Manifest]) -> None:
    """Compare objects with `tests/golden/<name>.yaml`; `name` is ``block/case``."""
    file = GOLDEN / f"{name}.yaml"
    text = yaml.dump_all(list(manifests), Dumper=_Plain, sort_keys=False, width=120)
    if os.environ.get("AIFACTORY_UPDATE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert file.exists(), f"{file} is not there; AIFACTORY_UPDATE_GOLDEN=1 writes it"
    assert text == file.read_text(), f"{file.name} differs; if that is meant: AIFACTORY_UPDATE_GOLDEN=1, and read the diff"
