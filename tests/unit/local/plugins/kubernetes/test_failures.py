"""Answers of the API server that refuse."""

import httpx2
import pytest

from aifactory.local.plugins.kubernetes.failures import ApiError, FieldConflictError
from tests.unit.local.plugins.kubernetes.fake_api import conflict, status


class TestApiError:
    """Prevents an answer from being taken for another one."""

    def test_status(self):
        error = ApiError.from_response(status(404, "NotFound", "no such thing"))
        assert (error.code, error.reason, error.message, error.is_missing) == (404, "NotFound", "no such thing", True)

    def test_a_proxys_page(self):
        error = ApiError.from_response(httpx2.Response(502, text="<html>bad gateway" + "x" * 999))
        assert error.code == 502
        assert len(error.message) < 250
        assert error.is_transient

    def test_conflicts_keep_manager_and_field(self):
        error = ApiError.from_response(conflict("kubectl", ".spec.replicas"))
        assert isinstance(error, FieldConflictError)
        assert error.causes == [(".spec.replicas", 'conflict with "kubectl" using v1')]

    def test_another_conflict_is_no_field_conflict(self):
        assert not isinstance(ApiError.from_response(status(409, "Conflict", "changed")), FieldConflictError)

    @pytest.mark.parametrize(
        ("code", "message", "transient"),
        [
            (429, "slow down", True),
            (503, "starting", True),
            (500, 'failed calling webhook "x": connection refused', True),
            (500, "etcdserver: leader changed", True),
            (500, "failed to create typed patch object: .spec.x: field not declared in schema", False),
            (422, "invalid", False),
            (404, "not found", False),
        ],
    )
    def test_what_may_pass_by_itself(self, code, message, transient):
        assert ApiError.from_response(status(code, "", message)).is_transient is transient

    @pytest.mark.parametrize(
        "message",
        [
            'strict decoding error: unknown field "spec.x"',
            "failed to create typed patch object (a/b): .spec.x: field not declared in schema",
        ],
    )
    def test_misspelt_fields(self, message):
        assert ApiError(500, "", message, []).names_unknown_fields
