import pytest

from sidelight.intel.publishers import publisher_of


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.securelist.com/a", "Kaspersky"),
        ("https://unit42.paloaltonetworks.com/x", "Palo Alto Networks"),
        ("https://web.archive.org/web/20200101000000/https://www.fireeye.com/x", "Google"),
        ("https://blog.nobody.example/x", "blog.nobody.example"),
        ("https://notsecurelist.com/", "notsecurelist.com"),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_hosts_of_one_house_are_one_publisher(url: str, publisher: str) -> None:
    assert publisher_of(url) == publisher
