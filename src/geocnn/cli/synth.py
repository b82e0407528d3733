"""``geocnn synth``: synthetic surveys and seismograms with their labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from geocnn.words import number_of

if TYPE_CHECKING:
    from geocnn.travel import Layers

__all__ = ["synth"]

Preset = Literal["field", "plain", "faultseg3d"]
Form = Literal["sgy", "zarr", "npy"]


def synth(
    kind: Literal["structure", "earthquakes"] = "structure",
    /,
    *,
    preset: Preset | None = None,
    shape: tuple[int, ...] | None = None,
    form: Annotated[Form | None, Parameter(name="--format")] = None,
    seconds: float | None = None,
    rate: float | None = None,
    stations: Path | None = None,
    catalogue: Path | None = None,
    velocity_model: Path | None = None,
    noise: Path | None = None,
    number: Annotated[int, Parameter(name=["--number", "-n"])] = 1,
    seed: int = 0,
    out: Path = Path("synthetic"),
    overwrite: bool = False,
) -> None:
    """Make synthetic surveys or seismograms, each with its labels, and a sheet of pictures of them.

    Structure is folded and faulted, with fault (0 or 1), number and throw of the fault, relative geologic time, and
    the image without noise. Earthquakes are records of three components in miniSEED, m/s, with catalog.xml
    (QuakeML) and arrivals.csv: how strong they are beside the noise is drawn, faint ones too, and their magnitudes
    are those of their spectra alone. With --stations each earthquake is recorded at all of them, with travel times
    of a layered crust and amplitudes of its magnitude: a file a station and earthquake. The table then has every
    arrival with its signal-to-noise ratio, the catalogue those with 3 or more, and the sheet shows record sections.

    Args:
        kind: structure or earthquakes.
        preset: of structure; field (default) has the variation of real sections; faultseg3d is the published workflow,
            plain has wider ranges.
        shape: of structure, inlines, crosslines and time samples, or traces and time samples for sections; default
            128 128 128.
        form: of the files of structure, default sgy.
        seconds: length of a seismogram, default 30, with --stations 120.
        rate: of a seismogram, samples per second, default 100.
        stations: of a network, StationXML or a table with the columns network, station, latitude, longitude,
            elevation_m.
        catalogue: of its earthquakes, a table with the columns latitude, longitude, depth_km, magnitude, taken one
            after the other; without it they are drawn among and around the stations.
        velocity_model: of the crust, a table with the columns depth_km, of the top of a layer, vp_km_s, vs_km_s, for
            travel times; default IASP91 with --stations, else a crust of one velocity, drawn anew for each earthquake.
        noise: file or folder of seismograms; what is between their arrivals is the noise of the records, which have its
            unit then.
        number: how many.
        seed: of the series; the same seed gives the same ones.
        out: folder for the files and sheet.png.
        overwrite: replace files of an earlier call.
    """
    from geocnn.errors import DataError
    from geocnn.io.velocity_models import read_layers

    if number < 1:
        raise DataError(f"--number is {number}; 1 or more are needed.")
    own: tuple[Mapping[str, object], Mapping[str, object]] = (
        {"--preset": preset, "--shape": shape, "--format": form},
        {"--seconds": seconds, "--rate": rate, "--stations": stations, "--catalogue": catalogue}
        | {"--velocity-model": velocity_model, "--noise": noise},
    )
    if kind == "earthquakes":
        _refuse(own[0], "structure", kind)
        seconds = (30.0 if stations is None else 120.0) if seconds is None else seconds
        rate = 100.0 if rate is None else rate
        if not (1 <= seconds <= 86_400 and 10 <= rate <= 1000):
            raise DataError(f"--seconds is {seconds:g} and --rate {rate:g}; needed are 1 to 86400 s and 10 to 1000 Hz.")
        if noise is not None and (stations is not None or rate != 100):
            have = "--stations" if stations is not None else f"--rate {rate:g}"
            raise DataError(f"--noise is given with {have}; it is for single records of 100 samples per second.")
        layers = None if velocity_model is None else read_layers(velocity_model)
        if stations is not None:
            _network(stations, catalogue, layers, seconds, rate, number, seed, out, overwrite=overwrite)
        elif catalogue is not None:
            raise DataError(f"--catalogue is {catalogue}, of a network; give --stations with it, or leave it out.")
        else:
            _earthquakes(seconds, rate, noise, layers, number, seed, out, overwrite=overwrite)
    else:
        _refuse(own[1], "earthquakes", kind)
        _structure(preset or "field", shape or (128,) * 3, form or "sgy", number, seed, out, overwrite=overwrite)


def _refuse(given: Mapping[str, object], kind: str, asked: str) -> None:
    """Refuse options of the other kind.

    Raises:
        DataError: one is given.
    """
    from geocnn.errors import DataError

    for option, value in given.items():
        if value is not None:
            raise DataError(f"{option} is for {kind}, and {asked} is asked for; leave it out, or type synth {kind}.")


def _structure(
    preset: Preset, shape: tuple[int, ...], form: Form, number: int, seed: int, out: Path, *, overwrite: bool
) -> None:
    """Surveys and their sheet."""
    from geocnn.cli.text import free, say
    from geocnn.figures import save
    from geocnn.figures.structures import sheet
    from geocnn.io import as_grid
    from geocnn.surveys import survey_grid, write_survey
    from geocnn.synthetic.structure import PRESETS, structure

    ranges = PRESETS[preset]
    for index in range(number):
        suffix = f".{form}"
        files = write_survey(out, index, seed=seed, shape=shape, ranges=ranges, suffix=suffix, overwrite=overwrite)
        say(f"{files['seismic']} with {', '.join(name for name in files if name != 'seismic')}")
    shown = [structure(index, seed=seed, shape=shape, ranges=ranges) for index in range(min(number, 12))]
    picture, grid = out / "sheet.png", as_grid(shape) if form == "npy" else survey_grid(shape)  # .npy counts from 0
    say(f"picture {save(sheet(shown, grid), picture if overwrite else free(picture))}")


def _earthquakes(
    seconds: float,
    rate: float,
    noise: Path | None,
    layers: "Layers | None",
    number: int,
    seed: int,
    out: Path,
    *,
    overwrite: bool,
) -> None:
    """Seismograms and their sheet."""
    from geocnn.cli.text import free, say
    from geocnn.figures import save
    from geocnn.figures.seismograms import sheet
    from geocnn.recipes.quakes import recorded_noise
    from geocnn.seismograms import write_records
    from geocnn.synthetic.earthquakes import EarthquakeRanges, earthquake
    from geocnn.travel import TravelTimes

    size, ranges = round(seconds * rate), EarthquakeRanges()
    times = None if layers is None else TravelTimes.within(layers, ranges.distance[1], ranges.depth[1])
    recorded = None if noise is None else recorded_noise(str(noise), 1.0, None, size)
    made: dict[str, Any] = {"seed": seed, "size": size, "rate": rate, "noise": recorded, "times": times}
    files = write_records(out, number, **made, overwrite=overwrite)
    many = f"{number} records of {seconds:g} s, {files[0].name} to {files[number - 1].name}"
    say(f"{out}: {many if number > 1 else f'a record of {seconds:g} s, {files[0].name}'}")
    say(f"what is known: {files[-2]} and {files[-1]}")
    shown = [earthquake(k, **made) for k in range(min(number, 16))]
    picture, unit = out / "sheet.png", "m/s" if noise is None else ""
    say(f"picture {save(sheet(shown, unit=unit), picture if overwrite else free(picture))}")


def _network(
    stations: Path,
    catalogue: Path | None,
    layers: "Layers | None",
    seconds: float,
    rate: float,
    number: int,
    seed: int,
    out: Path,
    *,
    overwrite: bool,
) -> None:
    """Earthquakes at the stations of a network, and their sheet."""
    from geocnn.cli.text import free, say
    from geocnn.figures import save
    from geocnn.figures.record_section import record_sections
    from geocnn.io.hypocentres import read_hypocentres
    from geocnn.io.sites import read_sites, standing
    from geocnn.seismograms import write_network
    from geocnn.synthetic.network import FAR, Network
    from geocnn.travel import CRUST

    places = None if catalogue is None else read_hypocentres(catalogue)
    made: dict[str, Any] = {"layers": layers or CRUST, "seed": seed, "size": round(seconds * rate), "rate": rate}
    network = Network.of(standing(read_sites(stations)), places, **made)
    if places is not None and network.hypocentres is not None and len(network.hypocentres) < len(places):
        left = len(places) - len(network.hypocentres)
        far = f"{left} of {len(places)} earthquakes {'is' if left == 1 else 'are'} farther than {FAR:g} km"
        say(f"note: {far} from all stations and left out.")
    files = write_network(out, network, number, overwrite=overwrite)
    many = f"{number_of(number, 'earthquake')} at {len(network.sites)} stations, {seconds:g} s each"
    say(f"{out}: {many}, {files[0].name} to {files[-3].name}")
    say(f"what is known: {files[-2]} and {files[-1]}")
    shown = [network.record(index) for index in range(min(number, 6))]
    picture = out / "sheet.png"
    drawn = record_sections(shown, network.sites, network.layers)
    say(f"picture {save(drawn, picture if overwrite else free(picture))}")
