"""The last gate before anything is written: what looks like a credential is taken out, wherever it stands."""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

HIDDEN: Final = "[hidden]"
"""What stands in the place of what was taken out."""

_USER: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)
_QUERY: Final = re.compile(r"(?P<key>[?&][A-Za-z0-9_.~%-]+=)[^&\s#\"'<>]+")
_HARMLESS: Final = frozenset({"region", "endpoint", "storage_account"})
"""Parameters of a backend's address that say where it is and open nothing."""

_ASSIGNED: Final = re.compile(
    r"(?P<key>\b(?:pass(?:word|wd|phrase)|pwd|secret|token|api[_-]?key|access[_-]?key|client[_-]?secret|authorization)\s*[=:]\s*"
    r"(?:bearer\s+|basic\s+)?)[^\s,;\"'<>&]+",
    re.IGNORECASE,
)
_SHAPES: Final = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)"  # a private key in PEM
    r"|\bpul-[0-9a-f]{20,}\b"  # Pulumi Cloud
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bgithub_pat_[A-Za-z0-9_]{20,}\b"  # GitHub
    r"|\bglpat-[A-Za-z0-9_-]{16,}"  # GitLab
    r"|\bhf_[A-Za-z0-9]{20,}\b"  # Hugging Face
    r"|\bnvapi-[A-Za-z0-9_-]{16,}"  # NVIDIA NGC
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # AWS
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.?[A-Za-z0-9_-]*"  # a JSON web token, as ServiceAccounts have
)


def clean_text(text: str) -> str:
    """Return a text without what looks like a credential: users and parameters of addresses, and tokens of known shapes."""
    if "://" in text:
        text = _USER.sub(rf"\g<scheme>{HIDDEN}@", text)
        text = _QUERY.sub(_parameter, text)
    return _SHAPES.sub(HIDDEN, _ASSIGNED.sub(rf"\g<key>{HIDDEN}", text))


def _parameter(found: re.Match[str]) -> str:
    key = found["key"]
    return found[0] if key[1:-1].lower() in _HARMLESS else f"{key}{HIDDEN}"


def clean(value: Any) -> Any:  # noqa: ANN401 - plain values of any shape
    """Return plain values, each text of them as `clean_text` leaves it; what is no plain value becomes its text."""
    if isinstance(value, str):
        return clean_text(str(value))
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean(item) for key, item in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in cast("list[Any]", value)]
    if isinstance(value, set | frozenset):
        return sorted(clean(item) for item in cast("set[Any]", value))
    return value if isinstance(value, int | float | bool) or value is None else clean_text(str(value))
