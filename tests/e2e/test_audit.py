"""The audit log and the ledger, as whoever runs the server reads them."""

import json
import re

from allies import indicator

from .conftest import CommandLine
from .test_share import Served, allied, bundle, desk, pull, push, served  # noqa: F401 - fixtures


def test_the_log_names_people_and_tells_times(served: Served) -> None:  # noqa: F811
    push(served, bundle(served.desk.folder / "one.json", indicator(1)))
    ran = served.desk("share", "audit", "list", "--database", served.database)
    said = ran.out.decode()
    assert re.search(
        r"^\d+  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  add, by A@allies.example of A \(",
        said,
        re.MULTILINE,
    )
    assert "collection Finds (" in said
    assert re.search(r"expires \d{4}-\d\d-\d\dT", said)
    assert not re.search(r"\d{16}", said)
    some = served.desk(
        "share", "audit", "list", "--who", "A@allies", "--what", "add", "--since", "1h",
        "--until", "2999-01-01", "--format", "jsonl", "--database", served.database,
    )  # fmt: skip
    (line,) = map(json.loads, some.out.splitlines())
    assert (line["action"], sorted(line["names"].values())) == ("add", ["A", "Finds"])


def test_an_empty_answer_says_why(desk: CommandLine) -> None:  # noqa: F811
    def empty(*arguments: str) -> str:
        ran = desk("share", *arguments, "--database", "exchange.db")
        assert (ran.code, ran.out) == (0, b"")
        return ran.err.strip()

    assert empty("audit", "list", "--who", "nobody") == "none of 6 entries is by nobody"
    both = ("--who", "A@allies", "--what", "issue token")
    assert empty("audit", "list", *both) == "none of 6 entries is by A@allies and about issue token"
    assert empty("audit", "list", "--since", "2999-01-01").startswith("nothing was done between")
    assert empty("ledger") == "the ledger has nothing yet: nobody was given anything"
    assert empty("ledger", "--since", "1h") == "the ledger has nothing of what was asked for"
    ran = desk("share", "ledger", "--since", "yesterday")
    assert (ran.code, "'yesterday' is no time" in ran.err) == (2, True)


def test_the_ledger_is_bounded_in_time(served: Served) -> None:  # noqa: F811
    push(served, bundle(served.desk.folder / "one.json", indicator(1)))
    pull(served, "B")

    def lines(*options: str) -> list[str]:
        ran = served.desk("share", "ledger", *options, "--database", served.database)
        return ran.out.decode().splitlines()

    (line,) = lines("--since", "1h", "--organisation", "B")
    assert re.match(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  B \(B@allies.example\)  objects  Finds  ", line
    )
    assert lines("--until", line[:10]) == []
    assert lines("--since", "2999-01-01") == []
