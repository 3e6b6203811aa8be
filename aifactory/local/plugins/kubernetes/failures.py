"""What an API server answers when it refuses, as errors with words."""

from http import HTTPStatus
from typing import Any, Final, cast

import httpx2

from aifactory.errors import AifactoryError
from aifactory.kube.webhooks import failed_call
from aifactory.local.plugins.kubernetes.objects import maps, number, text

CONFLICT_REASON: Final = "FieldManagerConflict"
"""Reason of each cause in the answer to a server-side apply that met another field manager."""


UNDECLARED_FIELD: Final = "field not declared in schema"
"""Words of server-side apply for a field that a built-in kind does not have; they come with status 500."""

_LATER: Final = frozenset({429, 502, 503, 504})
"""Statuses that say "later": too many requests, an API server that starts or ends."""

_TRANSIENT: Final = ("failed calling webhook", "etcdserver:", "connection refused", "context deadline exceeded")
"""Words in an answer of status 500 that a later answer may do without; any other 500 is final."""


class ApiError(AifactoryError):
    """The API server refused a request.

    Attributes:
        code: HTTP status.
        reason: the machine-readable reason of its `Status`, such as ``AlreadyExists``.
        causes: (field, message) of each single cause it named.

    Where a webhook did not answer, `why` says whose it is and `fix` what to do; otherwise both are empty.
    """

    def __init__(self, code: int, reason: str, message: str, causes: list[tuple[str, str]]) -> None:
        call = failed_call(message)
        super().__init__(message, why=call.why if call else "", fix=call.fix if call else "")
        self.code = code
        self.reason = reason
        self.causes = causes

    @classmethod
    def from_response(cls, response: httpx2.Response) -> "ApiError":
        """Return the error in an answer; one that is no `Status` (a proxy's page) gives its first words."""
        try:
            body: Any = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return cls(response.status_code, "", f"{response.status_code} {response.text[:200]}".strip(), [])
        status = cast("dict[str, Any]", body)
        found = maps(status, "details", "causes")
        causes = [(text(cause, "field"), text(cause, "message")) for cause in found]
        if any(text(cause, "reason") == CONFLICT_REASON for cause in found):
            return FieldConflictError(response.status_code, CONFLICT_REASON, text(status, "message"), causes)
        code = number(status, "code", default=response.status_code)
        return cls(code, text(status, "reason"), text(status, "message"), causes)

    @property
    def is_missing(self) -> bool:
        """Whether there is no such object, or no such kind."""
        return self.code == HTTPStatus.NOT_FOUND

    @property
    def is_invalid(self) -> bool:
        """Whether the object itself was refused (a field unknown, immutable, or of a wrong form)."""
        return self.code in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)

    @property
    def is_forbidden(self) -> bool:
        """Whether the account in use may not do this, or admission forbade it."""
        return self.code in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED)

    @property
    def is_transient(self) -> bool:
        """Whether the same request may be answered well in a moment."""
        if self.code == HTTPStatus.INTERNAL_SERVER_ERROR:
            return any(words in self.message for words in _TRANSIENT)
        return self.code in _LATER

    @property
    def names_unknown_fields(self) -> bool:
        """Whether strict validation met fields that the kind does not have."""
        return any(words in self.message for words in ("unknown field", "strict decoding", UNDECLARED_FIELD))


class FieldConflictError(ApiError):
    """Server-side apply met fields that another manager holds; `causes` are (field, message)."""


class UnreachableError(AifactoryError):
    """The API server gave no answer within the bounds of retrying."""


class UnknownKindError(AifactoryError):
    """The API server serves no such kind."""
