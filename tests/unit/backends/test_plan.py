"""The backend of a region: in its jurisdiction, encrypted, closed, and the same however often it is made."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from aifactory.backends import Address, BackendKind, BackendPlan, plan_backend, script
from aifactory.backends.address import address_of, address_problems, provider_of, provider_problems
from aifactory.backends.aws import policy_of
from aifactory.backends.directory import make_directory
from aifactory.backends.own import database_step, directory_step
from aifactory.catalog import locations
from aifactory.errors import AifactoryError, SpecError
from aifactory.model import FactorySpec, load_factory
from tests.unit.backends.regions import BLOB, FILE, GCS, S3, SITES, region

KEY = {"custody": "customer", "country": "DE", "operator": "self"}
VAULT = FILE | {"secrets_provider": "hashivault://state"}
CASES = {
    "s3": ("aws", S3),
    "s3, vault": ("aws", S3 | {"secrets_provider": "hashivault://state"}),
    "s3 of one's own": (
        "on-prem",
        S3 | {"backend": "s3://state?endpoint=objects.internal", "secrets_provider": "passphrase"},
    ),
    "azblob": ("azure", BLOB),
    "azblob, passphrase": ("azure", BLOB | {"secrets_provider": "passphrase"}),
    "gs": ("on-prem", GCS),
    "file": ("on-prem", FILE),
    "file, vault": ("on-prem", VAULT),
    "service": ("on-prem", {"backend": "https://pulumi.internal", "secrets_provider": "default"}),
}


def made(site: str, state: dict[str, Any], **changes: Any) -> BackendPlan:
    return plan_backend(region(site, state, **changes), "here")


def text(site: str, state: dict[str, Any], **changes: Any) -> str:
    return script("here", made(site, state, **changes).steps)


def refused(factory: FactorySpec, location: str | None = None) -> str:
    with pytest.raises(SpecError) as found:
        plan_backend(factory, "here", location)
    return str(found.value)


class TestEveryScript:
    """Prevents a script that no shell reads, that says a password, or that differs from run to run."""

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_shells_read_it(self, case: tuple[str, dict[str, Any]]) -> None:
        found = text(*case)
        for name in ("sh", "dash", "bash"):
            if shell := shutil.which(name):
                subprocess.run([shell, "-n"], input=found, text=True, check=True, timeout=60)
        if checker := shutil.which("shellcheck"):
            subprocess.run([checker, "-s", "sh", "-"], input=found, text=True, check=True, timeout=60)
        assert found.startswith("#!/bin/sh\n")
        assert "\nset -eu\n" in found

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_it_ends_with_the_stack(self, case: tuple[str, dict[str, Any]]) -> None:
        _, state = case
        end = text(*case).splitlines()[-4:]
        assert end[0] == f"pulumi login {shlex.quote(state['backend'])}"
        assert end[2] == f"  pulumi stack init here --secrets-provider {shlex.quote(state['secrets_provider'])}"

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_same_text_twice(self, case: tuple[str, dict[str, Any]]) -> None:
        assert text(*case) == text(*case)

    @pytest.mark.parametrize("case", CASES.values(), ids=CASES)
    def test_no_partition_but_that_of_the_place(self, case: tuple[str, dict[str, Any]]) -> None:
        assert set(re.findall(r"arn:([a-z-]+):", text(*case))) <= {"aws"}

    def test_a_local_region_has_none(self) -> None:
        shipped = load_factory(Path("stacks/factory.yaml"))
        assert plan_backend(shipped, "local").steps == ()

    def test_no_such_region(self) -> None:
        with pytest.raises(SpecError, match="no such region"):
            plan_backend(region("aws", S3), "there")


OPTION = re.compile(r" --([a-z-]+)")
GLOBAL = {"region", "query", "output", "endpoint-url"}


def aws_commands(found: str) -> list[tuple[str, str, set[str]]]:
    """Return service, operation and options of every call of the AWS command line."""
    calls = re.findall(
        r"aws (s3api|kms|sts) ([a-z-]+)((?: --[a-z-]+(?: (?:'[^']*'|\"(?:\$\([^)]*\)|[^\"])*\"|[^\s()]+))?)*)", found
    )
    return [
        (service, operation, set(OPTION.findall(re.sub(r"'[^']*'|\"[^\"]*\"", "", options))))
        for service, operation, options in calls
    ]


class TestAws:
    """Prevents a bucket in another jurisdiction, open, unversioned, or under the provider's own key."""

    @pytest.mark.parametrize("custody", ["customer", "hsm", "external"])
    def test_every_command_is_one_of_the_services(self, custody: str) -> None:
        session = botocore.session.get_session()
        commands = aws_commands(text("aws", S3 | {"key": "k"}, keys={"k": KEY | {"custody": custody}}))
        assert len(commands) >= 12
        for service, operation, options in commands:
            model = session.get_service_model({"s3api": "s3"}.get(service, service))
            by_name = {botocore.xform_name(name, "-"): name for name in model.operation_names}
            assert operation in by_name, operation
            shape = model.operation_model(by_name[operation]).input_shape
            members = {botocore.xform_name(name, "-") for name in (shape.members if shape else {})}
            assert options - GLOBAL <= members, (operation, options - GLOBAL - members)

    def test_closed_versioned_encrypted_over_tls(self) -> None:
        found = text("aws", S3)
        for each in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"):
            assert f"{each}=true" in found
        assert (
            "put-bucket-versioning --region eu-central-1 --bucket demo-state --versioning-configuration Status=Enabled"
            in found
        )
        assert '"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "%s"' in found
        assert '"aws:SecureTransport": "false"' in found
        assert "LocationConstraint=eu-central-1" in found
        assert "--object-ownership BucketOwnerEnforced" in found

    def test_the_policy_allows_nothing(self) -> None:
        for statement in policy_of("state", "aws-eusc")["Statement"]:
            assert statement["Effect"] == "Deny"
            assert all(resource.startswith("arn:aws-eusc:s3:::state") for resource in statement["Resource"])

    def test_us_east_1_takes_no_constraint(self) -> None:
        state = {"backend": "s3://state?region=us-east-1", "secrets_provider": "awskms://alias/k?region=us-east-1"}
        found = text("aws", state)
        assert "LocationConstraint=" not in found
        assert '--output text)" = None ]' in found

    @pytest.mark.parametrize(
        ("place", "partition"), [("eusc-de-east-1", "aws-eusc"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")]
    )
    def test_partitions(self, place: str, partition: str) -> None:
        known = locations()[f"aws/{place}"]
        site = SITES["aws"] | {"location": place, "country": known.country, "operator": known.operator}
        state = {"backend": "s3://state", "secrets_provider": "awskms://alias/k"}
        found = script("here", plan_backend(region(site, state), "here").steps)
        assert set(re.findall(r"arn:([a-z-]+):", found)) == {partition}
        assert f'cut -d: -f2)" = {partition} ]' in found

    @pytest.mark.parametrize(
        ("custody", "words", "rotates"),
        [
            ("customer", "kms create-key --region eu-central-1 --query", True),
            ("hsm", "--origin AWS_CLOUDHSM --custom-key-store-id", False),
            ("external", "--origin EXTERNAL_KEY_STORE --custom-key-store-id", False),
        ],
    )
    def test_the_key_is_made_as_it_is_to_be_held(self, custody: str, words: str, rotates: bool) -> None:
        found = text("aws", S3 | {"key": "k"}, keys={"k": KEY | {"custody": custody}})
        assert words in found
        assert ("enable-key-rotation" in found) is rotates

    def test_a_key_that_is_named_by_its_arn_is_not_made(self) -> None:
        arn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        found = text("aws", S3 | {"secrets_provider": f"awskms:///{arn}"})
        assert "create-key" not in found
        assert f"describe-key --region eu-central-1 --key-id {arn}" in found

    def test_the_shells_region_never_decides(self) -> None:
        assert "AWS_REGION=eu-central-1\nexport AWS_REGION\npulumi login" in text("aws", S3)
        said = S3 | {
            "backend": "s3://state?region=eu-central-1",
            "secrets_provider": "awskms://alias/k?region=eu-central-1",
        }
        assert "AWS_REGION" not in text("aws", said)
        other = S3 | {"backend": "s3://state?region=eu-west-1", "country": "IE"}
        assert "AWS_REGION=eu-central-1\n" in text("aws", other)
        assert "AWS_REGION" not in text("azure", BLOB)

    def test_another_secrets_provider_still_needs_a_key_of_the_bucket(self) -> None:
        assert "${STATE_KEY_ARN:?" in text("aws", S3 | {"secrets_provider": "passphrase"})


AWS = """#!/bin/sh
echo "aws $*" >>"$LOG"
case "$1 $2" in
  "sts get-caller-identity") echo arn:aws:iam::111122223333:role/it ;;
  "kms describe-key")
    [ -e "$STATE/key" ] || exit 255
    case "$*" in *KeyState*) echo Enabled ;; *Arn*) echo arn:aws:kms:eu-central-1:111122223333:key/k ;; esac ;;
  "kms create-key") echo k ;;
  "kms get-key-rotation-status") if [ -e "$STATE/rotates" ]; then echo True; else echo False; fi ;;
  "kms enable-key-rotation") : >"$STATE/rotates" ;;
  "kms create-alias") : >"$STATE/key" ;;
  "s3api head-bucket") [ -e "$STATE/bucket" ] ;;
  "s3api create-bucket") : >"$STATE/bucket" ;;
  "s3api get-bucket-location") echo "$PLACE" ;;
esac
"""
PULUMI = """#!/bin/sh
echo "pulumi $*" >>"$LOG"
case "$1 $2" in
  "stack select") [ -e "$STATE/stack" ] ;;
  "stack init") : >"$STATE/stack" ;;
esac
"""


def run(place: Path, found: str, **environment: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run a script with tools that remember what they were told."""
    (place / "bin").mkdir(exist_ok=True)
    (place / "state").mkdir(exist_ok=True)
    for name, tool in (("aws", AWS), ("pulumi", PULUMI)):
        (place / "bin" / name).write_text(tool)
        (place / "bin" / name).chmod(0o755)
    log = place / "log"
    log.write_text("")
    variables = {
        "PATH": f"{place / 'bin'}:/usr/bin:/bin",
        "LOG": str(log),
        "STATE": str(place / "state"),
        "HOME": str(place),
    }
    shell = shutil.which("dash") or "sh"
    done = subprocess.run(
        [shell, "-c", found], env=variables | environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done, log.read_text().splitlines()


class TestRun:
    """Prevents a script that makes something twice, or goes on where it should have stopped."""

    def test_first_it_makes_and_then_it_changes_nothing_of_what_is_there(self, tmp_path: Path) -> None:
        done, told = run(tmp_path, text("aws", S3), PLACE="eu-central-1")
        assert done.returncode == 0, done.stderr
        assert [line for line in told if "enable-key-rotation" in line and "--key-id arn:aws:kms:eu-central-1:" in line]
        made_once = ("kms create-key", "kms create-alias", "s3api create-bucket", "pulumi stack init")
        assert all(any(words in line for line in told) for words in made_once)
        (encryption,) = [line for line in told if "put-bucket-encryption" in line]
        rules = json.loads(encryption.partition("--server-side-encryption-configuration ")[2])["Rules"][0]
        assert rules["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"].startswith("arn:aws:kms:eu-central-1:")
        done, told = run(tmp_path, text("aws", S3), PLACE="eu-central-1")
        assert done.returncode == 0
        assert not [line for line in told if any(words in line for words in (*made_once, "enable-key-rotation"))]

    def test_a_bucket_that_is_elsewhere_stops_it(self, tmp_path: Path) -> None:
        done, told = run(tmp_path, text("aws", S3), PLACE="us-west-2")
        assert done.returncode == 1
        assert "another jurisdiction" in done.stderr
        assert not [line for line in told if line.startswith("pulumi")]

    def test_an_account_of_another_partition_stops_it(self, tmp_path: Path) -> None:
        site = SITES["aws"] | {"location": "eusc-de-east-1", "operator": locations()["aws/eusc-de-east-1"].operator}
        state = {"backend": "s3://state", "secrets_provider": "awskms://alias/k"}
        found = script("here", plan_backend(region(site, state), "here").steps)
        done, told = run(tmp_path, found, PLACE="eusc-de-east-1")
        assert done.returncode == 1
        assert "not in the partition aws-eusc" in done.stderr
        assert len(told) == 1

    def test_a_passphrase_must_be_there(self, tmp_path: Path) -> None:
        state = FILE | {"backend": f"file://{tmp_path / 'pulumi'}"}
        done, told = run(tmp_path, text("on-prem", state))
        assert done.returncode == 1
        assert not told
        done, _ = run(tmp_path, text("on-prem", state), PULUMI_CONFIG_PASSPHRASE_FILE="/somewhere")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "pulumi").stat().st_mode & 0o777 == 0o700

    def test_an_open_directory_stops_it(self, tmp_path: Path) -> None:
        (tmp_path / "open").mkdir(mode=0o755)
        state = FILE | {"backend": f"file://{tmp_path / 'open'}"}
        done, told = run(tmp_path, text("on-prem", state), PULUMI_CONFIG_PASSPHRASE_FILE="/somewhere")
        assert done.returncode == 1
        assert "others may read" in done.stderr
        assert not told

    def test_vault_over_http_stops_it(self, tmp_path: Path) -> None:
        done, told = run(tmp_path, text("on-prem", VAULT), VAULT_ADDR="http://vault.internal")
        assert done.returncode == 1
        assert "over https" in done.stderr
        assert not told

    def test_a_home_is_found(self) -> None:
        assert 'mkdir -p "$HOME"/pulumi' in "\n".join(directory_step(address_of("file://~/pulumi")).lines)


class TestAzure:
    """Prevents a storage account that others read, that is copied abroad, or that opens with a shared key."""

    def test_closed_encrypted_and_in_one_place(self) -> None:
        found = text("azure", BLOB)
        for words in (
            "--location swedencentral", "--sku Standard_ZRS", "--https-only true", "--min-tls-version TLS1_2",
            "--allow-blob-public-access false", "--allow-shared-key-access false", "--enable-versioning true",
            "--encryption-key-source Microsoft.Keyvault", "--encryption-key-name state", "--enable-purge-protection true",
            "--auth-mode login --public-access off", "'Key Vault Crypto Service Encryption User'",
            "*_LRS | *_ZRS) ;;",
        ):  # fmt: skip
            assert words in found, words
        assert "GRS" not in found

    @pytest.mark.parametrize(("custody", "kind", "sku"), [("customer", "RSA", "standard"), ("hsm", "RSA-HSM", "premium")])
    def test_the_key_is_made_as_it_is_to_be_held(self, custody: str, kind: str, sku: str) -> None:
        found = text("azure", BLOB | {"key": "k"}, keys={"k": KEY | {"custody": custody, "country": "SE"}})
        assert f"--kty {kind} " in found
        assert f"--sku {sku} " in found

    def test_an_hsm_of_ones_own_and_a_version_are_not_made(self) -> None:
        for key in ("demo.managedhsm.azure.net/keys/state", f"demo.vault.azure.net/keys/state/{'a' * 32}"):
            found = text("azure", BLOB | {"secrets_provider": f"azurekeyvault://{key}"})
            assert "keyvault key create" not in found
            assert f"keyvault key show --id https://{key}" in found

    def test_without_an_account_somebodys_shell_would_decide(self) -> None:
        assert "?storage_account=NAME" in refused(region("azure", BLOB | {"backend": "azblob://state"}))

    def test_elsewhere_than_on_azure_the_place_must_be_said(self) -> None:
        factory = region("on-prem", BLOB)
        assert "--location NAME" in refused(factory)
        assert plan_backend(factory, "here", "swedencentral").place == "swedencentral"
        assert "is in SE" in refused(region("on-prem", BLOB | {"country": "DE"}), "swedencentral")


class TestOthers:
    """Prevents a backend that is open because nobody thought of it."""

    def test_google(self) -> None:
        found = text("on-prem", GCS)
        assert "--location=europe-west3 --uniform-bucket-level-access --public-access-prevention" in found
        assert "--default-encryption-key=" in found
        assert "buckets update gs://demo-state --versioning" in found
        assert "is not where the backend is" in refused(region("on-prem", GCS), "us-central1")

    def test_vault_makes_a_key_that_never_leaves(self) -> None:
        found = text("on-prem", VAULT)
        assert "vault write -f transit/keys/state exportable=false allow_plaintext_backup=false" in found
        other = text("on-prem", VAULT | {"secrets_provider": "hashivault://state?engine=factory"})
        assert "vault read factory/keys/state" in other

    def test_postgres(self) -> None:
        address = address_of("postgres://db.internal:5433/state?sslmode=verify-full")
        assert address == Address(
            "postgres://db.internal:5433/state?sslmode=verify-full", BackendKind.POSTGRES, "db.internal:5433", "state",
            {"sslmode": "verify-full"},
        )  # fmt: skip
        assert not list(address_problems(address))
        lines = "\n".join(database_step(address).lines)
        assert "createdb -h db.internal -p 5433 state" in lines
        assert "PGSSLMODE=verify-full" in lines
        assert "postgres://" not in lines

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("postgres://db.internal/state", "prove who it is"),
            ("postgres://db.internal/state?sslmode=disable", "sslmode=verify-full"),
            ("postgres://db.internal/State?sslmode=verify-full", "lower case"),
            ("postgres://me:secret@db.internal/state?sslmode=verify-full", "belong into the environment"),
            ("s3://state?endpoint=objects.internal&disableSSL=true", "on its way"),
            ("s3://state?endpoint=http://objects.internal", "on its way"),
            ("azblob://state?storage_account=a&protocol=http", "on its way"),
            ("s3://Bad_Bucket", "3 to 63"),
            ("gs://x", "3 to 63"),
        ],
    )
    def test_what_others_could_read_is_refused(self, url: str, words: str) -> None:
        problems = " ".join(str(problem) for problem in address_problems(address_of(url)))
        assert words in problems
        assert "secret" not in problems

    @pytest.mark.parametrize("url", ["awskms://$(id)", "azurekeyvault://vault/key", "gcpkms://key", "hashivault://a;b"])
    def test_keys_that_are_none(self, url: str) -> None:
        assert [problem.where for problem in provider_problems(provider_of(url))] == ["state.secrets_provider"]


class TestJurisdiction:
    """Prevents state that is declared in one country and lies in another: rules judge what is declared."""

    def test_country_of_the_bucket(self) -> None:
        assert "aws us-east-1 is in US" in refused(region("aws", S3 | {"backend": "s3://state?region=us-east-1"}))

    def test_country_of_the_key(self) -> None:
        state = S3 | {"secrets_provider": "awskms://alias/k?region=us-east-1", "key": "k"}
        assert "keys.k.country = DE: aws us-east-1 is in US" in refused(region("aws", state, keys={"k": KEY}))

    def test_a_place_that_nobody_knows(self) -> None:
        assert "use eu-central-1" in refused(region("aws", S3 | {"backend": "s3://state?region=eu-centrl-1"}))

    def test_a_region_that_nobody_said(self) -> None:
        found = refused(region("on-prem", S3))
        assert "state.backend" in found
        assert "state.secrets_provider" in found

    def test_the_place_of_a_bucket_follows_from_its_key(self) -> None:
        state = S3 | {"secrets_provider": "awskms://alias/k?region=eu-central-1"}
        assert made("on-prem", state).place == "eu-central-1"

    def test_what_stays_lies_where_the_region_is(self) -> None:
        found = made("on-prem", FILE)
        assert (found.country, found.operator, found.place) == ("DE", "self", "")


class TestDirectory:
    """Prevents a directory of state that others read, and one that is changed behind their backs."""

    def test_made_for_its_owner_alone(self, tmp_path: Path) -> None:
        address = address_of(f"file://{tmp_path}/a/b")
        assert make_directory(address) == (tmp_path / "a" / "b", True)
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
        assert make_directory(address) == (tmp_path / "a" / "b", False)

    def test_one_that_others_read_is_refused_and_left(self, tmp_path: Path) -> None:
        (tmp_path / "open").mkdir()
        (tmp_path / "open").chmod(0o755)
        with pytest.raises(AifactoryError, match="others may read"):
            make_directory(address_of(f"file://{tmp_path}/open"))
        assert (tmp_path / "open").stat().st_mode & 0o777 == 0o755

    def test_a_file_is_no_directory(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch(mode=0o600)
        with pytest.raises(AifactoryError, match="is no directory"):
            make_directory(address_of(f"file://{tmp_path}/file"))
        with pytest.raises(AifactoryError, match="cannot be made"):
            make_directory(address_of(f"file://{tmp_path}/file/below"))
