"""A review of picks: which event a pick belongs to, what is kept of it, and every step back and forth."""

import re
from dataclasses import replace

import numpy as np
import pytest

from geocnn.errors import DataError
from geocnn.io.waveforms import ArrayPiece, Channel, Station
from geocnn.io.waveforms.pieces import SECOND
from geocnn.io.waveforms.quakeml import Amplitude, Event, Magnitude, Origin, PhasePick, Ray
from geocnn.viewer.review import Review, counted

START = 1_767_225_600 * SECOND


def station(name="AAA", letters="ZNE", location=""):
    channels = [Channel("XX", name, location, f"HH{letter}") for letter in letters]
    pieces = [[ArrayPiece.of(channel, START, 100.0, np.zeros(10))] for channel in channels]
    pieces += [[]] * (3 - len(pieces))
    return Station("XX", name, location, "HH", (pieces[0], pieces[1], pieces[2]))


AAA, BBB = station(), station("BBB")


def at(seconds):
    return START + round(seconds * SECOND)


def pick(phase, seconds, name="AAA", **known):
    known = {"probability": 0.9, "uncertainty": 0.05} | known
    return PhasePick(Channel("XX", name, "", "HHZ"), phase, at(seconds), **known)


def groups(review):
    """Phases and seconds of each event."""
    return [" ".join(f"{p.phase}{(p.time - START) / SECOND:g}" for p in event.picks) for event in review.events]


def alone(picks):
    return [Event((one,)) for one in picks]


def refused(words):
    return pytest.raises(DataError, match=f"^{re.escape(words)}$")


def test_an_s_belongs_to_the_last_p_without_one():
    review = Review([Event((pick("P", 10),)), Event((pick("P", 20),)), Event((pick("P", 30), pick("S", 33)))])
    review.add(AAA, "S", at(35))
    assert groups(review) == ["P10", "P20 S35", "P30 S33"]
    review.add(AAA, "S", at(36))
    assert groups(review) == ["P10 S36", "P20 S35", "P30 S33"]
    review.add(AAA, "S", at(37))
    assert groups(review) == ["P10 S36", "P20 S35", "P30 S33", "S37"]


@pytest.mark.parametrize(("late", "joined"), [(0.02, True), (60, True), (60.001, False), (-0.02, False)])
def test_an_s_comes_up_to_60_s_after_its_p(late, joined):
    review = Review([Event((pick("Pg", 10),))])
    review.add(AAA, "S", at(10 + late))
    assert len(review.events) == (1 if joined else 2)


def test_a_p_takes_over_an_s_that_is_alone_at_its_station():
    review = Review([Event((pick("S", 30),)), Event((pick("P", 20), pick("S", 26))), Event((pick("S", 95),))])
    review.add(AAA, "P", at(24))
    assert groups(review) == ["P24 S30", "P20 S26", "S95"]
    review.add(AAA, "P", at(34))
    assert groups(review) == ["P24 S30", "P20 S26", "S95", "P34"]  # more than 60 s before
    other = Review([Event((pick("P", 8, "BBB"), pick("S", 12)))])
    other.add(AAA, "P", at(9))
    assert groups(other) == ["P8 P9 S12"]


def test_a_p_has_no_s_from_behind_another_p():
    review = Review([Event((pick("P", 20), pick("S", 23))), Event((pick("S", 26),))])
    review.add(AAA, "P", at(15))
    assert groups(review) == ["P20 S23", "S26", "P15"]
    review.add(AAA, "P", at(25))
    assert groups(review) == ["P20 S23", "P25 S26", "P15"]


def test_picks_of_other_stations_are_no_partners():
    review = Review([Event((pick("P", 10),))])
    review.add(BBB, "S", at(12))
    assert groups(review) == ["P10", "S12"]
    assert [one.pick.phase for one in review.at(BBB)] == ["S"]
    assert (review.count(AAA), review.count(BBB)) == (1, 1)


def test_picks_without_all_codes_are_those_of_the_station():
    known = [Channel("", "AAA", "", "HHZ"), Channel("XX", "AAA", "00", ""), Channel("XX", "AAA", "10", "HHZ")]
    review = Review(alone(replace(pick("P", 10 * k), channel=channel) for k, channel in enumerate(known)))
    assert [one.number for one in review.at(station(location="00"))] == [0, 1]
    assert review.count(station(location="00")) == 2


def test_a_pick_that_is_set_is_of_an_analyst():
    review = Review([])
    number = review.add(AAA, "P", at(10.0014))
    review.add(station(letters="ZNE"), "S", at(12))
    (event,) = review.events
    assert event.picks[0] == PhasePick(Channel("XX", "AAA", "", "HHZ"), "P", at(10.0014), mode="manual")
    assert [one.channel.code for one in event.picks] == ["HHZ", "HHN"]
    assert review.at(AAA)[0].number == number
    review.add(station("BBB", "Z"), "S", at(12))
    assert review.events[-1].picks[0].channel.code == "HHZ"  # there is no other one


def test_a_pick_that_is_moved_keeps_its_event_and_loses_what_was_measured():
    origin = Origin(at(8), -21.0, -69.5, 12.0, rays=(Ray(10.0, 20.0, 0.1), Ray(10.0, 20.0, 0.1)))
    known = Event(
        (
            pick("P", 10, polarity=-1, amplitude=Amplitude(3.0, "HHZ", 2.0), wood_anderson=4.0),
            pick("S", 14, mode="manual", polarity=1),
        ),
        origin,
        Magnitude(2.3, "ML", 0.1, of_picks=((1, 2.3),)),
        comment="felt",
    )
    review = Review([known])
    p, s = (one.number for one in review.at(AAA))
    review.move(AAA, p, at(15.0014))
    review.move(AAA, s, at(13))
    (event,) = review.events
    bare = {"probability": None, "uncertainty": None, "mode": "manual"}
    assert event.picks == (pick("S", 13, polarity=1, **bare), pick("P", 15.0014, **bare))
    assert event.origin == replace(origin, rays=())
    assert (event.magnitude, event.comment) == (Magnitude(2.3, "ML", 0.1, stations=1), "felt")
    assert [one.number for one in review.at(AAA)] == [s, p]
    review.undo()
    review.undo()
    assert review.events == [known]


def test_an_event_goes_with_its_last_pick_and_comes_back_with_undo():
    known = [Event((pick("P", 10),), Origin(at(8), -21.0, -69.5)), Event((pick("P", 20), pick("S", 23)))]
    review = Review(known)
    p = review.at(AAA)[0]
    review.remove(p.number)
    assert groups(review) == ["P20 S23"]
    assert not review.has(p.event)
    with refused("that pick is gone; somebody has removed it, perhaps in another window of this page."):
        review.remove(p.number)
    with refused("that pick is gone; somebody has removed it, perhaps in another window of this page."):
        review.move(AAA, p.number, at(3))
    assert review.undo() == "P of XX.AAA at 2026-01-01 00:00:10.00 removed"
    assert review.events == known
    assert review.at(AAA)[0] == p


def test_events_without_picks_stay_and_those_of_which_nothing_is_known_are_left_out():
    located = Event((), Origin(at(8), -21.0, -69.5))
    review = Review([Event(()), located, Event((pick("P", 1),))])
    assert review.events == [located, Event((pick("P", 1),))]
    assert [review.has(number) for number in range(3)] == [False, True, True]
    review.add(AAA, "P", at(100))
    assert groups(review) == ["", "P1", "P100"]


def test_every_step_goes_back_and_forth():
    review = Review([Event((pick("P", 10), pick("S", 14)))])
    states = [(review.events, review.at(AAA))]

    def step(work):
        work()
        states.append((review.events, review.at(AAA)))

    first, second = (one.number for one in review.at(AAA))
    step(lambda: review.add(AAA, "P", at(30)))
    step(lambda: review.move(AAA, first, at(9.5)))
    step(lambda: review.remove(second))
    step(lambda: review.take(AAA, (at(0), at(60)), [pick("S", 33), pick("P", 50)], alone))
    assert len({str(state) for state in states}) == 5
    for state in states[-2::-1]:
        review.undo()
        assert (review.events, review.at(AAA)) == state
    with refused("there is nothing to undo."):
        review.undo()
    for state in states[1:]:
        review.redo()
        assert (review.events, review.at(AAA)) == state
    with refused("there is nothing to do again."):
        review.redo()
    review.undo()
    review.add(AAA, "P", at(55))
    assert review.following is None  # what was undone has another past now
    assert max(one.number for one in review.at(AAA)) > max(one.number for one in states[-1][1])


def test_what_no_file_has_is_told():
    review = Review([Event((pick("P", 10),))])
    assert not review.changed
    review.add(AAA, "S", at(14))
    assert review.changed
    review.saved = review.latest
    assert not review.changed
    review.undo()
    assert review.changed
    review.redo()
    assert not review.changed


@pytest.mark.parametrize(("phase", "seconds", "there"), [("P", 10.004, True), ("P", 10.02, False), ("S", 10, False)])
def test_a_pick_where_there_is_one_is_refused(phase, seconds, there):
    review = Review([Event((pick("P", 10),)), Event((pick(phase, 20),))])
    number = review.at(AAA)[1].number
    if not there:
        review.add(AAA, phase, at(seconds))
        review.undo()
        review.move(AAA, number, at(seconds))
        return
    for work in (lambda: review.add(AAA, phase, at(seconds)), lambda: review.move(AAA, number, at(seconds))):
        with refused("there is a pick of P at 2026-01-01 00:00:10.00 already."):
            work()
    assert (review.latest, len(review.events)) == (None, 2)
    review.move(AAA, number, at(20.004))  # itself is no other one


def pairs(picks):
    """P with an S that comes next, as the network's own rule has them."""
    made = []
    for one in picks:
        if one.phase == "S" and made and len(made[-1].picks) == 1 and made[-1].picks[0].phase == "P":
            made[-1] = Event((*made[-1].picks, one))
        else:
            made.append(Event((one,)))
    return made


def test_picks_of_the_network_join_those_that_are_there():
    review = Review([Event((pick("P", 10),)), Event((pick("S", 14, mode="manual"),))])
    found = [pick("P", 10.29), pick("S", 14.31), pick("P", 30), pick("S", 33)]
    assert review.take(AAA, (at(0), at(60)), found, pairs) == 3
    assert groups(review) == ["P10", "S14", "S14.31", "P30 S33"]
    assert all(one.pick.probability == 0.9 for one in review.at(AAA) if one.pick.mode == "automatic")
    assert counted(found) == "2 P and 2 S"


def test_picking_again_replaces_what_nobody_has_touched():
    review = Review([Event((pick("P", 5),))])
    found = [pick("P", 10), pick("S", 13), pick("P", 30), pick("S", 33), pick("P", 50), pick("S", 53)]
    review.take(AAA, (at(8), at(60)), found, pairs)
    numbers = {one.pick.time: one.number for one in review.at(AAA)}
    review.move(AAA, numbers[at(30)], at(29))
    after = groups(review)
    assert after == ["P5", "P10 S13", "P29 S33", "P50 S53"]
    step = review.latest

    # The same again: what was moved away is not picked anew.
    assert review.take(AAA, (at(8), at(28)), found[:2], pairs) == 0
    assert review.take(AAA, (at(8), at(60)), found, pairs) == 0
    assert review.latest is step
    assert groups(review) == after

    # Something else in a part: the rest stays, and so does the S whose P was moved, as long as it is found.
    review.take(AAA, (at(8), at(40)), [pick("P", 11), pick("S", 33.1)], pairs)
    assert groups(review) == ["P5", "P29 S33.1", "P50 S53", "P11"]
    review.take(AAA, (at(8), at(60)), [], pairs)
    assert groups(review) == ["P5", "P29"]


def test_what_somebody_has_removed_is_not_picked_again_until_that_is_undone():
    review = Review([Event((pick("P", 5),))])
    found = [pick("P", 5.1), pick("P", 10), pick("S", 13)]
    review.take(AAA, (at(0), at(60)), found, pairs)
    for time in (5, 10):
        review.remove(next(one.number for one in review.at(AAA) if one.pick.time == at(time)))
    assert groups(review) == ["S13"]
    assert review.take(AAA, (at(0), at(60)), found, pairs) == 0
    assert groups(review) == ["S13"]
    review.undo()
    assert review.take(AAA, (at(0), at(60)), found, pairs) == 0
    assert groups(review) == ["P10 S13"]
    review.add(AAA, "P", at(5.1))  # by hand it comes back, and goes again for good
    review.remove(next(one.number for one in review.at(AAA) if one.pick.mode == "manual"))
    assert review.take(AAA, (at(0), at(60)), found, pairs) == 0
    assert groups(review) == ["P10 S13"]
    assert review.take(BBB, (at(0), at(60)), [pick("P", 5.1, "BBB")], pairs) == 1


def test_versions_grow():
    review = Review([])
    seen = [review.version]
    number = review.add(AAA, "P", at(10))
    for work in (lambda: None, review.undo, review.redo, lambda: review.remove(number)):
        work()
        seen.append(review.version)
    assert seen == sorted(set(seen))


def test_what_the_network_picks_at_one_instrument_leaves_the_picks_of_another():
    """Of one location, in a window in which the instrument was changed."""
    old, review = replace(AAA, instrument="EH"), Review([])
    early = [replace(one, channel=replace(one.channel, code="EHZ")) for one in (pick("P", 10), pick("P", 15))]
    assert review.take(AAA, (at(0), at(60)), [pick("P", 40)], alone) == 1
    assert review.take(old, (at(0), at(60)), early, alone) == 2
    assert groups(review) == ["P40", "P10", "P15"]
    assert review.take(old, (at(0), at(60)), early[:1], alone) == 0
    assert groups(review) == ["P40", "P10"]
