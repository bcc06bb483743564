from intel_samples import HERON, LANTERN, NETTLE, OBJECTS, STORK, kept, stated
from sidelight.intel.derive import derive
from sidelight.intel.knowledge import join
from sidelight.intel.web import telecom_actors, weave


def test_shared_tools_are_kept_first_and_what_is_left_out_is_counted() -> None:
    knowledge = derive(kept(OBJECTS))
    assert weave(knowledge, [HERON, STORK], tools=9, techniques=9).left_out == 0
    web = weave(knowledge, [HERON, STORK, HERON], tools=1, techniques=9)
    assert (web.actors, web.tools, web.left_out) == ((HERON, STORK), (NETTLE,), 1)
    assert {strand.actor for strand in web.strands} == {HERON, STORK}


def test_no_more_lines_are_drawn_than_can_be_followed_and_rare_ties_come_first() -> None:
    knowledge = derive(kept(OBJECTS))
    every = weave(knowledge, [HERON, STORK], tools=9, techniques=9)
    few = weave(knowledge, [HERON, STORK], tools=9, techniques=9, lines=4)
    assert (few.tools, len(few.strands)) == ((NETTLE,), 2)
    assert few.left_out == len({*every.tools, *every.techniques} - {NETTLE})


def test_a_tie_is_firm_only_where_somebody_states_it() -> None:
    knowledge = stated()
    (actor,) = telecom_actors(knowledge)
    (strand,) = weave(knowledge, [actor], tools=9, techniques=9).strands
    assert not strand.firm
    whole = join(knowledge, derive(kept(OBJECTS)))
    strands = {each.other: each for each in weave(whole, [HERON], tools=9, techniques=0).strands}
    assert strands[LANTERN].firm
