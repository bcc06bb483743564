from sidelight.cli.profile import SHOWN, cost_lines
from sidelight.rules.cost import Cost, add_costs
from sidelight.rules.rule import Meta


def test_the_costliest_rules_come_first_and_the_rest_is_summed() -> None:
    metas = [Meta(f"r{n}", f"title {n}", "high", "", "", 1) for n in range(SHOWN + 3)]
    costs = {meta.id: Cost(n * 1_000_000, 10 * n, n) for n, meta in enumerate(metas)}
    counters, summary, _, head, *table = [
        line for line in cost_lines({"values": 1234}, costs, [*metas, metas[0]]) if line
    ]
    assert counters.split() == ["values", "1,234"]
    assert summary == f"{SHOWN + 3} of {SHOWN + 4} rules had to be looked at: 378.0 ms of CPU."
    assert head.split() == ["CPU", "ms", "rows", "hits", "rule"]
    assert table[0].split() == ["27.0", "270", "27", "title", "27"]
    assert table[-1].split() == ["3.0", "30", "3", "3", "more"]
    assert len(table) == SHOWN + 1


def test_no_rule_looked_at_is_said() -> None:
    assert "0 of 0 rules had to be looked at" in "\n".join(cost_lines({}, {}, []))


def test_costs_of_several_processes_add_up() -> None:
    costs = {"a": Cost(1, 2, 3)}
    add_costs(costs, {"a": Cost(10, 20, 30), "b": Cost(5, 6, 7)})
    assert costs == {"a": Cost(11, 22, 33), "b": Cost(5, 6, 7)}
