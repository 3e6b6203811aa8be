"""An API server that answers from a table, behind the real client."""

from collections.abc import Mapping
from typing import Any

import httpx2

from aifactory.kube.api import Api


def api_of(answers: Mapping[str, Any]) -> Api:
    """Return a client whose server knows these paths and answers 404 to all others."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = answers.get(request.url.path)
        if found is None:
            return httpx2.Response(404, json={"message": f"the server could not find {request.url.path}"})
        return httpx2.Response(200, json=found)

    return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(answer)))


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(found)}
