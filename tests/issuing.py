"""An issuer of bearer tokens of our own, with keys that a test made."""

import json
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key

NAME = "https://login.b.example/soc"
AUDIENCE = "https://exchange.example"
GRANTS = f"""
[[issuer]]
issuer = "{NAME}"
audience = "{AUDIENCE}"
jwks_file = "keys.json"
person = "email"
[[issuer.grant]]
claims = {{groups = "soc", "tenant.name" = "b"}}
organisation = "B"
scopes = ["read"]
[[issuer.grant]]
claims = {{groups = "publishers", "tenant.name" = "b"}}
organisation = "B"
scopes = ["write"]
[[issuer.grant]]
claims = {{groups = "auditors"}}
organisation = "A"
"""


def key_named(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})


@dataclass
class Login:
    """Signs what it is asked to sign."""

    key: Any = field(default_factory=lambda: key_named("one"))

    def keys(self, *more: Key) -> bytes:
        listed = [each.as_dict(private=False) for each in (self.key, *more)]
        return json.dumps({"keys": listed}).encode()

    def token(self, now_s: float, **changed: object) -> str:
        claims = self.claims(now_s, **changed)
        header = {"alg": "ES256", "kid": self.key.kid}
        return jwt.encode(header, claims, self.key, algorithms=["ES256"])

    def claims(self, now_s: float, **changed: object) -> dict[str, object]:
        made = {
            "iss": NAME,
            "aud": ["other", AUDIENCE],
            "sub": "4711",
            "email": "alice@b.example",
            "groups": ["soc"],
            "tenant": {"name": "b"},
            "iat": int(now_s),
            "exp": int(now_s) + 600,
            **changed,
        }
        return {name: value for name, value in made.items() if value is not None}
