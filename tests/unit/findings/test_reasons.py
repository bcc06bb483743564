from sidelight.findings.finding import Process, RuleRef
from sidelight.findings.reasons import against_it, for_it, instant
from sidelight.schema import NO_TIME

RULE = RuleRef("r", "Odd load", "high")
SECOND = 1_000_000_000


def test_what_matched_and_when_comes_first():
    (said,) = for_it(RULE, 1234, (0, 61 * SECOND), (), (), ())
    assert said == (
        "Rule «Odd load» (high) matched 1,234 events "
        "between 1970-01-01T00:00:00Z and 1970-01-01T00:01:01Z."
    )


def test_one_event_and_an_unknown_time_read_as_such():
    assert for_it(RULE, 1, (0, 0), (), (), ()) == (
        "Rule «Odd load» (high) matched 1 event at 1970-01-01T00:00:00Z.",
    )
    assert for_it(RULE, 1, (NO_TIME, NO_TIME), (), (), ()) == (
        "Rule «Odd load» (high) matched 1 event.",
    )


def test_the_process_its_parent_and_its_company_are_named():
    line = (Process("a.exe", "a -x"), Process("p.exe"))
    said = for_it(RULE, 1, (0, 0), line, [str(n) for n in range(10)], ["h", "k"])
    assert said[1:] == (
        "The events are from 2 hosts: h; k.",
        "The process ran as: a -x",
        "It was started by p.exe.",
        "Also matched on the same process lineage: 0; 1; 2; 3; 4; 5; 6; 7; and 2 more.",
    )


def test_false_positives_that_say_nothing_are_left_out():
    rule = RuleRef("r", "R", "low", falsepositives=("Unknown", "unlikely", "Backup tools."))
    assert against_it(rule, (Process("a", joined="guid"),)) == (
        "The rule's author names: Backup tools.",
    )


def test_an_unripe_rule_and_an_unknown_process_speak_against_it():
    rule = RuleRef("r", "R", "low", status="experimental")
    assert len(against_it(rule, ())) == 2
    assert against_it(RULE, (Process("a", joined="named"),)) == (
        "The start of the process was not seen, so its lineage is not known.",
    )


def test_times_before_1970_are_written_too():
    assert instant(-1) == "1969-12-31T23:59:59Z"


def test_what_it_is_to_be_read_with_is_said():
    rule = RuleRef("r", "R", "low", caveats=("Its creator is not sure.",))
    assert against_it(rule, (Process("a", joined="guid"),)) == ("Its creator is not sure.",)
