"""Shares two findings among allies on this machine, and shows who gets them, as it happens.

``python bench/demo_exchange.py FOLDER``: three operators in two countries, a government CERT and
an outsider; a real server on loopback, which all but the sender follow. Exits 1 if anybody gets
what they may not, or does not get what they may.
"""

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Final

REGISTER: Final = """\
# Three operators in two countries, the CERT of a government, and somebody who is in no circle.
[[organisation]]
name = "Operator A"
country = "FI"
role = "operator"

[[organisation]]
name = "Operator B"
country = "EE"
role = "operator"

[[organisation]]
name = "Operator C"
country = "FI"
role = "operator"
client_of = ["Operator A"]

[[organisation]]
name = "Government CERT"
country = "FI"
role = "government"

[[organisation]]
name = "Outsider"
country = "FI"
role = "operator"

[[circle]]
name = "the trilateral"
members = ["Operator A", "Operator B", "Government CERT"]
legal_basis = "memorandum of 2026, article 4"
history = "since joining"
gives = {government = "green"}

[[collection]]
title = "Finds"
alias = "finds"
circles = ["the trilateral"]
readers = ["Operator A", "Operator B", "Operator C", "Government CERT", "Outsider"]
"""
WHO: Final = ("Operator A", "Operator B", "Operator C", "Government CERT", "Outsider")
WAIT_S: Final = 30.0


def main(folder: Path) -> int:
    """Run the demonstration in *folder*, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    database = folder / "exchange.db"
    say("The register: who is allied with whom, and what they agreed")
    (folder / "allies.toml").write_text(REGISTER, encoding="utf-8")
    run("share", "apply", folder / "allies.toml", "--database", database)
    for who in WHO:
        token = run(
            "share", "token", "issue", who, "desk@example", "--database", database, quiet=True
        )
        private = token_file(folder, who)
        private.touch(mode=0o600)
        private.write_text(token, encoding="ascii")

    say("Operator A hunts, and marks one finding AMBER for its allies, another GREEN")
    run("range", folder / "evidence", "--events", "1000", quiet=True)
    files = {}
    for tlp in ("amber", "green"):
        files[tlp] = folder / f"{tlp}.stix.json"
        hunt = ("hunt", folder / "evidence", "-q", "--limit", "0", "--fail-level", "never")
        run(*hunt, "--tlp", tlp, "-o", files[tlp], quiet=True)
    sets = {tlp: set(one_story(path)) for tlp, path in files.items()}
    both = sets["amber"] & sets["green"]
    for tlp, objects in sets.items():
        print(f"  the {tlp.upper()} finding: {len(objects)} objects, and the marking itself")
    print(f"  {len(both)} are in both, as an id of what was observed follows from what it is:")
    print(f"  {len(sets['amber'] | sets['green'])} different objects in all")

    process, url = start(database)
    try:
        return share(folder, database, url, files, sets)
    finally:
        process.terminate()
        process.wait()


def share(
    folder: Path, database: Path, url: str, files: dict[str, Path], sets: dict[str, set[str]]
) -> int:
    """Preview, follow, push, and hold what arrived against what was to arrive."""
    for tlp, path in files.items():
        say(f"Who will see the {tlp.upper()} finding, and why")
        place = ("--collection", "finds")
        run("share", "preview", path, *place, "--owner", "Operator A", "--database", database)

    say("The four others listen; Operator A sends")
    events: queue.Queue[tuple[str, str, float]] = queue.Queue()
    followers = [follow(folder, who, url, events) for who in WHO[1:]]
    wanted = {
        "Operator B": sets["amber"] | sets["green"],
        "Operator C": sets["amber"] | sets["green"],
        "Government CERT": sets["green"],
        "Outsider": set(),
    }
    for path in files.values():
        run("share", "push", path, url, "--collection", "finds", "--token-file",
            token_file(folder, "Operator A"))  # fmt: skip
    sent = time.monotonic()
    got = gather(events, wanted, sent)
    for follower in followers:
        follower.terminate()
        follower.wait()

    say("Objects that each got, of those that it may get (the marking is known to everybody)")
    good = True
    for who, objects in wanted.items():
        right = got[who] == objects
        good = good and right
        print(f"  {who:16} {len(got[who]):3} of {len(objects):3} {'' if right else '  WRONG'}")
    say("What the server can say of it afterwards")
    ledger = run("share", "ledger", "--organisation", "Government CERT", "--database", database,
                 quiet=True).splitlines()  # fmt: skip
    print(f"  the ledger has {len(ledger)} deliveries to the Government CERT, the last of them")
    print(f"  {ledger[-1] if ledger else 'none'}")
    run("share", "audit", "verify", "--database", database)
    return 0 if good else 1


def gather(
    events: "queue.Queue[tuple[str, str, float]]", wanted: dict[str, set[str]], sent: float
) -> dict[str, set[str]]:
    """Take events until all that is wanted came, and a little longer for what must not come."""
    got: dict[str, set[str]] = {who: set() for who in wanted}
    end = sent + WAIT_S
    while time.monotonic() < end:
        try:
            who, ident, at = events.get(timeout=0.5)
        except queue.Empty:
            if all(wanted[who] <= got[who] for who in wanted):
                break
            continue
        if not got[who]:
            when = f"{at - sent:.1f} s after" if at > sent else f"{sent - at:.1f} s before"
            print(f"  first object at {who}, {when} the last push ended: {ident}")
        got[who].add(ident)
    return got


def one_story(path: Path) -> list[str]:
    """Cut a bundle down to its first sighting and what that refers to; give the ids."""
    bundle = json.loads(path.read_bytes())
    there = {each["id"]: each for each in bundle["objects"]}
    first = next(each for each in bundle["objects"] if each["type"] == "sighting")
    wanted, left = [], [first["id"]]
    while left:
        ident = left.pop()
        if ident in wanted or ident not in there:
            continue
        wanted.append(ident)
        left += [ref for key, value in there[ident].items() if key.endswith(("_ref", "_refs"))
                 for ref in (value if isinstance(value, list) else [value])]  # fmt: skip
    bundle["objects"] = [there[ident] for ident in wanted]
    path.write_text(json.dumps(bundle), encoding="utf-8")
    return [ident for ident in wanted if not ident.startswith("marking-definition")]


def follow(
    folder: Path, who: str, url: str, events: "queue.Queue[tuple[str, str, float]]"
) -> "subprocess.Popen[bytes]":
    """Follow the collection as *who*, and queue the ids that come."""
    command = sidelight("share", "follow", url, "--collection", "finds", "--token-file",
                        token_file(folder, who))  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def listen(lines: IO[bytes]) -> None:
        for line in lines:
            events.put((who, json.loads(line)["id"], time.monotonic()))

    assert process.stdout
    assert process.stderr
    print(f"  {who}: {process.stderr.readline().decode().strip()}")
    threading.Thread(target=listen, args=(process.stdout,), daemon=True).start()
    return process


def start(database: Path) -> "tuple[subprocess.Popen[bytes], str]":
    """Start the server; give its address once it listens."""
    command = sidelight("serve", "--port", "0", "--database", database)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert process.stderr
    line = process.stderr.readline().decode()
    if not line.startswith("serving "):
        sys.exit(line + process.stderr.read().decode())
    return process, line.removeprefix("serving ").strip().removesuffix("/taxii2/")


def run(*arguments: object, quiet: bool = False) -> str:
    """Run a command to its end, and give what it printed."""
    done = subprocess.run(sidelight(*arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stdout}{done.stderr}")
    if not quiet:
        print("  " + done.stdout.strip().replace("\n", "\n  "))
    return done.stdout.strip()


def sidelight(*arguments: object) -> list[str]:
    """Give the command as this interpreter runs it."""
    return [sys.executable, "-m", "sidelight", *map(str, arguments)]


def token_file(folder: Path, who: str) -> Path:
    """Name the file with a token."""
    return folder / f"token-{who.replace(' ', '-').lower()}.txt"


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/exchange")))
