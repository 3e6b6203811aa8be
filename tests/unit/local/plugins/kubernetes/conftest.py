"""What the unit tests of the kubernetes stand-in share."""

import pytest

from tests.unit.local.plugins.kubernetes.fake_api import FakeApi, session_of


@pytest.fixture
def api():
    return FakeApi()


@pytest.fixture
def session(api):
    return session_of(api)
