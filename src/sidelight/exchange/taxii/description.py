"""What the server answers, as a description that programs read (OpenAPI 3.1).

It says what chapters 4 and 5 of TAXII 2.1 say, and the extensions of this server.
"""

from collections.abc import Mapping
from typing import Final, get_args

from sidelight.exchange.query import DEFAULT_LIMIT
from sidelight.exchange.recall import LONGEST_TEXT, State
from sidelight.exchange.sighting import NAMES, REACHES
from sidelight.exchange.taxii.message import MEDIA_TYPE, Json
from sidelight.exchange.taxii.query import LARGEST_LIMIT
from sidelight.exchange.taxii.recalling import LONGEST_HOURS
from sidelight.exchange.taxii.seen import METHODS

_ROOM: Final = "/exchange/collections/{collection}/"
_OBJECT: Final = _ROOM + "objects/{object}/"
_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_TIME: Final = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,40})?Z$",
    "examples": ["2026-01-31T08:00:00.000000Z"],
}
_WHY: Final = {
    200: "what was asked for",
    202: "settled: what became of each object",
    400: "a parameter is malformed, or a cursor was not made for this request",
    401: "say who you are",
    403: "your rights do not allow it",
    404: "it is not there, or not for you",
    405: "this method is not for here",
    406: "what is served is not accepted",
    408: "the body came too slowly",
    413: "the body is too large",
    415: "the body is not said to be TAXII 2.1",
    422: "the body is no envelope of objects",
    429: "too much was asked for; Retry-After says when to come back",
    503: "the server is busy; Retry-After says when to come back",
}
_ALWAYS: Final = (401, 406, 429, 503)


def describe() -> Json:
    """Give the description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sidelight exchange",
            "summary": "TAXII 2.1; previews, streams, sightings, recalls and more as extensions.",
            "version": "2.1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"bearer": []}, {"basic": []}, {"certificate": []}],
        "paths": _PATHS,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
                "certificate": {"type": "mutualTLS"},
            },
            "schemas": _SCHEMAS,
        },
    }


def _object(required: str, **properties: object) -> Json:
    named = {"required": required.split()} if required else {}
    return {"type": "object", "properties": properties, **named}


def _list(items: object) -> Json:
    """Empty lists are left out (section 2)."""
    return {"type": "array", "minItems": 1, "items": items}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_SAID: Final = {"type": "string", "maxLength": LONGEST_TEXT, "pattern": r"\S"}
_RECALLED: Final = {
    "id": {"type": "string", "format": "uuid"},
    "object_id": _TEXT,
    "recalled_at": _TIME,
    "acknowledge_by": _TIME,
    "reason": _TEXT,
    "erased": {"type": "boolean"},
    "again": {"type": "boolean"},
}
_STATE: Final = {
    "state": {"enum": list(get_args(State))},
    "acknowledged_at": _TIME,
    "acknowledged_by": _TEXT,
    "done": _TEXT,
}
_RECIPIENTS: Final = {
    "type": "array",
    "items": _object("organisation state", organisation=_TEXT, told_at=_TIME, **_STATE),
}
_RECEIPT: Final = _object("id version", id=_TEXT, version=_TEXT, message=_TEXT)
_MORE: Final = {"more": {"type": "boolean"}, "next": _TEXT}
_SCHEMAS: Final[Mapping[str, Json]] = {
    "error": _object("title http_status", title=_TEXT, description=_TEXT, http_status=_TEXT),
    "discovery": _object(
        "title", title=_TEXT, contact=_TEXT, default=_TEXT, api_roots=_list(_TEXT)
    ),
    "api-root": _object(
        "title versions max_content_length",
        title=_TEXT, versions=_list(_TEXT), max_content_length=_COUNT,
    ),
    "collection": _object(
        "id title can_read can_write",
        id={"type": "string", "format": "uuid"}, title=_TEXT, description=_TEXT, alias=_TEXT,
        can_read={"type": "boolean"}, can_write={"type": "boolean"}, media_types=_list(_TEXT),
    ),
    "collections": _object("", collections=_list(_ref("collection"))),
    "envelope": _object("", **_MORE, objects=_list({"type": "object"})),
    "manifest": _object(
        "",
        **_MORE,
        objects=_list(
            _object(
                "id date_added version",
                id=_TEXT, date_added=_TIME, version=_TEXT, media_type=_TEXT,
            )
        ),
    ),
    "versions": _object("", **_MORE, versions=_list(_TEXT)),
    "status": _object(
        "id status total_count success_count failure_count pending_count",
        id={"type": "string", "format": "uuid"}, status={"enum": ["complete", "pending"]},
        request_timestamp=_TIME, total_count=_COUNT, success_count=_COUNT, failure_count=_COUNT,
        pending_count=_COUNT, successes=_list(_RECEIPT), failures=_list(_RECEIPT),
    ),
    "seen": _object(""),
    "recall": _object(
        "object_id reason",
        object_id=_SAID, reason=_SAID, erase={"type": "boolean"},
        hours={"type": "integer", "minimum": 1, "maximum": LONGEST_HOURS},
    ),
    "acknowledgement": _object("", done={"type": "string", "maxLength": LONGEST_TEXT}),
    "notices": _object(
        "",
        more={"type": "boolean"},
        recalls=_list(
            _object(
                "id object_id versions recalled_at acknowledge_by reason erased state",
                **_RECALLED, versions=_list(_TEXT), **_STATE,
            )
        ),
    ),
    "account": _object("id object_id recalled_at recipients", **_RECALLED, recipients=_RECIPIENTS),
    "accounts": _object("", recalls=_list(_ref("account"))),
    "verdicts": _object(
        "verdicts",
        verdicts={
            "type": "array",
            "items": _object(
                "id allow rule why",
                id=_TEXT, recipient=_TEXT, allow={"type": "boolean"}, rule=_TEXT, why=_TEXT,
            ),
        },
    ),
}  # fmt: skip


def _parameter(name: str, what: str, schema: Json, place: str = "query") -> Json:
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "description": what, "schema": schema, **required}


_COLLECTION_ID: Final = _parameter("collection", "its id or alias", _TEXT, "path")
_OBJECT_ID: Final = _parameter("object", "the id of an object", _TEXT, "path")
_SPEC_VERSION: Final = _parameter(
    "match[spec_version]", "versions of STIX, with commas between",
    {"type": "string", "pattern": r"^\d{1,3}\.\d{1,3}(,\d{1,3}\.\d{1,3})*$"},
)  # fmt: skip
_VERSION: Final = _parameter(
    "match[version]", "first, last, or timestamps, with commas between; or all", _TEXT
)
_PAGE: Final = (
    _parameter("added_after", "only what was added later", _TIME),
    _parameter(
        "limit", f"objects of a page, {LARGEST_LIMIT} at most",
        {"type": "integer", "minimum": 1, "maximum": 10**18 - 1, "default": DEFAULT_LIMIT},
    ),
    _parameter("next", "where the page before ended", _TEXT),
)  # fmt: skip
_FILTERS: Final = (
    _parameter("match[id]", "ids, with commas between", _TEXT),
    _parameter("match[type]", "types, with commas between", _TEXT),
    _SPEC_VERSION,
    _VERSION,
)


def _operation(  # noqa: PLR0913 - all that a method has
    summary: str,
    schema: str,
    *parameters: Json,
    refusals: tuple[int, ...] = (),
    status: int = 200,
    body: str = "",
    instead: str = "",
) -> Json:
    """Describe a method of a place; *instead* is what 200 gives where *status* is another."""
    good = {"description": _WHY[status]}
    found: dict[str, Json] = {str(status): {**good, **_content(schema), **_headers(schema)}}
    if instead:
        found["200"] = {"description": _WHY[200], **_content(instead)}
    for each in sorted({*_ALWAYS, *refusals}):
        said = {"description": _WHY[each], **_content("error")}
        found[str(each)] = {**said, **_headers(str(each))}
    sent = {"requestBody": {"required": True, **_content(body)}} if body else {}
    return {"summary": summary, "parameters": list(parameters), **sent, "responses": found}


def _content(schema: str) -> Json:
    match schema:
        case "":
            return {}
        case "events":
            return {"content": {"text/event-stream": {"schema": _TEXT}}}
    return {"content": {MEDIA_TYPE: {"schema": _ref(schema)}}}


def _headers(name: str) -> Json:
    """Give the headers of what a schema, or a status, stands for."""
    names = {
        "401": ("WWW-Authenticate",),
        "429": ("Retry-After",),
        "503": ("Retry-After",),
        **dict.fromkeys(("envelope", "manifest", "versions"), _DATES),
    }.get(name, ())
    said = {each: {"required": True, "schema": _TEXT} for each in names}
    return {"headers": said} if said else {}


_DATES: Final = ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last")
_SENT: Final = (403, 404, 408, 413, 415, 422)
_READ: Final = (400, 403, 404)
_PATHS: Final[Mapping[str, Mapping[str, Json]]] = {
    "/taxii2/": {"get": _operation("Discovery (section 4.1)", "discovery")},
    "/exchange/": {"get": _operation("The API root (section 4.2)", "api-root")},
    "/exchange/status/{status}/": {
        "get": _operation(
            "What became of a request (section 4.3)", "status",
            _parameter("status", "its id", _TEXT, "path"), refusals=(404,),
        )
    },
    "/exchange/collections/": {"get": _operation("Collections (section 5.1)", "collections")},
    _ROOM: {
        "get": _operation("A collection (section 5.2)", "collection", _COLLECTION_ID,
                          refusals=(404,)),
    },
    _ROOM + "manifest/": {
        "get": _operation("What is in a collection (section 5.3)", "manifest", _COLLECTION_ID,
                          *_PAGE, *_FILTERS, refusals=_READ),
    },
    _ROOM + "objects/": {
        "get": _operation("Objects (section 5.4)", "envelope", _COLLECTION_ID, *_PAGE, *_FILTERS,
                          refusals=_READ),
        "post": _operation("Add objects (section 5.5)", "status", _COLLECTION_ID, refusals=_SENT,
                           status=202, body="envelope"),
    },
    _OBJECT: {
        "get": _operation("An object (section 5.6)", "envelope", _COLLECTION_ID, _OBJECT_ID,
                          *_PAGE, _SPEC_VERSION, _VERSION, refusals=_READ),
        "delete": _operation("Delete an object (section 5.7)", "", _COLLECTION_ID, _OBJECT_ID,
                             _SPEC_VERSION, _VERSION, refusals=_READ),
    },
    _OBJECT + "versions/": {
        "get": _operation("Versions of an object (section 5.8)", "versions", _COLLECTION_ID,
                          _OBJECT_ID, *_PAGE, _SPEC_VERSION, refusals=_READ),
    },
    _ROOM + "preview/": {
        "post": _operation("Who would see objects; an extension", "verdicts", _COLLECTION_ID,
                           refusals=_SENT, body="envelope"),
    },
    _ROOM + "sightings/objects/": {
        "get": _operation("Sightings that were sent to you; an extension", "envelope",
                          _COLLECTION_ID, *_PAGE, refusals=_READ),
        "post": _operation(
            "Send sightings; an extension", "status", _COLLECTION_ID,
            _parameter("as", "under which name", {"enum": list(NAMES)}),
            _parameter("to", "to whom", {"enum": list(REACHES), "default": REACHES[0]}),
            _parameter("preview", "yes: only say who would get them, with 200", _TEXT),
            refusals=(*_SENT, 400), status=202, body="envelope", instead="verdicts",
        ),
    },
    "/exchange/recalls/": {
        "get": _operation("Recalls that are for you; an extension", "notices", *_PAGE[:2],
                          refusals=(400, 403)),
        "post": _operation("Recall what you shared; an extension", "account", refusals=_SENT,
                           status=202, body="recall"),
    },
    "/exchange/recalls/made/": {
        "get": _operation("Recalls that you made; an extension", "accounts", refusals=(403,)),
    },
    "/exchange/recalls/{recall}/acknowledgement/": {
        "post": _operation("Acknowledge a recall; an extension", "notices",
                           _parameter("recall", "its id, or that of the object", _TEXT, "path"),
                           refusals=_SENT, body="acknowledgement"),
    },
    **{
        f"/exchange/seen/{what}/": {
            method.lower(): _operation(
                "Ask whether something was seen; an extension", "seen",
                refusals=_SENT, body="seen" if method == "POST" else "",
            )
        }
        for what, method in METHODS.items()
    },
    _ROOM + "stream/": {
        "get": _operation(
            "Objects as they are added; an extension", "events", _COLLECTION_ID,
            _parameter("Last-Event-ID", "after which event to go on", _TIME, "header"),
            _PAGE[0], _parameter("from", "now: leave out what is there", {"enum": ["now"]}),
            refusals=_READ,
        ),
    },
}  # fmt: skip
