"""Every test here has Azure's answers."""

import pytest

from tests.unit.clusters.aks.azure import Azure


@pytest.fixture(autouse=True)
def azure(monkeypatch: pytest.MonkeyPatch) -> Azure:
    return Azure(monkeypatch)
