"""An authority of our own, which signs whatever a test asks it to sign."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption())


@dataclass
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def write(self, path: Path) -> Path:
        path.write_bytes(self.pem.encode() + pem_of(self.key))
        return path


@dataclass
class Authority:
    """Signs certificates, and says which it takes back."""

    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    called: str = "an authority"

    @property
    def own(self) -> Signed:
        now = datetime.now(UTC)
        made = self._builder(self.called, now - DAY, now + DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        key = self.key.public_key()
        made = made.public_key(key).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key), critical=False
        )
        return Signed(made.sign(self.key, hashes.SHA256()), self.key)

    def sign(
        self,
        called: str = "somebody",
        *names: x509.GeneralName,
        begins: timedelta = -DAY,
        ends: timedelta = DAY,
    ) -> Signed:
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        made = self._builder(called, now + begins, now + ends).public_key(key.public_key())
        if names:
            more = x509.SubjectAlternativeName(names)
            made = made.add_extension(more, critical=False)
        return Signed(made.sign(self.key, hashes.SHA256()), key)

    def taken_back(self, *certificates: Signed, ends: timedelta = DAY) -> bytes:
        now = datetime.now(UTC)
        made = x509.CertificateRevocationListBuilder().issuer_name(name(self.called))
        made = made.last_update(now - 2 * DAY).next_update(now + ends)
        for each in certificates:
            entry = x509.RevokedCertificateBuilder().revocation_date(now - DAY)
            serial = each.certificate.serial_number
            made = made.add_revoked_certificate(entry.serial_number(serial).build())
        return made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _builder(self, called: str, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(name(called))
        made = made.issuer_name(name(self.called)).serial_number(x509.random_serial_number())
        return made.not_valid_before(begins).not_valid_after(ends)
