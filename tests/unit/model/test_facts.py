"""What a region tells the others: allow-listed, without a secret, the same text for the same facts."""

import json
from pathlib import Path
from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model.facts import MAX_BYTES, RegionFacts, dump_facts, facts_file, load_facts, write_facts

FACTS: dict[str, Any] = {
    "factory": "demo",
    "region": "here",
    "simulated": True,
    "site": {"provider": "local", "location": "here", "country": "DE", "operator": "self"},
    "profiles": ["none"],
    "operators": {"kueue": "0.19.2"},
    "databases": {"billing": {"host": "billing-rw.data.svc", "store": "s3://backups/eu", "server_name": "billing-1"}},
    "models": {"assistant": {"url": "https://assistant.ai.test.internal", "source": "pvc://weights/assistant"}},
}


def changed(place: str, value: Any) -> dict[str, Any]:
    copied = json.loads(json.dumps(FACTS))
    *path, last = place.split(".")
    inner = copied
    for key in path:
        inner = inner[key]
    inner[last] = value
    return copied


class TestRoundTrip:
    """Prevents facts that change with every run, so that a reviewer learns to look away."""

    def test_what_was_written_is_read(self, tmp_path: Path) -> None:
        facts = RegionFacts.model_validate(FACTS)
        assert write_facts(tmp_path / "facts", facts) is True
        assert load_facts(tmp_path / "facts", "here") == facts

    def test_the_same_facts_are_not_written_again(self, tmp_path: Path) -> None:
        facts = RegionFacts.model_validate(FACTS)
        write_facts(tmp_path, facts)
        before = facts_file(tmp_path, "here").stat().st_mtime_ns
        assert write_facts(tmp_path, facts) is False
        assert facts_file(tmp_path, "here").stat().st_mtime_ns == before
        assert [path.name for path in tmp_path.iterdir()] == ["here.json"], "a draft was left"

    def test_the_order_in_which_things_were_made_does_not_show(self) -> None:
        turned = {key: FACTS[key] for key in reversed(FACTS)}
        assert dump_facts(RegionFacts.model_validate(FACTS)) == dump_facts(RegionFacts.model_validate(turned))


class TestAllowList:
    """Prevents a secret, or an address with a key in it, from coming into git by way of the facts."""

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            ("password", "x"),
            ("databases.billing.password", "x"),
            ("databases.billing.store", "s3://key:secret@backups"),
            ("databases.billing.store", "https://account/container?sig=abc"),
            ("databases.billing.host", "postgres://user:pw@host"),
            ("models.assistant.url", "https://user:pw@host"),
            ("models.assistant.url", "http://plain"),
            ("models.assistant.source", "https://hub/model?token=x"),
            ("site.country", "Germany"),
            ("version", 2),
        ],
    )
    def test_what_is_not_allowed_is_refused_and_not_shown(self, tmp_path: Path, place: str, value: Any) -> None:
        facts_file(tmp_path, "here").write_text(json.dumps(changed(place, value)))
        with pytest.raises(SpecError) as caught:
            load_facts(tmp_path, "here")
        text = str(caught.value)
        assert place.rpartition(".")[2] in text
        assert not any(secret in text for secret in ("key:secret", "user:pw", "sig=abc", "token=x"))


class TestReading:
    """Prevents facts of nobody, of somebody else, or of a size that was meant to hurt."""

    def test_a_region_that_told_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="pulumi up --stack there"):
            load_facts(tmp_path, "there")

    def test_a_file_of_another_region(self, tmp_path: Path) -> None:
        facts_file(tmp_path, "there").write_text(json.dumps(FACTS))
        with pytest.raises(SpecError, match="use there"):
            load_facts(tmp_path, "there")

    @pytest.mark.parametrize("text", ["", "{", "[]", "null"])
    def test_what_is_no_document(self, tmp_path: Path, text: str) -> None:
        facts_file(tmp_path, "here").write_text(text)
        with pytest.raises(SpecError):
            load_facts(tmp_path, "here")

    def test_a_huge_one(self, tmp_path: Path) -> None:
        facts_file(tmp_path, "here").write_text(" " * (MAX_BYTES + 1))
        with pytest.raises(SpecError, match="at most"):
            load_facts(tmp_path, "here")
