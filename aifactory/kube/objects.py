"""Kubernetes objects as plain data."""

from typing import Any

Document = dict[str, Any]
"""One Kubernetes object, or an answer of the API server, as plain data."""
