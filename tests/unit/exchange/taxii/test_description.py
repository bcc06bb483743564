import orjson
import pytest

from allies import World, envelope, indicator
from sidelight.exchange.taxii.description import describe
from sidelight.exchange.taxii.message import MEDIA_TYPE

PATHS = describe()["paths"]
assert isinstance(PATHS, dict)
METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH")


def filled(path: str, world: World) -> str:
    if "{status}" in path:
        return path.replace("{status}", str(world.add("A", indicator(2))["id"]))
    return path.replace("{collection}", "finds").replace("{object}", str(indicator(1)["id"]))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_described_is_there_and_nothing_else(world: World, path: str, method: str) -> None:
    world.add("A", indicator(1))
    place = filled(path, world)
    if path.endswith("stream/") and method == "GET":
        assert world.stream("A", place, {})
        return
    reply = world.ask("A", place, method=method, body=envelope([indicator(3)]))
    assert (reply.status == 405) == (method.lower() not in PATHS[path])
    # Nobody may ask what was seen before the operator prepares it.
    assert reply.status in {200, 202, 405} | ({404, 422} if "/seen/" in path else set())
    if reply.status == 405:
        assert dict(reply.headers)["Allow"] == ", ".join(each.upper() for each in PATHS[path])


def test_every_reference_leads_somewhere() -> None:
    text = orjson.dumps(describe()).decode()
    schemas = describe()["components"]["schemas"]  # type: ignore[index]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(schemas)


def test_every_operation_says_what_is_refused_and_how() -> None:
    for path, some in PATHS.items():
        for method, operation in some.items():
            replies = operation["responses"]
            assert {"401", "406", "429", "503"} <= set(replies), (path, method)
            for status, reply in replies.items():
                if int(status) >= 400:
                    assert set(reply["content"]) == {MEDIA_TYPE}
