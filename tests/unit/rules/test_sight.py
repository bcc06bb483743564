import pytest

from sidelight.rules.expr import And, Exists, Expr, Glob, Match, Not, Null, Or
from sidelight.rules.plan import compile_plan
from sidelight.rules.rule import LogSource, Meta, Rule
from sidelight.rules.sight import fieldless
from sidelight.schema import Kind

SYSMON = "Microsoft-Windows-Sysmon/Operational"
START, LOGGED = Kind("windows", SYSMON, "1"), Kind("windows", "Security", "4688")


def has(name: str, text: str = "x") -> Expr:
    return Match(name, Glob((text,)))


def lacking(
    condition: Expr,
    occurring: dict[Kind, set[str]],
) -> tuple[str, ...] | None:
    source = LogSource(category="process_creation", product="windows")
    meta = Meta("r", "t", "medium", "test", "p", 1)
    return fieldless(compile_plan([Rule(meta, source, condition)]), occurring).get(0)


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        (has("Image"), None),
        (has("iMAGE"), None),
        (has("Hashes"), ("Hashes",)),
        (And((has("Image"), has("Hashes"), has("Company"))), ("Company", "Hashes")),
        (Or((has("Image"), has("Hashes"))), None),
        (Or((has("Company"), has("Hashes"))), ("Company", "Hashes")),
        (Not(has("Hashes")), None),
        (And((has("Image"), Not(has("Hashes")))), None),
        (Match("Hashes", Null()), None),
        (Not(Match("Hashes", Null())), ("Hashes",)),
        (Match("Hashes", Exists()), ("Hashes",)),
        (has(""), None),
        (And((has("EventID", "1"), has("Channel"), has("Computer"))), None),
        (And((has("A", "1"), has("a", "2"), has("Image"))), ("A",)),
    ],
)
def test_only_what_cannot_be_met_without_a_field_lacks_it(
    condition: Expr, missing: tuple[str, ...] | None
) -> None:
    assert lacking(condition, {START: {"Image", "CommandLine"}}) == missing


def test_one_kind_of_event_that_has_the_field_is_enough() -> None:
    condition = And((has("Image"), has("OriginalFileName")))
    assert lacking(condition, {LOGGED: {"NewProcessName"}}) == ("OriginalFileName",)
    both = {LOGGED: {"NewProcessName"}, START: {"Image", "OriginalFileName"}}
    assert lacking(condition, both) is None


def test_a_field_is_looked_for_by_its_name_in_that_kind() -> None:
    assert lacking(has("Image"), {LOGGED: {"NewProcessName"}}) is None
    assert lacking(has("Image"), {LOGGED: {"Image"}}) == ("Image",)


def test_a_derived_field_is_there_if_what_it_is_made_of_is() -> None:
    assert lacking(has("IntegrityLevel"), {LOGGED: {"MandatoryLabel"}}) is None
    assert lacking(has("IntegrityLevel"), {LOGGED: {"NewProcessName"}}) == ("IntegrityLevel",)


def test_a_rule_without_events_lacks_no_field() -> None:
    assert lacking(has("Hashes"), {}) is None
    assert lacking(has("Hashes"), {Kind("linux", "auditd"): {"exe"}}) is None
