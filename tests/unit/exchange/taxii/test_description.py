import ast
import inspect
from collections.abc import Iterator

import orjson
import pytest

from allies import World, envelope, indicator
from sidelight.exchange.taxii import server
from sidelight.exchange.taxii.description import describe
from sidelight.exchange.taxii.message import MEDIA_TYPE

PATHS = describe()["paths"]
assert isinstance(PATHS, dict)
METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH")


def filled(path: str, world: World) -> str:
    if "{status}" in path:
        return path.replace("{status}", str(world.add("A", indicator(2))["id"]))
    path = path.replace("{collection}", "finds").replace("{recall}", str(indicator(1)["id"]))
    return path.replace("{object}", str(indicator(1)["id"]))


def body_of(path: str) -> bytes:
    if "recall" in path:
        return orjson.dumps({"object_id": indicator(1)["id"], "reason": "a mistake"})
    return envelope([indicator(3)])


def places() -> Iterator[tuple[str, ...]]:
    """Give the parts of the paths that the server tells apart, as its source has them."""
    for function, before in (
        (server._place, ()),
        (server._within, ("exchange", "collections", "")),
    ):
        [match] = [
            each
            for each in ast.walk(ast.parse(inspect.getsource(function)))
            if isinstance(each, ast.Match)
        ]
        for case in match.cases:
            assert isinstance(case.pattern, ast.MatchSequence)
            if not any(isinstance(each, ast.MatchStar) for each in case.pattern.patterns):
                yield before + tuple(part(each) for each in case.pattern.patterns)


def part(pattern: ast.pattern) -> str:
    match pattern:
        case ast.MatchValue(ast.Constant(str(text))):
            return text
        case ast.MatchAs(name="root"):
            return server.API_ROOT
    return ""


def fits(path: str, place: tuple[str, ...]) -> bool:
    parts = path.strip("/").split("/")
    return len(parts) == len(place) and all(
        one == two or not two for one, two in zip(parts, place, strict=True)
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_what_is_described_is_there_and_nothing_else(world: World, path: str, method: str) -> None:
    world.add("A", indicator(1))
    place = filled(path, world)
    if path.endswith("stream/") and method == "GET":
        assert world.stream("A", place, {})
        return
    if "acknowledgement" in path:
        world.ask("B", "/exchange/collections/finds/objects/")
        world.ask("A", "/exchange/recalls/", method="POST", body=body_of(path))
    asked = [("as", "own")] if "sightings" in path else []
    who = "B" if "acknowledgement" in path else "A"
    reply = world.ask(who, place, *asked, method=method, body=body_of(path))
    assert (reply.status == 405) == (method.lower() not in PATHS[path])
    # Nobody may ask what was seen before the operator prepares it.
    assert reply.status in {200, 202, 405} | ({404, 422} if "/seen/" in path else set())
    if reply.status == 405:
        assert dict(reply.headers)["Allow"] == ", ".join(each.upper() for each in PATHS[path])


def test_every_place_of_the_server_is_described() -> None:
    found = list(places())
    assert len(found) > 14
    for place in found:
        assert any(fits(path, place) for path in PATHS), place


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
