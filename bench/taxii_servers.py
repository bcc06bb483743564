"""TAXII servers to hold against each other: Sidelight's, and the two open ones when at hand.

medallion keeps its objects in memory, OpenTAXII and Sidelight in SQLite. All three listen on
loopback only.
"""

import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from allies import operators

MEDIA_TYPE: Final = "application/taxii+json;version=2.1"
_TICK: Final = os.sysconf("SC_CLK_TCK")
_WAIT_S: Final = 60.0
_USER: Final = ("bench", "bench-only")
REGISTER: Final = f"""\
{operators(Sender="FI", Reader="EE")}
[[circle]]
name = "both"
members = ["Sender", "Reader"]
legal_basis = "a bench"

[[collection]]
title = "Objects"
alias = "objects"
circles = ["both"]
"""
_LIMITS: Final = """\
[each]
requests = 1_000_000
requests_burst = 1_000_000
octets = 10_000_000_000
octets_burst = 10_000_000_000
streams = 1_000
"""
# Its reply to a POST holds a UUID, which JSON has no form for, so each would be a 500.
_OPENTAXII: Final = """\
import functools, json, logging, types
from opentaxii.http import app
from opentaxii.taxii2 import http
http.json = types.SimpleNamespace(dumps=functools.partial(json.dumps, default=str))
logging.getLogger("werkzeug").setLevel(logging.ERROR)
with app.app_context():
    api = app.taxii_server.servers.taxii2.persistence.api
    root = api.add_api_root(title="b", description="b", default=True, is_public=True)
    made = api.add_collection(api_root_id=root.id, title="b", description="b", alias="b",
                              is_public=True, is_public_write=True)
    print(f"/taxii2/{root.id}/collections/{made.id}/objects/", flush=True)
app.run(port=int(__import__("sys").argv[1]), threaded=True)
"""
_MEDALLION: Final = """\
import logging, sys
from medallion import load_app
logging.getLogger("werkzeug").setLevel(logging.ERROR)
load_app(sys.argv[2]).run(port=int(sys.argv[1]), threaded=True)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    Args:
        objects: address of the objects of the collection.
        sender: headers of who may write.
        reader: headers of who may read.
    """

    name: str
    process: "subprocess.Popen[bytes]"
    objects: str
    sender: Mapping[str, str]
    reader: Mapping[str, str]

    def cpu(self) -> float:
        """Give the user and system time so far, in seconds (proc(5))."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def memory(self) -> float:
        """Give the memory held now, in MB (10^6 bytes)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        line = next(each for each in text.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_sidelight(folder: Path) -> Server:
    """Start Sidelight's server on a database of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    database, register = folder / "exchange.db", folder / "allies.toml"
    register.write_text(REGISTER, encoding="utf-8")
    _sidelight("share", "apply", register, "--database", database)
    tokens = {
        who: _sidelight("share", "token", "issue", who, "bench@example", "--database", database)
        for who in ("Sender", "Reader")
    }
    # One organisation asks here as fast as it can, which a server does not let it by itself.
    limits = folder / "limits.toml"
    limits.write_text(_LIMITS, encoding="utf-8")
    command = [sys.executable, "-m", "sidelight", "serve", "--port", "0", "--limits", str(limits)]
    process = subprocess.Popen([*command, "--database", str(database)], stderr=subprocess.PIPE)
    assert process.stderr
    line = process.stderr.readline().decode()
    if not line.startswith("serving "):
        sys.exit(line + process.stderr.read().decode())
    root = line.removeprefix("serving ").strip()
    sender, reader = ({"Authorization": f"Bearer {tokens[who]}"} for who in ("Sender", "Reader"))
    base = root.removesuffix("/taxii2/")
    found = httpx.get(root, headers={"Accept": MEDIA_TYPE, **reader}).json()
    api = httpx.URL(base).join(found["default"])
    place = httpx.get(api.join("collections/"), headers={"Accept": MEDIA_TYPE, **reader}).json()
    address = api.join(f"collections/{place['collections'][0]['id']}/objects/")
    return Server("Sidelight", process, str(address), sender, reader)


def start_medallion(python: Path, folder: Path, port: int) -> Server:
    """Start medallion, with its backend in memory (the other needs MongoDB)."""
    folder.mkdir(parents=True, exist_ok=True)
    ident = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    kinds = ["application/stix+json;version=2.1"]
    place = {"id": ident, "title": "b", "can_read": True, "can_write": True, "media_types": kinds}
    information = {"title": "b", "versions": [MEDIA_TYPE], "max_content_length": 100 << 20}
    empty = {"objects": [], "manifest": []}
    api = {"information": information, "status": [], "collections": [{**place, **empty}]}
    data, configuration = folder / "data.json", folder / "configuration.json"
    data.write_text(json.dumps({"/discovery": {"title": "b"}, "api": api}), encoding="utf-8")
    backend = {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend"}
    said = {
        "users": dict([_USER]),
        "taxii": {"max_page_size": 1000},
        "backend": {**backend, "filename": str(data)},
    }
    configuration.write_text(json.dumps(said), encoding="utf-8")
    command = [str(python), "-c", _MEDALLION, str(port), str(configuration)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/api/collections/{ident}/objects/"
    login = {"Authorization": f"Basic {b64encode(':'.join(_USER).encode()).decode()}"}
    return _awaited(Server("medallion", process, address, login, login))


def start_opentaxii(python: Path, folder: Path, port: int) -> Server:
    """Start OpenTAXII on SQLite."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "configuration.json"  # JSON is YAML
    base = "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI"
    stored = {"db_connection": f"sqlite:///{folder}/data.db", "create_tables": True}
    login = {"db_connection": f"sqlite:///{folder}/login.db", "create_tables": True}
    said = {
        "domain": f"127.0.0.1:{port}",
        "auth_api": {
            "class": "opentaxii.auth.sqldb.SQLDatabaseAPI",
            "parameters": {**login, "secret": "bench"},
        },
        "taxii1": None,
        "taxii2": {
            "title": "b",
            "max_content_length": 100 << 20,
            "allow_custom_properties": True,
            "persistence_api": {"class": base, "parameters": stored},
        },
        "logging": {"opentaxii": "error", "root": "error"},
    }
    configuration.write_text(json.dumps(said), encoding="utf-8")
    environment = {**os.environ, "OPENTAXII_CONFIG": str(configuration), "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        [str(python), "-c", _OPENTAXII, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    assert process.stdout
    path = process.stdout.readline().decode().strip()
    return _awaited(Server("OpenTAXII", process, f"http://127.0.0.1:{port}{path}", {}, {}))


def _awaited(server: Server) -> Server:
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end and server.process.poll() is None:
        try:
            httpx.get(server.objects, headers={"Accept": MEDIA_TYPE, **server.reader})
        except httpx.TransportError:
            time.sleep(0.3)
        else:
            return server
    server.stop()
    sys.exit(f"{server.name} does not start")


def _sidelight(*arguments: object) -> str:
    command = [sys.executable, "-m", "sidelight", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
    return done.stdout.strip()
