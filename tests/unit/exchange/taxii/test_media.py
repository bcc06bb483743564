"""TAXII 2.1, sections 1.6.8 and 3.1."""

import pytest

from sidelight.exchange.taxii.media import check_accept, check_content_type
from sidelight.exchange.taxii.message import Refused


@pytest.mark.parametrize(
    "accept",
    [
        "application/taxii+json;version=2.1",
        "application/taxii+json; version=2.1",
        'application/taxii+json;version="2.1"',
        "application/taxii+json",
        "APPLICATION/TAXII+JSON;VERSION=2.1",
        "*/*",
        "application/*",
        "application/taxii+json;version=2.1,application/stix+json;version=2.1",
        "application/stix+json;version=2.1 , application/taxii+json;q=0.3",
        "application/taxii+json;version=2.0, */*;q=0.1",
        "",
        None,
    ],
)
def test_3_1_a_defined_media_type_is_never_not_acceptable(accept: str | None) -> None:
    check_accept(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json",
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json",
        "application/taxii+json;q=0",
        "application/stix+json;version=2.1",
        ";;;",
    ],
)
def test_3_1_what_is_not_served_is_not_acceptable(accept: str) -> None:
    with pytest.raises(Refused) as refused:
        check_accept(accept)
    assert refused.value.status == 406


@pytest.mark.parametrize(
    "kind",
    ["application/taxii+json;version=2.1", "application/taxii+json", "Application/TAXII+json"],
)
def test_3_1_a_defined_content_type_is_never_unsupported(kind: str) -> None:
    check_content_type(kind)


@pytest.mark.parametrize("kind", [None, "", "application/json", "application/taxii+json;version=1"])
def test_3_1_another_content_type_is_unsupported(kind: str | None) -> None:
    with pytest.raises(Refused) as refused:
        check_content_type(kind)
    assert refused.value.status == 415
