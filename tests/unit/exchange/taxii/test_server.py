"""TAXII 2.1, chapters 3 to 5: who may go where, and what each place says."""

import pytest

from allies import (
    BOTH,
    NOW,
    TAXII,
    TRILATERAL,
    World,
    envelope,
    indicator,
    objects,
    parsed,
)
from sidelight.exchange import instants
from sidelight.exchange.shelf import Caller
from sidelight.exchange.taxii.message import Stream

ROOT = "/exchange/"
PLACES = (
    "/taxii2/",
    ROOT,
    ROOT + "collections/",
    ROOT + "collections/finds/",
    ROOT + "collections/finds/manifest/",
    ROOT + "collections/finds/objects/",
)


@pytest.mark.parametrize("path", [*PLACES, "/", "/elsewhere/", ROOT + "status/1/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_1_6_9_without_authentication_it_is_401_everywhere(
    world: World, path: str, method: str
) -> None:
    reply = world.ask(None, path, method=method)
    assert reply.status == 401
    assert dict(reply.headers)["WWW-Authenticate"].startswith("Bearer")
    assert parsed(reply)["http_status"] == "401"


def test_who_gave_a_token_is_not_asked_for_one(world: World) -> None:
    none, wrong = (
        world.ask(None, "/taxii2/", headers=each) for each in ({}, {"authorization": "Bearer x"})
    )
    assert "a token is needed" in str(parsed(none)["title"]) + str(parsed(none).get("description"))
    said = str(parsed(wrong)["title"]) + str(parsed(wrong).get("description"))
    assert "the token is not known, or no longer valid" in said


@pytest.mark.parametrize(
    ("path", "method", "query", "status"),
    [
        ("/nowhere/", "GET", (), 404),
        ("/exchange/collections/finds/objects/indicator--\0/", "GET", (), 404),
        (ROOT + "collections/finds/", "POST", (), 405),
        (ROOT + "collections/finds/objects/", "GET", (("limit", "0"),), 400),
        (ROOT + "collections/other/", "GET", (), 404),
        (ROOT + "collections/finds/objects/indicator--x/", "GET", (), 404),
    ],
)
def test_3_6_1_an_error_has_a_title_and_a_string_http_status(
    world: World, path: str, method: str, query: tuple[tuple[str, str], ...], status: int
) -> None:
    reply = world.ask("A", path, *query, method=method)
    error = parsed(reply)
    assert reply.status == status
    assert error["http_status"] == str(status)
    assert error["title"]
    assert set(error) <= {"title", "description", "http_status"}


@pytest.mark.parametrize("path", PLACES)
def test_3_1_accept_is_looked_at_everywhere(world: World, path: str) -> None:
    for accept, status in (("text/html", 406), ("application/taxii+json", 200), ("*/*", 200)):
        assert world.ask("A", path, headers={"accept": accept}).status == status
    assert world.ask("A", path, headers={}).status == 200


@pytest.mark.parametrize("path", PLACES)
def test_3_1_the_slash_at_the_end_may_be_left_out(world: World, path: str) -> None:
    assert world.ask("A", path.rstrip("/")).status == 200


@pytest.mark.parametrize("path", PLACES)
def test_a_head_is_a_get_without_its_body(world: World, path: str) -> None:
    got, head = world.ask("A", path), world.ask("A", path, method="HEAD")
    assert (head.status, head.headers, head.body) == (got.status, got.headers, b"")


def test_4_1_discovery_names_relative_roots_and_a_default_among_them(world: World) -> None:
    found = parsed(world.ask("A", "/taxii2/"))
    assert found["title"]
    roots = found["api_roots"]
    assert isinstance(roots, list)
    assert found["default"] in roots
    assert all(one.startswith("/") and not one.startswith("//") for one in roots)


def test_4_2_the_api_root_says_its_versions_and_how_much_it_takes(world: World) -> None:
    found = parsed(world.ask("A", ROOT))
    assert found["versions"] == [TAXII]
    assert found["max_content_length"] == 10 << 20


def test_4_3_a_status_is_given_to_who_asked_for_it_and_to_nobody_else(world: World) -> None:
    status = world.add("A", indicator())
    path = f"{ROOT}status/{status['id']}/"
    assert parsed(world.ask("A", path)) == status
    assert world.ask("B", path).status == 404
    assert world.ask("A", ROOT + "status/2d086da7-4bdc-4f91-900e-d77486753710/").status == 404


def test_4_3_a_status_is_kept_for_a_day_at_least_and_not_for_ever(world: World) -> None:
    path = f"{ROOT}status/{world.add('A', indicator(1))['id']}/"
    world.now += 86_400 * 1_000_000
    world.add("A", indicator(2))
    assert world.ask("A", path).status == 200
    world.now += 7 * 86_400 * 1_000_000
    world.add("A", indicator(3))
    assert world.ask("A", path).status == 404


def test_5_1_only_collections_of_ones_own_are_listed_in_one_order(world: World) -> None:
    found = parsed(world.ask("A", ROOT + "collections/"))
    assert found == parsed(world.ask("A", ROOT + "collections/"))
    (only,) = found["collections"]  # type: ignore[misc]
    assert only["title"] == "Finds"
    assert (only["can_read"], only["can_write"]) == (True, True)
    assert only["media_types"] == [
        "application/stix+json;version=2.1",
        "application/stix+json;version=2.0",
    ]


def test_5_1_1_without_collections_the_key_is_left_out(world: World) -> None:
    stranger = Caller("not registered", "somebody", BOTH)
    assert parsed(world.ask(stranger, ROOT + "collections/")) == {}


def test_5_2_a_client_of_a_member_reads_and_does_not_write(world: World) -> None:
    found = parsed(world.ask("C", ROOT + "collections/finds/"))
    assert (found["can_read"], found["can_write"]) == (True, False)


def test_5_2_a_collection_is_found_by_its_id_as_by_its_alias(world: World) -> None:
    found = parsed(world.ask("A", ROOT + "collections/finds/"))
    assert parsed(world.ask("A", f"{ROOT}collections/{found['id']}/")) == found


@pytest.mark.parametrize(
    ("scopes", "get", "post", "delete"),
    [
        (frozenset(), 404, 404, 404),
        (frozenset({"read"}), 200, 403, 403),
        (frozenset({"write"}), 403, 202, 403),
        (BOTH, 200, 202, 200),
    ],
)
def test_5_3_5_4_5_5_5_7_rights_decide_what_is_forbidden_and_what_is_not_there(
    world: World, scopes: frozenset[str], get: int, post: int, delete: int
) -> None:
    world.add("A", indicator())
    caller = world.caller("A", scopes)
    path = objects() + str(indicator()["id"]) + "/"
    for place in (objects(), ROOT + "collections/finds/manifest/", path, path + "versions/"):
        assert world.ask(caller, place).status == get
    body = envelope([indicator(2)])
    assert world.ask(caller, objects(), method="POST", body=body).status == post
    assert world.ask(caller, path, method="DELETE").status == delete


def test_5_7_a_client_that_may_not_delete_is_told_so(world: World) -> None:
    world.add("A", indicator())
    path = objects() + str(indicator()["id"]) + "/"
    assert world.ask("B", path, method="DELETE").status == 403


def test_3_1_a_method_that_is_not_for_here_says_which_are(world: World) -> None:
    reply = world.ask("A", objects(), method="PUT")
    assert reply.status == 405
    assert dict(reply.headers)["Allow"] == "GET, POST"


def test_a_collection_of_others_is_as_one_that_is_not(world: World) -> None:
    world.add("X", indicator(9), to="other")
    there = world.ask("A", ROOT + "collections/other/")
    nowhere = world.ask("A", ROOT + "collections/nothing/")
    assert there == nowhere
    assert world.ask("A", objects("other"), method="POST", body=b"{}") == world.ask(
        "A", objects("nothing"), method="POST", body=b"{}"
    )


def test_a_stream_is_only_for_who_may_read(world: World) -> None:
    path = ROOT + "collections/finds/stream/"
    wanted = Stream(world.register.collections[0].id, NOW)
    head = {"last-event-id": "2027-01-15T08:00:00.000000Z", "accept": "text/event-stream"}
    assert world.stream("A", path, head) == wanted
    for head_ in (head, {**head, "last-event-id": "1970-01-01T00:00:00.000000Z"}):
        resumed = world.stream("A", path, head_, ("from", "now"))
        assert resumed == Stream(wanted.collection, instants.read(head_["last-event-id"]) or 0)
    bad = world.stream("A", path, {"last-event-id": "7"})
    assert not isinstance(bad, Stream)
    assert bad.status == 400
    refused = world.stream("X", path, head)
    assert not isinstance(refused, Stream)
    assert refused.status == 404


def test_preview_names_whom_the_sender_may_know_and_keeps_nothing(world: World) -> None:
    hidden = TRILATERAL.replace('members = ["A", "B", "G"]', 'members = ["A", "G"]\nhidden = ["B"]')
    world.apply(hidden)
    body = envelope([indicator(1, "amber"), indicator(2, None)])
    path = ROOT + "collections/finds/preview/"
    reply = world.ask("A", path, method="POST", body=body)
    verdicts = parsed(reply)["verdicts"]
    assert isinstance(verdicts, list)
    told = {one.get("recipient"): (one["allow"], one["rule"]) for one in verdicts}
    assert told == {
        "A": (True, "own"),
        "C": (True, "amber-to-client"),
        "G": (False, "circle-ceiling"),
        "whoever is hidden from you": (True, "may-reach-hidden"),
        None: (False, "unmarked"),
    }
    assert world.ask("A", objects()).body == b"{}"


def test_a_stream_from_now_on_begins_after_what_one_sees_and_tells_of_nothing_else(
    world: World,
) -> None:
    path, place = ROOT + "collections/finds/stream/", world.register.collections[0]

    def begins(who: str) -> int:
        found = world.stream(who, path, {}, ("from", "now"))
        assert isinstance(found, Stream)
        assert found.collection == place.id
        return found.after

    assert [begins(who) for who in ("A", "B", "G")] == [0, 0, 0]
    world.add("A", indicator(1, "green"))
    first = begins("G")
    assert first == begins("B") == NOW
    world.now -= 10**9  # a clock that goes back makes nothing that comes older
    world.add("A", indicator(2, "amber"))
    assert (begins("G"), begins("B")) == (first, first + 1)
    world.add("A", indicator(3, "amber"), to="finds")
    assert begins("G") == first, "what is not for it moves nothing"
