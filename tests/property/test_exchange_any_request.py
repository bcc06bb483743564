"""Whatever is asked, there is one answer, it is TAXII, and it is never that the server failed."""

import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allies import TAXII, World, indicator, open_world
from examples import examples

PARTS = ("taxii2", "exchange", "collections", "finds", "other", "objects", "manifest", "versions")
paths = st.lists(
    st.one_of(st.sampled_from((*PARTS, "status", "preview", str(indicator(1)["id"]))), st.text()),
    max_size=6,
).map(lambda parts: "/" + "/".join(parts))
values = st.one_of(
    st.sampled_from(["1", "all", "last,first", "2026-01-01T00:00:00Z", "' OR 1=1 --", "\0"]),
    st.text(max_size=20),
)
queries = st.lists(
    st.tuples(
        st.sampled_from(
            ["limit", "next", "added_after", "match[id]", "match[type]", "match[version]", "x"]
        ),
        values,
    ),
    max_size=3,
).map(tuple)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
jsons = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
# One edit away from what is good: each property of a good object with any value.
items = st.builds(
    lambda name, value: {**indicator(1), name: value},
    st.sampled_from([*indicator(1), "granular_markings", "labels", "created_by_ref", "revoked"]),
    jsons,
)
bodies = st.one_of(
    st.binary(max_size=40),
    jsons.map(lambda value: json.dumps({"objects": [value]}).encode()),
    st.lists(items, max_size=3).map(lambda some: json.dumps({"objects": some}).encode()),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("any")
    made = open_world(path)
    made.add("A", indicator(1))
    yield made
    made.library.engine.dispose()


@examples(100)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD"]),
    path=paths,
    query=queries,
    accept=st.one_of(st.just(TAXII), st.text(max_size=30)),
    body=bodies,
    who=st.sampled_from(["A", "B", "X"]),
)
def test_any_request_is_answered(
    world: World,
    method: str,
    path: str,
    query: tuple[tuple[str, str], ...],
    accept: str,
    body: bytes,
    who: str,
) -> None:
    headers = {"accept": accept, "content-type": TAXII}
    reply = world.ask(who, path, *query, method=method, body=body, headers=headers)
    assert 200 <= reply.status < 500
    if method != "HEAD" and reply.body:
        said = orjson.loads(reply.body)
        assert isinstance(said, dict)
        if reply.status >= 400:
            assert said["http_status"] == str(reply.status)


@examples(100)
@given(body=bodies, path=st.sampled_from(["objects", "preview"]))
def test_any_body_is_taken_or_refused_in_words(world: World, body: bytes, path: str) -> None:
    place = f"/exchange/collections/finds/{path}/"
    reply = world.ask("A", place, method="POST", body=body)
    assert reply.status in {200, 202, 422}
    if reply.status == 202:
        status = orjson.loads(reply.body)
        assert status["total_count"] == status["success_count"] + status["failure_count"]
    assert b"number 1" in world.ask("B", "/exchange/collections/finds/objects/").body
