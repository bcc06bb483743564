"""An event of MISP goes over a server to an ally, who has it as an event again."""

# ruff: noqa: F811 - fixtures are arguments
import json
import sys
from pathlib import Path

import pytest

from misp_events import EVENT, HASH, event, instance, uuid, whole, written

from .conftest import CommandLine
from .test_share import Served, allied, desk, pull, push, served  # noqa: F401 - fixtures

pytest.importorskip("misp_stix_converter")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="stops the server by a signal")


def made(desk: CommandLine) -> Path:
    path = written(desk.folder / "event.json", whole())
    ran = desk("share", "misp", "in", path, "-o", "event.stix.json")
    assert ran.code == 1, ran.err
    assert "1 left out: it is deleted" in ran.out.decode()
    assert "1 left out: distribution 0" in ran.out.decode()
    return desk.folder / "event.stix.json"


def attributes(document: dict[str, object]) -> dict[str, str]:
    inner = document["Event"]
    assert isinstance(inner, dict)
    return {each["uuid"]: each["value"] for each in inner["Attribute"]}


def test_an_event_arrives_as_an_event_with_what_each_may_see(served: Served) -> None:
    code, said = push(served, made(served.desk))
    assert code == 0, said
    for who, wanted in (("B", {17, 18, 19}), ("G", {17, 18})):  # the government gets green
        assert pull(served, who)
        ran = served.desk("share", "misp", "out", f"got-{who}.jsonl", "-o", f"back-{who}.json")
        assert ran.code == 0, ran.err
        found = json.loads((served.desk.folder / f"back-{who}.json").read_text())
        assert set(attributes(found)) == {uuid(each) for each in wanted}
        assert attributes(found)[uuid(17)] == HASH
        assert found["Event"]["uuid"] == EVENT
        assert "c2.attacker-site.net" not in json.dumps(found) or who == "B"


def test_a_server_of_misp_is_asked_when_it_is_named(desk: CommandLine) -> None:
    (desk.folder / "key").write_text("the-key\n")
    with instance() as (url, added):
        ran = desk(
            "share", "misp", "in", "--url", url, "--event", EVENT, "--key-file", "key",
            "-o", "event.stix.json",
        )  # fmt: skip
        assert ran.code == 1, ran.err
        ran = desk("share", "misp", "out", "event.stix.json", "--url", url, "--key-file", "key")
        assert ran.code == 0, ran.err
        [document] = added
        assert document["published"] is False
        assert str(document["distribution"]) == "0"
        assert {"name": "tlp:amber"} in document["Tag"]  # type: ignore[operator]
        (desk.folder / "wrong").write_text("another-key")
        ran = desk(
            "share", "misp", "in", "--url", url, "--event", EVENT, "--key-file", "wrong", "-o", "x"
        )
        assert (ran.code, "another-key" in ran.err, "Traceback" in ran.err) == (2, False, False)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("in", "-o", "x"), "say which events"),
        (("in", "event.json", "-o", "x", "--url", "https://misp.example"), "say which events"),
        (("in", "-o", "x", "--url", "http://misp.example", "--event", "1"), "only https"),
        (("in", "-o", "x", "--url", "https://misp.example", "--event", "1"), "a key is needed"),
        (("in", "absent.json", "-o", "x"), "cannot be read"),
        (("in", "token-A", "-o", "x"), "is no JSON"),
        (("out", "event.json"), "say where it goes"),
        (("out", "absent.json", "-o", "x"), "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(desk: CommandLine, arguments: tuple[str, ...], why: str) -> None:
    written(desk.folder / "event.json", event())
    ran = desk("share", "misp", *arguments)

    assert (ran.code, why in ran.err) == (2, True), ran.err


def test_what_may_not_leave_writes_nothing(desk: CommandLine) -> None:
    path = written(desk.folder / "event.json", event(tlp=""))
    ran = desk("share", "misp", "in", path, "-o", "event.stix.json")

    assert ran.code == 1
    assert "no TLP tag" in ran.out.decode()
    assert not (desk.folder / "event.stix.json").exists()
