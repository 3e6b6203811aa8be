"""Bundles: deterministic, verifiable, self-contained, and without a single credential."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from aifactory.errors import SpecError
from aifactory.evidence.bundle import bundle_files, write_bundle
from aifactory.evidence.dossier import dossier_of
from aifactory.evidence.manifest import MANIFEST, verify
from aifactory.evidence.observed import Observed
from aifactory.evidence.state import parse_state
from tests.unit.evidence.samples import FACTORY, WAIVERS, case
from tests.unit.evidence.states import SECRETS, state_bytes
from tests.unit.factories import factory_text

CANARIES = (
    "canaryuser:canarypass",
    "canaryquery",
    "hf_canarycanarycanarycanary1",
    "ghp_canarycanarycanarycanary12",
    "AKIACANARYCANARY1234",
    "eyJjYW5hcnkiOiJ5ZXMifQ.eyJzdWIiOiJjYW5hcnkifQ.canarysignature",
    "canary-in-words",
)


def leaky_factory() -> str:
    """Return a factory in which people wrote credentials wherever a text can be written."""
    values = yaml.safe_load(FACTORY)
    here = values["regions"]["frankfurt"]
    here["state"]["backend"] = f"s3://acme-state?region=eu-central-1&token={CANARIES[1]}"
    here["support"]["aws"]["reference"] = f"https://portal.example/{CANARIES[2]}"
    here["exit"]["target"] = f"our own place, password={CANARIES[6]}"
    here["exit"]["plan"] = f"https://{CANARIES[0]}@git.example/exit.md"
    values["transfers"]["logs-us"]["reference"] = f"contract with {CANARIES[3]}"
    values["data_classes"]["prompts"]["description"] = f"what people ask, and {CANARIES[5]}"
    return yaml.safe_dump(values, sort_keys=False)


def leaky_waivers() -> str:
    return WAIVERS.replace("approved by the board until the contract ends", f"approved with {CANARIES[4]} by the board")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return bundle_files(dossier_of(case(tmp_path)))


class Links(HTMLParser):
    """Collects what a page would fetch, and every tag that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [str(value) for key, value in attrs if key in {"src", "href", "action", "data", "poster"}]


class TestDeterminism:
    """Prevents bundles that differ without a reason, so that no hash of one means anything."""

    def test_same_inputs_same_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        first = bundle_files(dossier_of(case(tmp_path / "a")))
        assert first == bundle_files(dossier_of(case(tmp_path / "b")))

    def test_order_of_yaml_changes_lines_and_nothing_else_of_the_findings(self, tmp_path: Path) -> None:
        values = yaml.safe_load(FACTORY)
        here = values["regions"]["frankfurt"]
        values["regions"]["frankfurt"] = {key: here[key] for key in sorted(here, reverse=True)}
        turned = bundle_files(dossier_of(case(tmp_path, factory=yaml.safe_dump(values, sort_keys=False))))
        plain = bundle_files(dossier_of(case(tmp_path)))

        def findings(files: dict[str, bytes]) -> list[dict[str, Any]]:
            return [one | {"line": 0} for one in json.loads(files["findings.json"])["findings"]]

        assert findings(turned) == findings(plain)


class TestManifest:
    """Prevents a bundle that was changed from passing for the one that was written."""

    @pytest.fixture
    def directory(self, files: dict[str, bytes], tmp_path: Path) -> Path:
        write_bundle(tmp_path / "out", files)
        return tmp_path / "out"

    def test_names_every_file_with_its_hash(self, files: dict[str, bytes]) -> None:
        named = {row["path"] for row in json.loads(files[MANIFEST])["files"]}
        assert named == set(files) - {MANIFEST}

    def test_what_was_written_verifies(self, directory: Path, files: dict[str, bytes]) -> None:
        found = verify(directory)
        assert found.wrong == ()
        assert (found.files, found.about) == (len(files) - 1, "acme/frankfurt on 2026-11-22")

    def test_a_changed_file_is_named(self, directory: Path) -> None:
        path = directory / "registers" / "waiver-ledger.json"
        path.write_bytes(path.read_bytes().replace(b"2026-12-15", b"2027-12-15"))
        assert verify(directory).wrong == ("registers/waiver-ledger.json: has changed since the manifest was written",)

    def test_a_missing_file_and_one_too_many_are_named(self, directory: Path) -> None:
        (directory / "seal.json").unlink()
        (directory / "more.txt").write_text("x")
        assert verify(directory).wrong == (
            "seal.json: is in the manifest, and not there",
            "more.txt: is there, and not in the manifest",
        )

    def test_a_link_in_the_place_of_a_file_is_named(self, directory: Path, tmp_path: Path) -> None:
        path = directory / "seal.json"
        (tmp_path / "elsewhere").write_bytes(path.read_bytes())
        path.unlink()
        path.symlink_to(tmp_path / "elsewhere")
        assert verify(directory).wrong == ("seal.json: is a link",)

    def test_signatures_of_the_manifest_may_lie_beside_it(self, directory: Path) -> None:
        (directory / "manifest.json.sig").write_text("signature")
        assert verify(directory).wrong == ()

    def test_a_manifest_that_points_out_of_the_bundle_reads_nothing_there(self, directory: Path) -> None:
        document = json.loads((directory / MANIFEST).read_bytes())
        document["files"].append({"path": "../factory.yaml", "sha256": "0" * 64, "size": 1})
        (directory / MANIFEST).write_text(json.dumps(document))
        assert verify(directory).wrong == ("'../factory.yaml': is no name that a bundle has",)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"form": "other/1"}', "\x00"])
    def test_what_is_no_manifest_is_refused(self, text: str, tmp_path: Path) -> None:
        (tmp_path / MANIFEST).write_text(text)
        with pytest.raises(SpecError, match="manifest"):
            verify(tmp_path)

    def test_without_a_manifest_it_is_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="is no bundle of evidence"):
            verify(tmp_path)


class TestWriting:
    """Prevents a bundle from taking files that are not its own with it, and two bundles from mixing."""

    def test_replaces_an_older_bundle_whole(self, files: dict[str, bytes], tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_bundle(out, files)
        (out / "manifest.json.sig").write_text("of the older one")
        fewer = {name: content for name, content in files.items() if not name.startswith("registers/")}
        fewer[MANIFEST] = json.dumps(
            json.loads(files[MANIFEST])
            | {"files": [row for row in json.loads(files[MANIFEST])["files"] if row["path"] in fewer]}
        ).encode()
        write_bundle(out, fewer)
        assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == set(fewer)

    def test_refuses_a_directory_of_something_else(self, files: dict[str, bytes], tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("mine")
        with pytest.raises(SpecError, match="no bundle of evidence"):
            write_bundle(tmp_path, files)
        assert [path.name for path in tmp_path.glob("*.*") if path.is_file()].count("thesis.tex") == 1

    def test_refuses_a_bundle_with_something_else_in_it(self, files: dict[str, bytes], tmp_path: Path) -> None:
        out = tmp_path / "out"
        write_bundle(out, files)
        (out / "notes.txt").write_text("mine")
        with pytest.raises(SpecError, match="not of its bundle"):
            write_bundle(out, files)
        assert (out / "notes.txt").read_text() == "mine"
        assert (out / "index.html").is_file()

    def test_refuses_a_file(self, files: dict[str, bytes], tmp_path: Path) -> None:
        (tmp_path / "out").write_text("")
        with pytest.raises(SpecError, match="is a file"):
            write_bundle(tmp_path / "out", files)


class TestPage:
    """Prevents a page that asks somebody else for anything, or lets what people wrote become markup."""

    def test_asks_nobody_for_anything(self, files: dict[str, bytes]) -> None:
        text = files["index.html"].decode()
        links = Links()
        links.feed(text)
        assert [link for link in links.fetched if not link.startswith("#")] == []
        assert not links.tags & {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
        assert not re.search(r"url\((?!#)|@import", text)
        assert "default-src 'none'" in text

    def test_every_link_has_its_place(self, files: dict[str, bytes]) -> None:
        text = files["index.html"].decode()
        links = Links()
        links.feed(text)
        missing = [link for link in links.fetched if f'id="{link.removeprefix("#")}"' not in text]
        assert links.fetched
        assert not missing

    def test_shows_every_finding_register_and_component(self, files: dict[str, bytes]) -> None:
        text = files["index.html"].decode()
        findings = json.loads(files["findings.json"])["findings"]
        assert all(one["id"] in text for one in findings if one["verdict"] != "allow")
        for name, content in files.items():
            if name.startswith("registers/") and name.endswith(".json"):
                register = json.loads(content)
                assert f'<h2 id="{register["register"]}">' in text
        for one in json.loads(files["components.cdx.json"])["components"]:
            assert one["name"] in text

    def test_map_has_a_curve_for_each_flow_that_leaves_or_enters(self, files: dict[str, bytes]) -> None:
        text = files["index.html"].decode()
        assert "Switzerland (CH)" in text
        assert "third country, adequacy decision (EU)" in text
        assert "database billing: backup to s3://acme-backups/postgres: deny, advisory" in text
        assert text.count('<path class="edge') > 10

    def test_no_number_of_differences_where_nothing_was_compared(self, files: dict[str, bytes], tmp_path: Path) -> None:
        assert "nothing was there to compare with" in files["index.html"].decode()
        seen = bundle_files(dossier_of(case(tmp_path, observed=Observed("context prod", "v1.36.0"))))["index.html"].decode()
        assert "nothing was there to compare with" not in seen

    def test_markup_of_people_is_text(self, tmp_path: Path) -> None:
        evil = '<img src=x onerror="alert(1)">"><script>alert(2)</script>'
        values = yaml.safe_load(FACTORY)
        values["data_classes"]["prompts"]["description"] = f"what people ask {evil}"
        values["regions"]["frankfurt"]["exit"]["target"] = f"somewhere {evil}"
        text = bundle_files(dossier_of(case(tmp_path, factory=yaml.safe_dump(values))))["index.html"].decode()
        assert "<script>" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text

    def test_simulated_is_said_at_the_top_and_in_every_file(self, tmp_path: Path) -> None:
        local = factory_text()
        files = bundle_files(dossier_of(case(tmp_path, factory=local, waivers=None, region="here")))
        silent = [name for name, content in files.items() if b"simulated" not in content.lower()]
        assert silent == []
        assert "<strong>SIMULATED.</strong>" in files["index.html"].decode()
        assert json.loads(files[MANIFEST])["simulated"] is True

    def test_real_regions_are_not_called_simulated(self, files: dict[str, bytes]) -> None:
        assert b"SIMULATED" not in files["index.html"]
        assert json.loads(files[MANIFEST])["simulated"] is False


class TestComponents:
    """Prevents lists of components that their own schema refuses, or that leave out whose they are."""

    def test_fits_the_schema(self, files: dict[str, bytes]) -> None:
        problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(files["components.cdx.json"].decode())
        assert problem is None, problem

    def test_licence_supplier_and_country(self, files: dict[str, bytes]) -> None:
        found = {one["bom-ref"]: one for one in json.loads(files["components.cdx.json"])["components"]}
        image = next(one for ref, one in found.items() if ref.startswith("image:nvcr.io/nvidia/gpu-operator:"))
        assert image["supplier"] == {"name": "NVIDIA Corporation", "address": {"country": "US"}}
        assert image["licenses"] == [{"expression": "LicenseRef-NVIDIA-Software-License-Agreement"}]
        assert {"name": "aifactory:source-licence", "value": "Apache-2.0"} in image["properties"]
        operator = next(one for ref, one in found.items() if ref.startswith("operator:cert-manager:"))
        assert operator["licenses"] == [{"expression": "Apache-2.0"}]

    def test_an_image_that_nobody_declared_is_there_and_says_so(self, tmp_path: Path) -> None:
        seen = Observed("context prod", "v1.36.0", images=("evil.example/miner:1",))
        document = json.loads(bundle_files(dossier_of(case(tmp_path, observed=seen)))["components.cdx.json"])
        (one,) = [item for item in document["components"] if item["name"] == "evil.example/miner"]
        assert {"name": "aifactory:declared", "value": "false"} in one["properties"]
        assert "supplier" not in one
        assert "licenses" not in one


class TestSecrets:
    """Prevents a credential from leaving in evidence, wherever somebody wrote it."""

    def test_no_canary_in_any_file(self, tmp_path: Path) -> None:
        state = parse_state(state_bytes(), tmp_path / "state.json")
        made = case(tmp_path, factory=leaky_factory(), waivers=leaky_waivers(), state=state)
        files = bundle_files(dossier_of(made))
        leaks = [
            (name, secret)
            for name, content in files.items()
            for secret in (*CANARIES, *SECRETS)
            if secret.encode() in content
        ]
        assert leaks == []
        assert all(secret in leaky_factory() + leaky_waivers() for secret in CANARIES), "a canary that sings nowhere"
        assert all(secret.encode() in state_bytes() for secret in SECRETS), "a canary that sings nowhere"

    def test_what_was_taken_out_is_shown_as_taken_out(self, tmp_path: Path) -> None:
        files = bundle_files(dossier_of(case(tmp_path, factory=leaky_factory())))
        assert b"[hidden]" in b"".join(files.values())
