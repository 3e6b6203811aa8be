"""Certificates and keys of a local control plane: every connection is TLS, every caller has a name.

Three authorities, as kubeadm has them: one for the Kubernetes API, one for etcd (so that no API client's
certificate opens the database), one for the aggregation layer. All keys are made here and stay in the instance.
"""

import base64
import datetime as dt
import ipaddress
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_DAYS: Final = 3650
_LEAF_DAYS: Final = 365
_RENEW_DAYS: Final = 30
"""A certificate with less than this left is issued anew at the next start."""

_BACKDATED: Final = dt.timedelta(minutes=5)
"""Certificates are valid from a little earlier on: a clock that is set back after they were made refuses none."""

SERVICE_RANGE: Final = "10.0.0.0/24"
"""Addresses of Services. Nothing routes them: pods do not run, their status is simulated."""

API, ETCD, FRONT_PROXY = "ca", "etcd-ca", "front-proxy-ca"

_API_NAMES: Final = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One certificate to issue.

    Attributes:
        name: its file names' stem.
        authority: who signs it.
        user: common name; for the API server it is the caller's user name.
        groups: organisations; for the API server they are the caller's groups.
        dns_names: names that it serves; none for a client.
        serves: whether a server uses it.
        calls: whether a client uses it.
    """

    name: str
    authority: str
    user: str
    groups: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()
    serves: bool = False
    calls: bool = True


LEAVES: Final[Sequence[Leaf]] = (
    Leaf("apiserver", API, "kube-apiserver", dns_names=_API_NAMES, serves=True, calls=False),
    # One member that is its own peer: etcd calls itself with the certificate it serves.
    Leaf("etcd", ETCD, "etcd", dns_names=("localhost",), serves=True),
    Leaf("apiserver-etcd-client", ETCD, "kube-apiserver-etcd-client"),
    Leaf("front-proxy-client", FRONT_PROXY, "front-proxy-client"),
    Leaf("parts", API, "aifactory-local-parts", dns_names=("localhost",), serves=True, calls=False),
    Leaf("admin", API, "aifactory-admin", groups=("system:masters",)),
    Leaf("controller-manager", API, "system:kube-controller-manager"),
    Leaf("scheduler", API, "system:kube-scheduler"),
    # KWOK sets the status of any object that a stage names, custom resources included.
    Leaf("kwok", API, "aifactory-kwok", groups=("system:masters",)),
)


@dataclass(frozen=True, slots=True)
class Pki:
    """Where the certificates and keys are.

    Attributes:
        directory: the directory of all of them.
    """

    directory: Path

    def certificate(self, name: str) -> Path:
        """Return the PEM file of the certificate of a leaf or an authority."""
        return self.directory / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Return the PEM file (0600) of its private key."""
        return self.directory / f"{name}.key"

    @property
    def account_key(self) -> Path:
        """Private key that signs the tokens of service accounts."""
        return self.directory / "service-accounts.key"

    @property
    def account_public_key(self) -> Path:
        """Public key that their tokens are verified with."""
        return self.directory / "service-accounts.pub"

    @property
    def encryption(self) -> Path:
        """EncryptionConfiguration of the API server with the key that Secrets are encrypted with in etcd."""
        return self.directory / "encryption.yaml"


def ensure(directory: Path) -> Pki:
    """Make what is missing or about to expire, keep the rest; return where everything is.

    The key of Secrets and the key of service accounts are never made again while they are there: with another one
    the objects that etcd holds could not be read.
    """
    pki = Pki(directory)
    authorities = {name: _authority(pki, name) for name in (API, ETCD, FRONT_PROXY)}
    for leaf in LEAVES:
        _leaf(pki, leaf, *authorities[leaf.authority])
    if not pki.account_key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        write_private(pki.account_public_key, public)
        write_private(pki.account_key, _private_pem(key))
    if not pki.encryption.exists():
        write_private(pki.encryption, _encryption_configuration().encode())
    return pki


def write_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, all of it or nothing."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _encryption_configuration() -> str:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return (
        "apiVersion: apiserver.config.k8s.io/v1\n"
        "kind: EncryptionConfiguration\n"
        "resources:\n"
        "- resources: [secrets]\n"
        "  providers:\n"
        f"  - secretbox: {{keys: [{{name: local, secret: {key}}}]}}\n"
    )


def _authority(pki: Pki, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    known = _load(pki, name)
    if known is not None and not _expires_soon(known[0]):
        return known
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"aifactory-local-{name}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _builder(subject, subject, key.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _save(pki, name, certificate, key)
    return certificate, key


def _leaf(pki: Pki, leaf: Leaf, issuer: x509.Certificate, issuer_key: ec.EllipticCurvePrivateKey) -> None:
    known = _load(pki, leaf.name)
    if known is not None and not _expires_soon(known[0]) and _issued_by(known[0], issuer):
        return
    key = ec.generate_private_key(ec.SECP256R1())
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in leaf.groups]
    subject = x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, leaf.user)])
    purposes = [
        *([ExtendedKeyUsageOID.SERVER_AUTH] if leaf.serves else []),
        *([ExtendedKeyUsageOID.CLIENT_AUTH] if leaf.calls else []),
    ]
    builder = (
        _builder(subject, issuer.subject, key.public_key(), _LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if leaf.serves:
        first_service = next(ipaddress.ip_network(SERVICE_RANGE).hosts())
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in leaf.dns_names]
        names += [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.IPAddress(first_service)]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    _save(pki, leaf.name, builder.sign(issuer_key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _load(pki: Pki, name: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """Return a certificate with its key; None when one is missing, damaged, or they do not belong together."""
    try:
        certificate = x509.load_pem_x509_certificate(pki.certificate(name).read_bytes())
        key = serialization.load_pem_private_key(pki.key(name).read_bytes(), password=None)
    except (OSError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        return None
    return certificate, key


def _save(pki: Pki, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write_private(pki.key(name), _private_pem(key))
    write_private(pki.certificate(name), certificate.public_bytes(serialization.Encoding.PEM))


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    # SEC 1 ("EC PRIVATE KEY"), which every part can read, Kubernetes' reader of service account keys included.
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _expires_soon(certificate: x509.Certificate) -> bool:
    left = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return left < dt.timedelta(days=_RENEW_DAYS)


def _issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
