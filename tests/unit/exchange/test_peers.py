import pytest

from sidelight.errors import UsageError
from sidelight.exchange.peers import Peer, Peers, Way, read_peers

GOOD = """
us = "Operator A"
[[peer]]
name = "cert"
organisation = "CERT"
url = "https://cert.example/taxii2/"
token_file = "cert.token"
pull = [{theirs = "finds", ours = "from-cert"}]
[[peer]]
name = "other"
organisation = "Other"
url = "https://other.example/api/"
token_env = "OTHER_TOKEN"
user = "us"
ca = "ca.pem"
push = [{theirs = "in", ours = "finds"}, {theirs = "in", ours = "more"}]
"""


def test_peers_are_read() -> None:
    found = read_peers(GOOD, where="x")
    cert = Peer("cert", "CERT", "https://cert.example/taxii2/", "cert.token",
                pull=(Way("finds", "from-cert"),))  # fmt: skip
    other = Peer("other", "Other", "https://other.example/api/", "", "OTHER_TOKEN", "us", "ca.pem",
                 push=(Way("in", "finds"), Way("in", "more")))  # fmt: skip
    assert found == Peers("Operator A", (cert, other))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('us = "Operator A"', "", "which organisation we are"),
        ('us = "Operator A"', "us = 1", "which organisation we are"),
        ('name = "other"', 'name = "cert"', "more than once"),
        ("[[peer]]", "[[pear]]", "unknown key 'pear'"),
        ("token_file", "token", "unknown key 'token'"),
        ('token_file = "cert.token"', "", "one of token_file and token_env"),
        ('user = "us"', 'token_file = "x"', "one of token_file and token_env"),
        ('url = "https://cert.example/taxii2/"', "", "url is missing"),
        ('pull = [{theirs = "finds", ours = "from-cert"}]', "", "neither pulls nor pushes"),
        ('theirs = "finds"', "theirs = 1", "pull is no list of ways"),
        ('theirs = "finds", ', "", "pull is no list of ways"),
        ('theirs = "finds", ', 'theirs = "finds", x = 1, ', "pull is no list of ways"),
        ("[{", "{", "is no TOML"),
    ],
)
def test_what_is_wrong_is_said(old: str, new: str, why: str) -> None:
    assert old in GOOD
    with pytest.raises(UsageError, match=why):
        read_peers(GOOD.replace(old, new), where="x")


def test_no_peers_at_all_is_said() -> None:
    with pytest.raises(UsageError, match="names no peers"):
        read_peers('us = "A"', where="x")
