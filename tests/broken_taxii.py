"""A small TAXII 2.1 server that is broken in the ways that were measured in others."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qs, urlsplit

TAXII = "application/taxii+json;version=2.1"
Next = Literal["good", "none", "popped", "repeated", "forgotten", "useless"]


@dataclass
class Broken:
    """A server with one collection, and what is wrong with it.

    Args:
        next: ``popped``: a page of it is given once only; ``repeated``: the same text leads to the
            next page each time; ``forgotten``: it is unknown when it is asked for; ``useless``: it
            gives the first page again.
        dates: whether pages have the headers with dates.
        batch: so many objects were added in one microsecond.
        promises: it says for ever that there is more.
        most: objects in a page at most.
        drops: answers that are cut off, by the number of the request.
        accept: what it takes as Accept; 406 for anything else.
    """

    next: Next = "good"
    dates: bool = True
    batch: int = 1
    promises: bool = False
    most: int = 100
    drops: frozenset[int] = frozenset()
    accept: str = TAXII
    duplicates_fail: bool = False
    held: list[dict[str, object]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    _rest: dict[str, list[int]] = field(default_factory=dict)

    def date(self, index: int) -> str:
        return f"2026-01-01T00:00:00.{index // self.batch:06d}Z"

    def page(self, query: dict[str, str], *, manifest: bool = False) -> tuple[int, dict[str, object], list[int]]:  # fmt: skip # noqa: E501
        limit = min(int(query.get("limit", self.most)), self.most)
        after = query.get("added_after", "")
        found = [i for i in range(len(self.held)) if self.date(i) > after]
        if "match[id]" in query:
            found = [i for i in found if self.held[i]["id"] in query["match[id]"].split(",")]
        going_on = query.get("next", "")
        if going_on:
            if self.next == "forgotten" or going_on not in self._rest:
                return 400, {"title": "what next?", "http_status": "400"}, []
            if self.next != "useless":
                found = self._rest[going_on]
        part, rest = found[:limit], found[limit:]
        more = bool(rest) or self.promises
        answer: dict[str, object] = {"more": True} if more else {}
        if rest and self.next != "none" and not manifest:
            name = going_on or f"n{len(self._rest)}"
            if self.next in {"good", "forgotten"}:
                name = f"at-{rest[0]}"
            elif self.next == "popped":
                name = f"n{len(self._rest)}"
            if self.next == "popped":
                self._rest.pop(going_on, None)
            self._rest[name] = rest
            answer["next"] = name
        elif self.next == "popped":
            self._rest.pop(going_on, None)
        return 200, answer, part

    def answer(self, target: str) -> tuple[int, dict[str, str], dict[str, object]]:
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        match parts.path.strip("/").split("/"):
            case ["api"]:
                return 200, {}, {"title": "broken", "versions": [TAXII], "max_content_length": 9999}
            case ["api", "collections"]:
                one = {"id": "1", "title": "Finds", "can_read": True, "can_write": True}
                return 200, {}, {"collections": [one]}
            case ["api", "collections", "1", "objects", ident]:
                found = [each for each in self.held if each["id"] == ident]
                return (200, {}, {"objects": found}) if found else (404, {}, {"title": "none"})
            case ["api", "collections", "1", kind]:
                status, answer, part = self.page(query, manifest=kind == "manifest")
                if part:
                    answer["objects"] = [self._entry(i, kind) for i in part]
                first, last = (self.date(part[0]), self.date(part[-1])) if part else ("", "")
                named = {"X-TAXII-Date-Added-First": first, "X-TAXII-Date-Added-Last": last}
                return status, named if part and self.dates else {}, answer
        return 404, {}, {"title": "none"}

    def _entry(self, index: int, kind: str) -> dict[str, object]:
        item = self.held[index]
        if kind == "objects":
            return item
        version = item.get("modified", self.date(index))
        return {"id": item["id"], "version": version, "date_added": self.date(index)}

    def take(self, objects: Sequence[dict[str, object]]) -> dict[str, object]:
        good, bad = [], []
        for each in objects:
            detail = {"id": each["id"], "version": each.get("modified", "")}
            if each not in self.held:
                self.held.append(each)
                good.append(detail)
            elif self.duplicates_fail:
                bad.append({**detail, "message": "Unable to process object"})
            else:
                good.append(detail)
        return {"id": "s", "status": "complete", "success_count": len(good),
                "failure_count": len(bad), "failures": bad}  # fmt: skip


@contextmanager
def running(broken: Broken) -> Iterator[Broken]:
    """Serve on loopback for as long as the context is held; `Broken.url` is the address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            broken.asked.append(self.path)
            number = len(broken.asked)
            if self.headers["Accept"] != broken.accept:
                self._say(406, {}, {"title": "not that"})
                return
            status, headers, body = broken.answer(self.path)
            if number in broken.drops:
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self._say(status, headers, body)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(202, {}, broken.take(body["objects"]))

        def _say(self, status: int, headers: dict[str, str], body: dict[str, object]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": TAXII}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    broken.url = f"http://127.0.0.1:{server.server_port}/api/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield broken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
