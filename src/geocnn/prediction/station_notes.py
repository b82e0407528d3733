"""Notes on what is not known of stations for lack of metadata."""

from collections.abc import Iterator, Sequence

from geocnn.io.responses import Responses
from geocnn.io.waveforms import Station
from geocnn.prediction.arrivals import Arrival
from geocnn.prediction.sensors import frame_at

__all__ = ["without_azimuths", "without_magnitudes"]


def without_magnitudes(stations: dict[bool, list[str]]) -> Iterator[str]:
    """Notes on stations without a response at all of the times of their picks (True), or at some (False)."""
    for always, those in stations.items():
        if those:
            yield (
                f"the StationXML has no response of the horizontal channels of {', '.join(those[:5])}"
                f"{' ...' * (len(those) > 5)} at {'' if always else 'some of '}the times of the picks, and without it "
                f"there is no magnitude from there{'' if always else ' at these times'}; ask for it with "
                "level=response."
            )


def without_azimuths(station: Station, arrivals: Sequence[Arrival], responses: Responses | None) -> list[str]:
    """Notes on why directions are not known for this station, or for some of its earthquakes."""
    placed = [(arrival.pick.time, arrival.pick.place) for arrival in arrivals if arrival.pick.place is not None]
    without = [time for time, place in placed if place.azimuth is None]
    whys = dict.fromkeys(frame_at(station, time, responses) for time in without)
    some = "some of " * (len(whys) > 1 or len(without) < len(placed))
    return [
        f"{station} {why}: {some}its earthquakes have a distance and no azimuth."
        for why in whys
        if isinstance(why, str)
    ]
