"""A stack that never heard of aifactory: what its state tells, and what nobody understood of it."""

import json
from datetime import date
from pathlib import Path

from aifactory.evidence.bundle import bundle_files
from aifactory.evidence.dossier import Dossier
from aifactory.evidence.foreign import foreign_dossier
from aifactory.evidence.state import parse_state
from tests.unit.evidence.states import SECRETS, resource, state_bytes

ON = date(2026, 11, 22)


def dossier(*profiles: str, data: bytes | None = None) -> Dossier:
    return foreign_dossier(parse_state(data or state_bytes(), Path("state.json")), ON, profiles)


class TestForeign:
    """Prevents raw resources of other people's stacks from staying out of sight."""

    def test_a_raw_bucket_is_where_its_provider_is(self) -> None:
        found = [row for row in dossier().registers[0].rows if row.cells["type"] == "aws:s3/bucket:Bucket"]
        located = next(row for row in found if row.cells["fact"] == "residency")
        assert (located.cells["country"], "aws/us-east-1" in str(located.cells["what"])) == ("US", True)

    def test_is_only_described_without_profiles_and_judged_with_them(self) -> None:
        assert dossier().report.assessment.findings == ()
        blocking = dossier("eu-secnumcloud-like").report.assessment.blocking
        assert any("Bucket" in one.subject and one.rule == "residency" for one in blocking)

    def test_a_secret_is_a_value_that_nobody_knows(self) -> None:
        hidden = {"region": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "x"}}
        provider = resource("pulumi:providers:aws", "p", hidden, id="i")
        bucket = resource("aws:s3/bucket:Bucket", "b", {}, provider=f"{provider['urn']}::i")
        found = dossier(data=state_bytes([resource("pulumi:pulumi:Stack", "s"), provider, bucket])).registers[0].rows
        assert next(row for row in found if row.cells["fact"] == "residency").cells["country"] is None

    def test_what_tells_nothing_is_counted(self) -> None:
        strange = [
            resource("pulumi:pulumi:Stack", "s"),
            *(resource("exotic:index:Thing", f"t{number}") for number in range(3)),
        ]
        (row,) = dossier(data=state_bytes(strange)).registers[1].rows
        assert (row.subject, row.cells["number"], row.cells["names"]) == ("exotic:index:Thing", "3", "t0, t1, t2")

    def test_bundle_holds_no_secret_and_says_that_nothing_declares_it(self) -> None:
        files = bundle_files(dossier("eu-gdpr"))
        assert not [(name, secret) for name, content in files.items() for secret in SECRETS if secret.encode() in content]
        assert b"no factory.yaml describes this stack" in files["index.html"]
        assert json.loads(files["manifest.json"])["region"] == "frankfurt"

    def test_same_state_same_bytes(self) -> None:
        assert bundle_files(dossier("eu-gdpr")) == bundle_files(dossier("eu-gdpr"))
