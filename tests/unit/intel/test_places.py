import pytest

from sidelight.intel.places import country_code, country_name
from sidelight.intel.sectors import sector_named


@pytest.mark.parametrize(
    ("name", "code"),
    [("South Korea", "KR"), ("the philippines", "PH"), ("Viet  Nam", "VN"), ("Asia", "")],
)
def test_countries_are_known_by_the_names_that_reports_use(name: str, code: str) -> None:
    assert country_code(name) == code


def test_every_code_has_a_name_and_unknown_ones_name_themselves() -> None:
    assert country_name("kr") == "South Korea"
    assert country_name("XX") == "XX"


def test_sectors_are_spelled_as_stix_does() -> None:
    assert {sector_named(each) for each in ("Telecoms", "telecomms", "Telecommunications")} == {
        "telecommunications"
    }
    assert sector_named("Religious  organization") == "religious-organization"
