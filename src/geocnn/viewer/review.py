"""Review of a catalogue: picks are set, moved and removed, and every step can be undone."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from geocnn.errors import DataError
from geocnn.io.waveforms import Channel, Station
from geocnn.io.waveforms.pieces import SECOND, utc
from geocnn.io.waveforms.quakeml import Event, PhasePick
from geocnn.viewer.steps import Steps

__all__ = ["NumberedPick", "Review", "Step", "counted"]

_DELAY = 60 * SECOND
"""Largest time from a P wave to the S wave that belongs to it, ns."""
_SAME = 3 * SECOND // 10
"""A pick of the network within this time of another one of its phase, ns, belongs to the same wave."""
_TWICE = SECOND // 100
"""Two picks of a phase within this time, ns, are a mistake: files could not tell them apart."""

_Key = tuple[str, str, str]
"""Network, station and location of a channel."""


class NumberedPick(NamedTuple):
    """A pick with its number and the number of its event.

    Attributes:
        number: number of the pick; it stays the same when the pick is moved, and is never used for another pick.
        pick: the pick.
        event: number of its event.
    """

    number: int
    pick: PhasePick
    event: int


@dataclass(frozen=True, slots=True)
class _Numbered:
    """An event with the numbers of its picks."""

    event: Event
    numbers: tuple[int, ...]

    @property
    def pairs(self) -> list[tuple[int, PhasePick]]:
        return list(zip(self.numbers, self.event.picks, strict=True))


@dataclass(frozen=True, eq=False)
class Step:
    """A step of the review.

    Attributes:
        words: description for users.
        before: events before the step, by number; None for an event that did not exist.
        after: the same events after the step; None for an event that no longer exists.
        refused: automatic pick that an analyst has moved or removed; None for other steps.
    """

    words: str
    before: Mapping[int, _Numbered | None]
    after: Mapping[int, _Numbered | None]
    refused: PhasePick | None = None


class Review:
    """The events of a catalogue, and the changes that an analyst makes to their picks.

    A pick that is set or moved counts as an analyst's: it has no probability and no uncertainty. A pick that is moved
    stays in its event, which keeps origin and magnitude. An event without picks is removed.

    Args:
        events: of the catalogue.

    Attributes:
        version: number that grows with every change.
        saved: last step that is in a file; None if the catalogue itself is the latest file.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.saved: Step | None = None
        self._events: dict[int, _Numbered] = {}
        self._picks: dict[int, tuple[PhasePick, int]] = {}  # picks by number, each with the number of its event
        self._at: defaultdict[_Key, set[int]] = defaultdict(set)
        self._network: set[int] = set()
        self._steps: Steps[Step] = Steps()
        self._next_pick = self.version = 0
        for number, event in enumerate(events):
            if event.picks or event.origin or event.original:  # other events cannot be written
                self._put({number: self._numbered(event)})
        self._next_event = max(self._events, default=-1) + 1

    @property
    def events(self) -> list[Event]:
        """Events of the catalogue in its order, then new ones."""
        return [event for _, event in self.numbered]

    @property
    def numbered(self) -> list[tuple[int, Event]]:
        """The same events with their numbers, which do not change when others are removed."""
        return [(number, self._events[number].event) for number in sorted(self._events)]

    @property
    def latest(self) -> Step | None:
        """Step that can be undone; None if there is none."""
        return self._steps.latest

    @property
    def following(self) -> Step | None:
        """Step that can be redone; None if there is none."""
        return self._steps.following

    @property
    def changed(self) -> bool:
        """Whether there are unsaved changes."""
        return self.latest is not self.saved

    def has(self, event: int) -> bool:
        """Whether an event exists."""
        return event in self._events

    def count(self, station: Station) -> int:
        """Number of picks of a station."""
        return sum(len(self._at[key]) for key in _keys(station))

    def at(self, station: Station) -> list[NumberedPick]:
        """Picks of a station, by time; picks without network or location code belong to any."""
        found = [NumberedPick(number, *self._picks[number]) for key in _keys(station) for number in self._at[key]]
        return sorted(found, key=lambda one: (one.pick.time, one.number))

    def add(self, station: Station, phase: str, time: int) -> int:
        """Set a pick; it joins the event of a pick of the other phase at the station, or gets an event of its own.

        An S wave joins the last P wave within 60 s before it whose event has no S wave. A P wave joins the first S wave
        within 60 s after it whose event has no P wave, unless another P wave lies in between.

        Args:
            station: station of the pick.
            phase: P or S.
            time: ns since 1970.

        Returns:
            The number of the pick.

        Raises:
            DataError: there is such a pick already.
        """
        own = self.at(station)
        _check_alone(own, phase, time)
        number = self._new_pick()
        found = _partner(own, phase, time)
        event = self._new_event() if found is None else found
        pick = PhasePick(_channel(station, phase, time), phase, time, mode="manual")
        old = self._events.get(event)
        after = _with(old, [*(() if old is None else old.pairs), (number, pick)])
        self._do(f"{_named(pick)} set at {_when(time)}", {event: after})
        return number

    def move(self, station: Station, number: int, time: int) -> None:
        """Move a pick of a station to another time, ns since 1970.

        Amplitudes, which were measured at its old time, are removed; a first motion seen by an analyst stays.

        Raises:
            DataError: the pick no longer exists, or there is another one at that time.
        """
        pick, event = self._pick(number)
        _check_alone([one for one in self.at(station) if one.number != number], pick.phase, time)
        motion = pick.polarity if pick.mode == "manual" else 0
        moved = PhasePick(pick.channel, pick.phase, time, polarity=motion, mode="manual")
        old = self._events[event]
        after = _with(old, [(one, moved if one == number else other) for one, other in old.pairs])
        before, now = _when(pick.time), _when(time)
        self._do(f"{_named(pick)} moved from {before} to {now.removeprefix(before[:11])}", {event: after}, pick)

    def remove(self, number: int) -> None:
        """Remove a pick.

        Raises:
            DataError: it no longer exists.
        """
        pick, event = self._pick(number)
        old = self._events[event]
        after = _with(old, [pair for pair in old.pairs if pair[0] != number])
        self._do(f"{_named(pick)} at {_when(pick.time)} removed", {event: after}, pick)

    def take(
        self,
        station: Station,
        span: tuple[int, int],
        found: Sequence[PhasePick],
        together: Callable[[Sequence[PhasePick]], Sequence[Event]],
    ) -> int:
        """Take picks of the network, replacing its earlier picks in a span that nobody has changed since.

        Picks are left out that lie within 0.3 s of another pick of the same phase, or of an automatic one that has been
        moved or removed, unless that was undone.

        Args:
            station: station of the picks.
            span: start and end of the span, ns since 1970.
            found: picks of the network in the span, by time.
            together: groups new picks into events.

        Returns:
            How many of the picks are new.
        """
        own = self.at(station)
        mine = [one for one in own if one.pick.channel.code[:-1].upper() == station.instrument]
        old = {one.number for one in mine if one.number in self._network and _within(one.pick, span)}
        keys = _keys(station)
        refused = [pick for step in self._steps.done if (pick := step.refused) is not None and _key(pick) in keys]
        found = _unlike(found, refused)
        fresh = _unlike(found, [one.pick for one in own if one.number not in old])
        after: dict[int, _Numbered | None] = {}
        for event in {one.event for one in own if one.number in old}:
            numbered = self._events[event]
            if old.issuperset(numbered.numbers):
                after[event] = None
                continue
            pairs = []  # the event has been changed; picks that the network finds again stay in it
            for number, pick in numbered.pairs:
                again = [one for one in fresh if _alike(one, pick)] if number in old else [pick]
                pairs += [(number, one) for one in again[:1]]
                fresh = [one for one in fresh if one not in again[:1]]
            after[event] = _with(numbered, pairs)
        new = {self._new_event(): self._numbered(event) for event in together(fresh)}
        was, will = (
            sorted((one.event.picks for one in events if one is not None), key=lambda picks: picks[0].time)
            for events in ([self._events[event] for event in after], [*after.values(), *new.values()])
        )
        if was != will:
            self._network.update(number for one in new.values() for number in one.numbers)
            where = f"{station.network}.{station.name} picked from {_when(span[0])} on"
            self._do(f"{counted(found)} of {where}", after | new)
        return len(_unlike(found, [one.pick for one in own]))

    def undo(self) -> str:
        """Undo the latest step and return its description.

        Raises:
            DataError: there is none.
        """
        step = self._steps.undo()
        self._put(step.before)
        return step.words

    def redo(self) -> str:
        """Redo the step that was undone last, and return its description.

        Raises:
            DataError: there is none.
        """
        step = self._steps.redo()
        self._put(step.after)
        return step.words

    def _do(self, words: str, after: Mapping[int, _Numbered | None], changed: PhasePick | None = None) -> None:
        """Do a step; ``changed`` is the pick that it moves or removes."""
        refused = changed if changed is not None and changed.mode == "automatic" else None
        self._steps.add(Step(words, {event: self._events.get(event) for event in after}, after, refused))
        self._put(after)

    def _put(self, events: Mapping[int, _Numbered | None]) -> None:
        """Set events by number; None removes an event."""
        self.version += 1
        for event, new in events.items():
            old = self._events.pop(event, None)
            for number, pick in () if old is None else old.pairs:
                self._at[_key(pick)].discard(number)
                del self._picks[number]
            if new is not None:
                self._events[event] = new
                for number, pick in new.pairs:
                    self._at[_key(pick)].add(number)
                    self._picks[number] = pick, event

    def _pick(self, number: int) -> tuple[PhasePick, int]:
        """A pick, and the number of its event."""
        if number not in self._picks:
            raise DataError("that pick is gone; somebody has removed it, perhaps in another window of this page.")
        return self._picks[number]

    def _numbered(self, event: Event) -> _Numbered:
        return _Numbered(event, tuple(self._new_pick() for _ in event.picks))

    def _new_pick(self) -> int:
        self._next_pick += 1
        return self._next_pick - 1

    def _new_event(self) -> int:
        self._next_event += 1
        return self._next_event - 1


def counted(picks: Iterable[PhasePick]) -> str:
    """Number of P and S picks, in words."""
    phases = [_kind(pick.phase) for pick in picks]
    return f"{phases.count('P')} P and {phases.count('S')} S"


def _with(old: _Numbered | None, pairs: Sequence[tuple[int, PhasePick]]) -> _Numbered | None:
    """An event with other picks, by time, and without rays and station magnitudes; None without picks."""
    if not pairs:
        return None
    ordered = sorted(pairs, key=lambda pair: pair[1].time)
    event = Event(()) if old is None else old.event
    made = replace(
        event,
        picks=tuple(pick for _, pick in ordered),
        origin=None if event.origin is None else replace(event.origin, rays=()),
        magnitude=event.magnitude and event.magnitude.bare,
    )
    return _Numbered(made, tuple(number for number, _ in ordered))


def _partner(own: Sequence[NumberedPick], phase: str, time: int) -> int | None:
    """Event that a new pick of a station joins; None for an event of its own."""
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    for one in own:
        kinds[one.event].add(_kind(one.pick.phase))
    other, sign = ("P", -1) if phase == "S" else ("S", 1)
    away = {
        sign * (one.pick.time - time): one.event
        for one in own
        if _kind(one.pick.phase) == other and phase not in kinds[one.event]
    }
    most = _DELAY
    if phase == "P":  # S waves after another P wave do not belong to this one
        following = [one.pick.time - time for one in own if _kind(one.pick.phase) == "P" and one.pick.time > time]
        most = min([most, *following])
    return min(((delay, event) for delay, event in away.items() if 0 < delay <= most), default=(0, None))[1]


def _check_alone(own: Iterable[NumberedPick], phase: str, time: int) -> None:
    """Refuse a pick where there is one of the same phase.

    Raises:
        DataError: there is one.
    """
    if any(one.pick.phase == phase and abs(one.pick.time - time) < _TWICE for one in own):
        raise DataError(f"there is a pick of {phase} at {_when(time)} already.")


def _unlike(picks: Sequence[PhasePick], others: Iterable[PhasePick]) -> list[PhasePick]:
    """Picks that belong to none of the waves of other picks."""
    times: defaultdict[str, list[int]] = defaultdict(list)
    for other in sorted(others, key=lambda one: one.time):
        times[_kind(other.phase)].append(other.time)

    def near(pick: PhasePick) -> list[int]:
        known = times[_kind(pick.phase)]
        return known[bisect_left(known, pick.time - _SAME) : bisect_left(known, pick.time + _SAME + 1)]

    return [pick for pick in picks if not near(pick)]


def _alike(pick: PhasePick, other: PhasePick) -> bool:
    """Whether two picks are of the same wave."""
    return _kind(pick.phase) == _kind(other.phase) and abs(pick.time - other.time) <= _SAME


def _within(pick: PhasePick, span: tuple[int, int]) -> bool:
    """Whether a pick is automatic and lies in a span."""
    return pick.mode == "automatic" and span[0] <= pick.time <= span[1]


def _kind(phase: str) -> str:
    """First letter of a phase: P for Pn and Pg."""
    return phase[:1].upper()


def _named(pick: PhasePick) -> str:
    return f"{pick.phase or 'pick'} of {pick.channel.network}.{pick.channel.station}"


def _keys(station: Station) -> set[_Key]:
    """Codes that picks of a station may have."""
    return {(network, station.name, at) for network in ("", station.network) for at in ("", station.location)}


def _key(pick: PhasePick) -> _Key:
    return pick.channel.network, pick.channel.station, pick.channel.location


def _channel(station: Station, phase: str, time: int) -> Channel:
    """Channel on which a phase is picked: vertical for P waves, horizontal for S waves, if the station has such."""
    there = (station.channel_at(row, time) for row in ((0, 1, 2) if phase == "P" else (1, 2, 0)))
    return next(channel for channel in there if channel is not None)


def _when(time: int) -> str:
    """A time in the description of a step, to the hundredth of a second."""
    return utc(time, 2).removesuffix("Z").replace("T", " ")
