import base64
import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from aifactory.local.controlplane import pki
from aifactory.local.controlplane.pki import API, ETCD, FRONT_PROXY, LEAVES, Leaf, Pki


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return pki.ensure(tmp_path_factory.mktemp("pki"))


def certificate(made: Pki, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate(name).read_bytes())


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


class TestAuthorities:
    """Prevents a certificate for the API from opening the database, and one authority's loss from being all's."""

    def test_there_are_three_that_know_nothing_of_each_other(self, made: Pki) -> None:
        subjects = {certificate(made, name).subject.rfc4514_string() for name in (API, ETCD, FRONT_PROXY)}
        assert len(subjects) == 3
        for name in (API, ETCD, FRONT_PROXY):
            one = certificate(made, name)
            one.verify_directly_issued_by(one)
            constraints = one.extensions.get_extension_for_class(x509.BasicConstraints)
            assert constraints.critical
            assert constraints.value.ca
            assert constraints.value.path_length == 0, "it signs leaves and no further authorities"

    @pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
    def test_each_leaf_is_signed_by_its_own_and_is_no_authority(self, leaf: Leaf, made: Pki) -> None:
        one = certificate(made, leaf.name)
        one.verify_directly_issued_by(certificate(made, leaf.authority))
        assert not one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for other in {API, ETCD, FRONT_PROXY} - {leaf.authority}:
            with pytest.raises(ValueError, match="Issuer"):
                one.verify_directly_issued_by(certificate(made, other))


class TestLeaves:
    """Prevents a caller with a name or a group that RBAC knows as somebody else."""

    @pytest.mark.parametrize(
        ("name", "user", "groups"),
        [
            ("admin", "aifactory-admin", ["system:masters"]),
            ("controller-manager", "system:kube-controller-manager", []),
            ("scheduler", "system:kube-scheduler", []),
            ("kwok", "aifactory-kwok", ["system:masters"]),
            ("front-proxy-client", "front-proxy-client", []),
        ],
    )
    def test_names_and_groups_are_those_that_kubernetes_grants_to(
        self, name: str, user: str, groups: list[str], made: Pki
    ) -> None:
        subject = certificate(made, name).subject
        assert [one.value for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == [user]
        assert [one.value for one in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == groups

    @pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.name)
    def test_a_client_s_certificate_cannot_serve_and_a_server_s_cannot_call_unless_it_must(
        self, leaf: Leaf, made: Pki
    ) -> None:
        usage = certificate(made, leaf.name).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert (ExtendedKeyUsageOID.SERVER_AUTH in usage) == leaf.serves
        assert (ExtendedKeyUsageOID.CLIENT_AUTH in usage) == leaf.calls
        assert leaf.serves != leaf.calls or leaf.name == "etcd"

    def test_the_api_server_serves_its_names_and_loopback(self, made: Pki) -> None:
        names = certificate(made, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)
        assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "10.0.0.1"]

    def test_openssl_takes_them(self, made: Pki) -> None:
        for leaf in LEAVES:
            context = ssl.create_default_context(cafile=str(made.certificate(leaf.authority)))
            context.load_cert_chain(made.certificate(leaf.name), made.key(leaf.name))

    def test_a_clock_that_is_set_back_a_little_refuses_none(self, made: Pki) -> None:
        now = dt.datetime.now(dt.UTC)
        assert certificate(made, "admin").not_valid_before_utc < now - dt.timedelta(minutes=4)


class TestKept:
    """Prevents a start that changes keys: kubeconfigs in use would break, and stored Secrets be lost."""

    def test_a_second_time_changes_nothing(self, tmp_path: Path) -> None:
        pki.ensure(tmp_path)
        before = contents(tmp_path)
        pki.ensure(tmp_path)
        assert contents(tmp_path) == before

    def test_what_is_about_to_expire_is_issued_anew_and_nothing_else(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pki, "_LEAF_DAYS", 20)
        pki.ensure(tmp_path)
        before = contents(tmp_path)
        monkeypatch.undo()
        made = pki.ensure(tmp_path)
        after = contents(tmp_path)
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {f"{leaf.name}.{kind}" for leaf in LEAVES for kind in ("crt", "key")}
        assert certificate(made, "admin").not_valid_after_utc > dt.datetime.now(dt.UTC) + dt.timedelta(days=300)

    @pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
    @pytest.mark.parametrize("file", ["admin.crt", "admin.key"])
    def test_a_damaged_file_is_made_anew(self, file: str, damage: bytes, tmp_path: Path) -> None:
        made = pki.ensure(tmp_path)
        (tmp_path / file).write_bytes(damage)
        pki.ensure(tmp_path)
        certificate(made, "admin").verify_directly_issued_by(certificate(made, API))

    def test_a_key_of_another_certificate_is_noticed(self, tmp_path: Path) -> None:
        made = pki.ensure(tmp_path)
        made.key("admin").write_bytes(made.key("scheduler").read_bytes())
        pki.ensure(tmp_path)
        assert made.key("admin").read_bytes() != made.key("scheduler").read_bytes()

    def test_a_new_authority_has_its_leaves_issued_anew(self, tmp_path: Path) -> None:
        made = pki.ensure(tmp_path)
        before = contents(tmp_path)
        made.key(API).unlink()
        pki.ensure(tmp_path)
        certificate(made, "admin").verify_directly_issued_by(certificate(made, API))
        after = contents(tmp_path)
        assert after["etcd.crt"] == before["etcd.crt"]
        assert after["encryption.yaml"] == before["encryption.yaml"]
        assert after["service-accounts.key"] == before["service-accounts.key"]


class TestPrivate:
    """Prevents other users of the machine from reading a key, at any moment of its life."""

    def test_every_file_is_for_its_owner_alone(self, made: Pki) -> None:
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.directory.iterdir()}
        assert set(modes.values()) == {0o600}

    def test_a_file_is_written_whole_or_not_at_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        target = tmp_path / "key"
        pki.write_private(target, b"old")

        def fail(*_: object) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            pki.write_private(target, b"new")
        assert target.read_bytes() == b"old"
        assert [path.name for path in tmp_path.iterdir()] == ["key"]

    def test_secrets_are_encrypted_with_a_key_of_this_instance(self, made: Pki, tmp_path: Path) -> None:
        def key(one: Pki) -> bytes:
            document = yaml.safe_load(one.encryption.read_text())
            assert document["resources"][0]["resources"] == ["secrets"]
            (provider,) = document["resources"][0]["providers"]
            return base64.b64decode(provider["secretbox"]["keys"][0]["secret"])

        assert len(key(made)) == 32
        assert key(made) != key(pki.ensure(tmp_path))

    def test_accounts_are_signed_with_the_key_that_verifies_them(self, made: Pki) -> None:
        private = serialization.load_pem_private_key(made.account_key.read_bytes(), password=None)
        public = serialization.load_pem_public_key(made.account_public_key.read_bytes())
        assert private.public_key() == public
