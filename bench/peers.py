"""Keeps medallion and OpenTAXII in step with ours, and holds what arrived against what was sent.

``python bench/peers.py [FOLDER]`` installs both from PyPI, each into an environment of its own in
FOLDER (a temporary one if none is given), fills them in batches, and makes passes both ways with
answers that are lost on the way. Exits 1 if anything is lost, doubled or refused.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from allies import indicator, operators
from cutting_proxy import between
from sidelight.exchange.client import Client
from sidelight.exchange.connection import Connection
from sidelight.exchange.pulling import Reach, batches
from sidelight.exchange.taxii.message import MEDIA_TYPE

COUNT: Final = 400
BATCH: Final = 80
REGISTER: Final = f"""
{operators(Us="FI", Peer="FI")}
[[circle]]
name = "two"
members = ["Us", "Peer"]
[[collection]]
title = "Pulled"
circles = ["two"]
[[collection]]
title = "Pushed"
circles = ["two"]
"""
MEDALLION: Final = {
    "users": {"us": "pw"},
    "taxii": {"max_page_size": 50},
    "backend": {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": "data.json",
    },
}
OPENTAXII: Final = """
domain: "127.0.0.1:{port}"
support_basic_auth: yes
auth_api:
  class: opentaxii.auth.sqldb.SQLDatabaseAPI
  parameters:
    {{db_connection: "sqlite:///{folder}/auth.db", create_tables: yes, secret: "{secret}"}}
taxii1:
taxii2:
  persistence_api:
    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI
    parameters: {{db_connection: "sqlite:///{folder}/data.db", create_tables: yes}}
  title: OpenTAXII
  max_content_length: 9765625
"""
OPENTAXII_SERVES: Final = """
import functools, json, sys
from opentaxii.taxii2 import http
# 0.9.3 answers 500 for a list of collections: their ids are UUIDs, which json does not write.
http.json = type("json", (), {"dumps": functools.partial(json.dumps, default=str)})
from opentaxii.http import app, server
with app.app_context():
    server.auth.api.create_account(username="us", password="pw", is_admin=True)
    api = server.servers.taxii2.persistence.api
    root = api.add_api_root(title="root", description="", default=True)
    api.add_collection(api_root_id=root.id, title="Finds", description="", alias="finds",
                       is_public=True, is_public_write=True)
app.run(port=int(sys.argv[1]))
"""


def medallion(folder: Path, python: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start medallion with an empty collection."""
    one = {
        "id": "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4",
        "title": "Finds",
        "can_read": True,
        "can_write": True,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": [],
        "manifest": [],
    }
    root = {
        "information": {"title": "root", "versions": [MEDIA_TYPE], "max_content_length": 9765625},
        "status": [],
        "collections": [one],
    }
    roots = [f"http://127.0.0.1:{port}/root/"]
    discovery = {"title": "medallion", "default": roots[0], "api_roots": roots}
    (folder / "data.json").write_text(json.dumps({"/discovery": discovery, "root": root}))
    settings = {**MEDALLION, "backend": {**MEDALLION["backend"], "filename": str(folder / "data.json")}}  # fmt: skip # noqa: E501
    (folder / "settings.json").write_text(json.dumps(settings))
    command = [python.parent / "medallion", "--port", str(port), folder / "settings.json"]
    return start(command, folder)


def opentaxii(folder: Path, python: Path, port: int) -> "subprocess.Popen[bytes]":
    """Start OpenTAXII with an empty collection."""
    text = OPENTAXII.format(port=port, folder=folder, secret="no secret at all, it is a bench")
    (folder / "settings.yml").write_text(text)
    (folder / "serves.py").write_text(OPENTAXII_SERVES)
    where = {"OPENTAXII_CONFIG": str(folder / "settings.yml")}
    return start([python, folder / "serves.py", str(port)], folder, where)


SERVERS: Final = {
    "medallion": (medallion, "/root/"),
    "opentaxii": (opentaxii, ""),
}


def start(
    command: list[object], folder: Path, more: dict[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """Start a server; what it says goes into a file."""
    log = (folder / "log").open("wb")
    return subprocess.Popen(
        [str(each) for each in command], env={**os.environ, **(more or {})}, stdout=log, stderr=log
    )


def installed(name: str, folder: Path) -> Path:
    """Install a server into an environment of its own, and give its Python."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        venv.create(folder / name, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", name], check=True)
    return python


def ask(url: str, body: bytes | None = None) -> dict[str, object]:
    """Ask a server as its user."""
    head = {
        "Accept": MEDIA_TYPE,
        "Content-Type": MEDIA_TYPE,
        "Authorization": "Basic " + b64encode(b"us:pw").decode(),
    }
    with urllib.request.urlopen(urllib.request.Request(url, body, head), timeout=30) as answer:
        return dict(json.loads(answer.read()))


def root_of(port: int, path: str) -> str:
    """Wait for a server, and give its API root."""
    base = f"http://127.0.0.1:{port}"
    for _ in range(60):
        try:
            found = ask(base + "/taxii2/")
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.5)
            continue
        root = str(found.get("default") or found["api_roots"][0])  # type: ignore[index]
        return path or "/" + root.rsplit("://", maxsplit=1)[-1].partition("/")[2]
    raise SystemExit(f"no server at {base}")


def sidelight(folder: Path, *arguments: object) -> tuple[int, str]:
    """Run our command line with its data in *folder*."""
    home = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "PEER_TOKEN": "pw"}
    done = subprocess.run(
        [sys.executable, "-m", "sidelight", *map(str, arguments)],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@contextmanager
def running(name: str, folder: Path, port: int) -> Iterator[str]:
    """Run a server, and give the path of its API root."""
    make, path = SERVERS[name]
    work = Path(tempfile.mkdtemp(prefix=name + "-", dir=folder))
    process = make(work, installed(name, folder), port)
    try:
        yield root_of(port, path)
    finally:
        process.terminate()
        process.wait(timeout=20)


def one(name: str, folder: Path, port: int) -> int:
    """Keep one server in step, and say what came of it."""
    with running(name, folder, port) as root, between(port, 1, (12, 1, 1, 1, 1)) as proxy:
        base = f"http://127.0.0.1:{port}{root}"
        room = ask(base + "collections/")["collections"][0]["id"]  # type: ignore[index]
        there = f"{base}collections/{room}/objects/"
        for first in range(0, COUNT, BATCH):
            some = [indicator(number) for number in range(first, first + BATCH)]
            ask(there, json.dumps({"objects": some}).encode())
        ours = Path(tempfile.mkdtemp(prefix="ours-", dir=folder))
        (ours / "allies.toml").write_text(REGISTER)
        (ours / "peers.toml").write_text(
            f'us = "Us"\n[[peer]]\nname = "{name}"\norganisation = "Peer"\nuser = "us"\n'
            f'token_env = "PEER_TOKEN"\nurl = "http://127.0.0.1:{proxy.at}{root}"\n'
            'pull = [{theirs = "Finds", ours = "Pulled"}]\n'
            'push = [{theirs = "Finds", ours = "Pushed"}]\n'
        )
        sidelight(ours, "share", "apply", ours / "allies.toml")
        add_ours(ours)
        for number in range(1, 30):
            begun = time.monotonic()
            code, said = sidelight(ours, "share", "peer", "run", "--peers", ours / "peers.toml")
            print(f"{name}, pass {number}, {time.monotonic() - begun:.1f} s\n  "
                  + said.strip().replace("\n", "\n  "), flush=True)  # fmt: skip
            if code == 0:
                break
        proxy.calm = True
        print(f"  connections: {dict(proxy.fared)}")
        return compare(ours, base, room) or code


def add_ours(ours: Path) -> None:
    """Put objects of ours into the collection that is pushed."""
    from sidelight.exchange.intake import admit  # noqa: PLC0415
    from sidelight.exchange.shelf import Caller  # noqa: PLC0415
    from sidelight.exchange.store.database import open_database  # noqa: PLC0415
    from sidelight.exchange.store.library import Library  # noqa: PLC0415

    library = Library(open_database(str(ours / "sidelight" / "exchange.db")))
    register = library.register()
    us, place = register.named("Us"), register.collections[1]
    assert us
    items = admit([json.dumps(indicator(COUNT + n)).encode() for n in range(COUNT)])
    now = time.time_ns() // 1000
    library.add(place.id, place.circles, items, Caller(us.id, "x", frozenset()), now)
    library.engine.dispose()


def compare(ours: Path, base: str, room: str) -> int:
    """Hold what is there against what was to be there: 0 if it is the same."""
    from sidelight.exchange.store.database import open_database  # noqa: PLC0415

    engine = open_database(str(ours / "sidelight" / "exchange.db"))
    with engine.connect() as connection:
        query = "SELECT count(*), count(DISTINCT id) FROM object"
        rows = connection.exec_driver_sql(query).one()
    engine.dispose()
    with closing(Connection("pw", user="us")) as connection:
        client = Client(base, connection)
        found = [one for batch in batches(client, client.find(room), Reach(), 500)
                 for one in batch.objects]  # fmt: skip
    wanted = {indicator(number)["id"] for number in range(COUNT, 2 * COUNT)}
    theirs = sum(json.loads(one)["id"] in wanted for one in found)
    print(f"  ours: {rows[0]} objects, {rows[1]} ids, of {2 * COUNT}; "
          f"pushed and there: {theirs} of {COUNT}", flush=True)  # fmt: skip
    return 0 if (rows[0], rows[1], theirs) == (2 * COUNT, 2 * COUNT, COUNT) else 1


def main(folder: Path) -> int:
    """Keep each in step."""
    return max(one(name, folder, 9471 + at) for at, name in enumerate(SERVERS))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as made:
        sys.exit(main(Path(made)))
