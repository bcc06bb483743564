"""MISP events to test with, as an instance exports them, and an instance that is none."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

EVENT = "5f0a3a1e-0000-4000-8000-000000000001"
HASH = "44d88612fea8a8f36de82e1278abb02f44d88612fea8a8f36de82e1278abb02f"


def uuid(number: int) -> str:
    return f"5f0a3a1e-0000-4000-8000-{number:012x}"


def attribute(number: int, kind: str, value: str, **more: object) -> dict[str, object]:
    return {
        "uuid": uuid(number),
        "type": kind,
        "category": "Network activity" if kind in {"domain", "ip-dst"} else "Payload delivery",
        "value": value,
        "to_ids": True,
        "timestamp": "1767312000",
        "distribution": "5",
        "deleted": False,
        **more,
    }


def event(
    *attributes: dict[str, object], tlp: str = "tlp:green", **more: object
) -> dict[str, object]:
    return {
        "uuid": EVENT,
        "info": "Sideloading at an operator",
        "date": "2026-01-02",
        "timestamp": "1767312000",
        "publish_timestamp": "1767312000",
        "published": True,
        "analysis": "2",
        "threat_level_id": "2",
        "distribution": "3",
        "Orgc": {"uuid": uuid(10), "name": "Operator A"},
        "Org": {"uuid": uuid(12), "name": "The Host Of The Server"},
        "event_creator_email": "analyst@operator-a.example",
        "Tag": [{"name": tlp}] if tlp else [],
        "Attribute": list(attributes),
        **more,
    }


def whole() -> dict[str, object]:
    """Give an event with one of everything that is exchanged."""
    return event(
        attribute(
            17,
            "sha256",
            HASH,
            comment="on two hosts",
            Sighting=[
                {
                    "uuid": uuid(33),
                    "type": "0",
                    "date_sighting": "1767312001",
                    "Organisation": {"uuid": uuid(11), "name": "Operator B"},
                }
            ],
        ),
        attribute(18, "ip-dst", "45.77.1.2", to_ids=False),
        attribute(19, "domain", "c2.attacker-site.net", Tag=[{"name": "TLP:AMBER"}]),
        attribute(20, "domain", "gone.attacker-site.net", deleted=True),
        attribute(21, "domain", "ours.attacker-site.net", distribution="0"),
        Object=[
            {
                "uuid": uuid(49),
                "name": "file",
                "meta-category": "file",
                "template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215",
                "template_version": "24",
                "timestamp": "1767312000",
                "distribution": "5",
                "Attribute": [
                    attribute(50, "filename", "evilfile.dll", object_relation="filename"),
                    attribute(51, "md5", HASH[:32], object_relation="md5"),
                ],
            }
        ],
        Galaxy=[
            {
                "uuid": "698774c7-8022-42c4-917f-8d6e4f06ada3",
                "name": "Threat Actor",
                "type": "threat-actor",
                "description": "Actors",
                "GalaxyCluster": [
                    {
                        "uuid": uuid(65),
                        "type": "threat-actor",
                        "value": "Fireant",
                        "description": "An actor",
                        "tag_name": 'misp-galaxy:threat-actor="Fireant"',
                        "meta": {},
                    }
                ],
            }
        ],
    )


def written(path: Path, *events: dict[str, object]) -> Path:
    path.write_text(json.dumps({"response": [{"Event": each} for each in events]}))
    return path


class _Instance(BaseHTTPRequestHandler):
    """Answers what pymisp asks on the way, gives one event, and keeps what is added."""

    server: "_Server"

    def do_GET(self) -> None:
        role = {"id": "1", "name": "user", "perm_add": True}
        user = {"id": "1", "email": "a@b.example", "org_id": "1", "role_id": "1"}
        match self.path.strip("/"):
            case "servers/getVersion" | "servers/getVersion.json":
                self._give({"version": "2.5.34", "pymisp_recommended_version": "2.5.34"})
            case "servers/getPyMISPVersion" | "servers/getPyMISPVersion.json":
                self._give({"version": "2.5.34"})
            case text if text.startswith("users/view/me"):
                self._give({"User": user, "Role": role, "UserSetting": []})
            case text if text == f"events/view/{EVENT}":
                self._give({"Event": whole()})
            case _:
                self._give({"errors": "no such thing", "name": "Not found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.strip("/") == "events/add":
            self.server.added.append(json.loads(body))
            self._give({"Event": {**json.loads(body), "id": "1"}})
        else:
            self._give({"errors": "no such thing"}, 404)

    def _give(self, found: object, status: int = 200) -> None:
        if self.headers.get("Authorization") != "the-key":
            found, status = {"errors": "Authentication failed"}, 403
        data = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    added: list[dict[str, object]]


@contextmanager
def instance() -> Iterator[tuple[str, list[dict[str, object]]]]:
    """Give the address of a stand-in for MISP, and the events that are added to it."""
    server = _Server(("127.0.0.1", 0), _Instance)
    server.added = []
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", server.added
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
