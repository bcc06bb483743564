from dataclasses import replace

from sidelight.coverage import BlindRule
from sidelight.hunt.blindness import blind_rules
from sidelight.hunt.worker import Gathered
from sidelight.rules.cache import Compiled, compiled
from sidelight.rules.expr import Glob, Match
from sidelight.rules.rule import Alternative, Correlation, LogSource, Meta, Rule, RuleSet
from sidelight.schema import Kind

KIND = Kind("linux", "auditd")
AUDITD = LogSource(product="linux", service="auditd")
SSHD = LogSource(product="linux", service="sshd")


def meta(name: str) -> Meta:
    return Meta(name, "t", "medium", "test", "p", 1)


def rules(*correlations: Correlation) -> Compiled:
    some = [
        Rule(meta("there"), AUDITD, Match("exe", Glob(("x",)))),
        Rule(meta("lacking"), AUDITD, Match("prom", Glob(("256",)))),
        Rule(meta("sourceless"), SSHD, Match("user", Glob(("x",)))),
    ]
    return compiled(RuleSet(tuple(some), correlations, (), "digest"))


def together(kind: str, *names: str) -> Correlation:
    return Correlation(meta("both"), kind, names, (), 1, (("gte", 1.0),))  # type: ignore[arg-type]


def blind(compiled_rules: Compiled) -> dict[str, BlindRule]:
    return {each.id: each for each in blind_rules(compiled_rules, {0, 1}, {KIND: {"exe"}})}


def test_a_rule_is_blind_for_want_of_events_or_of_a_field() -> None:
    assert blind(rules()) == {
        "lacking": BlindRule("lacking", "linux auditd", "no-field", ("prom",)),
        "sourceless": BlindRule("sourceless", "linux sshd", "no-log-source"),
    }


def test_a_correlation_is_blind_as_the_rule_is_that_it_needs() -> None:
    both = blind(rules(together("temporal", "there", "lacking")))["both"]
    assert both == BlindRule("both", "linux auditd", "no-field", ("prom",))


def test_a_correlation_that_counts_needs_one_rule_that_sees() -> None:
    assert "both" not in blind(rules(together("event_count", "there", "lacking")))
    assert "both" in blind(rules(together("event_count", "sourceless", "lacking")))


def test_a_log_that_was_read_without_an_id_is_no_log_that_was_not() -> None:
    """Security was read; that nobody failed to log on is another zero than its absence."""
    security = LogSource(product="windows", service="security")
    failed = Match("EventID", Glob(("4625",)))
    started = LogSource(product="windows", category="process_creation")
    some = [
        Rule(meta("failed"), security, failed),
        Rule(meta("started"), started, Match("Image", Glob(("x",)))),
        Rule(meta("elsewhere"), LogSource(product="windows", service="system"), failed),
    ]
    ready = compiled(RuleSet(tuple(some), (), (), "digest"))
    read = {Kind("windows", "Security", "4624"): {"TargetUserName"}}
    reasons = {each.id: each.reason for each in blind_rules(ready, (), read)}
    assert reasons == {
        "failed": "no-event",
        "started": "no-log-source",
        "elsewhere": "no-log-source",
    }


def test_what_one_process_never_met_another_may_have() -> None:
    first, second = Gathered(), Gathered()
    first.meet({KIND: {"exe"}})
    second.meet({KIND: {"prom"}, Kind("linux", "sshd"): set()})
    first.take(second)
    first.take(second)
    assert first.occurring == {KIND: {"exe", "prom"}, Kind("linux", "sshd"): set()}
    assert second.occurring[KIND] == {"prom"}


def test_a_correlation_of_alternatives_sees_if_one_of_them_can_hold() -> None:
    either = replace(
        together("temporal", "there", "lacking"),
        alternatives=(Alternative((0,)), Alternative((1,))),
    )
    assert "both" not in blind(rules(either))
    only = replace(either, alternatives=(Alternative((1,), (0,)),))
    assert blind(rules(only))["both"].fields == ("prom",)
    without = replace(either, alternatives=(Alternative((0,), (1,)),))
    assert "both" not in blind(rules(without))
