"""Options that several verbs share."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from geocnn.interpretation import Interpretation
    from geocnn.io.source import Source
    from geocnn.location import Crust

__all__ = ["CatalogueOptions", "FaultOptions", "PickOptions", "RunOptions", "SurveyOptions", "given"]


@Parameter(name="*")
@dataclass(frozen=True)
class SurveyOptions:
    """What a user may know better than the headers of a file.

    Args:
        inline_byte: SEG-Y trace header byte of the inline number, if not found by itself.
        crossline_byte: SEG-Y trace header byte of the crossline number.
        ndim: 3 insists on a cube, 2 takes all traces as one line.
        domain: depth if the vertical axis is in metres, or in feet where the headers are; SEG-Y headers do not tell.
        sample_interval: in ms (m in depth), where the headers do not tell.
    """

    inline_byte: int | None = None
    crossline_byte: int | None = None
    ndim: Literal[2, 3] | None = None
    domain: Literal["time", "depth"] = "time"
    sample_interval: float | None = None

    def open(self, file: Path) -> "Source":
        """Open a survey with these options."""
        from geocnn import io

        return io.open(
            file,
            inline_byte=self.inline_byte,
            crossline_byte=self.crossline_byte,
            ndim=self.ndim,
            domain=self.domain,
            sample_interval=self.sample_interval,
        )

    def open_result(self, path: Path, like: "Source | None" = None) -> "Source":
        """Open a result of a survey that was opened with these options; only SEG-Y still needs them.

        Args:
            path: of the result.
            like: the survey, from which a .npy file, which has no axes of its own, has those.
        """
        from geocnn import io

        if like is not None and path.suffix.lower() == ".npy":
            import numpy as np

            return io.ArraySource(np.load(path, mmap_mode="r"), like.grid, path)
        plain = path.suffix.lower() in (".zarr", ".npy") or path.is_dir()
        return io.open(path) if plain else self.open(path)


@Parameter(name="*")
@dataclass(frozen=True)
class RunOptions:
    """How a network is applied to a survey.

    Args:
        tile: samples of a tile per axis, for example --tile 128 128 128; default as large as --memory allows.
        memory: for the whole process, for example 4GB, with --workers for each of them; default half of what the
            machine has.
        precision: bf16 is faster where the processor has it, float32 does not depend on the tile size.
        samples: of the result; int8 holds whole per cent in a quarter of the size.
        stretch: new samples per sample along each axis for the network, for example --stretch 1 1 0.5; the result is on
            the survey's own grid. Of networks of geocnn train faults default what the spectrum and the spacing of the
            survey ask for, in most none, as --stretch auto says; --stretch 1 leaves it as it is.
        tta: the mean of a line and its mirror image, of a cube and its three, which takes two or four times as long.
        uncertainty: file for their standard deviation, for one survey; with --tta.
        log: file to which a line of JSON is appended for every part that is finished, with rate, time left and memory.
        workers: processes of this machine that share the work, or take a file each where there are as many; needs
            pip install 'geocnn[dask]'.
        scheduler: address of a Dask cluster whose workers share the work instead; they need the same files.
    """

    tile: tuple[int, ...] | None = None
    memory: str | None = None
    precision: Literal["float32", "bf16", "auto"] = "float32"
    samples: Literal["float32", "int8"] = "float32"
    stretch: tuple[float | Literal["auto"], ...] | None = None
    tta: bool = False
    uncertainty: Path | None = None
    log: Path | None = None
    workers: int | None = None
    scheduler: str | None = None

    @property
    def factors(self) -> tuple[float, ...] | Literal["auto"]:
        """New samples per sample, as :func:`geocnn.predict` takes them.

        Raises:
            DataError: numbers and auto.
        """
        numbers = tuple(factor for factor in self.stretch or () if factor != "auto")
        if self.stretch is not None and len(numbers) not in (0, len(self.stretch)):
            from geocnn.errors import DataError

            given = " ".join(f"{factor:g}" if isinstance(factor, float) else factor for factor in self.stretch)
            raise DataError(f"--stretch is {given}; give auto alone, or a number for each axis.")
        return numbers or "auto"


@Parameter(name="*")
@dataclass(frozen=True)
class PickOptions:
    """How seismograms are picked.

    Args:
        channels: of seismograms, a pattern for those that are wanted, such as "CX.PB0?..HH?".
        stations: where seismometers are, StationXML or a table with the columns network, station, latitude, longitude,
            elevation_m: earthquakes are located and a map is drawn, with magnitudes where StationXML has responses.
        crust: velocities of P and S waves about the stations, km/s, by which earthquakes are located; default 6.0 3.45,
            or the means of the velocity model.
        velocity_model: of the crust, a table with the columns depth_km, of the top of a layer, vp_km_s, vs_km_s: the
            places of earthquakes are then those of travel times in layers.
        associate: geocnn, or pyocto, whose earthquakes of three stations or more are taken first (with
            geocnn[associate]).
        detector: network that tells from one station where an earthquake is, a run folder of geocnn train detector, or
            none.
    """

    channels: str | None = None
    stations: Path | None = None
    crust: tuple[float, float] | None = None
    velocity_model: Path | None = None
    associate: Literal["geocnn", "pyocto"] = "geocnn"
    detector: str = "detector"

    def velocities(self) -> "Crust":
        """By which earthquakes are located.

        Raises:
            MissingError: no such file.
            FormatError: the velocity model is none.
            DataError: velocities that cannot be, or what says how earthquakes are located without where stations are.
        """
        from geocnn.errors import DataError
        from geocnn.io.velocity_models import read_layers
        from geocnn.location import Crust

        idle = [option for option in given(self) if option in ("--crust", "--velocity-model", "--associate")]
        if idle and self.stations is None:
            raise DataError(
                f"{idle[0]} says how earthquakes are located, and that takes the places of the stations; give "
                "--stations as well."
            )
        layers = None if self.velocity_model is None else read_layers(self.velocity_model)
        if self.crust is not None:
            return Crust(*self.crust, layers)
        return Crust() if layers is None else Crust.of(layers)


@Parameter(name="*")
@dataclass(frozen=True)
class CatalogueOptions(PickOptions):
    """How seismograms are picked that are all there.

    Args:
        probabilities: folder for what the network says of every sample of seismograms, miniSEED, a file a day.
    """

    probabilities: Path | None = None


@Parameter(name="*")
@dataclass(frozen=True)
class FaultOptions:
    """What is made of fault probabilities.

    Args:
        threshold: probability from which on a voxel can be on a fault, of seismograms that of an arrival; default that
            of the network, of a result alone that of the faults network for lines or cubes.
        min_size: faults with fewer voxels are left out.
        thin: survey for the probability on faults one voxel wide, 0 elsewhere.
        table: .csv for a row a fault: number, size, extent, strike and dip.
        sticks: text file for fault sticks.
        sticks_format: as OpendTect or Petrel imports them.
        every: sticks are drawn on every so many inlines.
        spacing: metres between neighbouring lines, inlines and crosslines, of a line between traces; default what the
            coordinates in the headers say, else 25.
        velocity: m/s, with which two-way time becomes depth for dips.
    """

    threshold: float | None = None
    min_size: int = 50
    thin: Path | None = None
    table: Path | None = None
    sticks: Path | None = None
    sticks_format: Annotated[Literal["opendtect", "petrel"], Parameter(name="--sticks-format")] = "opendtect"
    every: int = 10
    spacing: tuple[float, ...] | None = None
    velocity: float = 2000.0

    @property
    def files(self) -> list[tuple[str, Path]]:
        """Files that are asked for, and what they hold."""
        wanted = (("thin", self.thin), ("table", self.table), ("sticks", self.sticks))
        return [(what, path) for what, path in wanted if path is not None]

    def facts(self, found: "Interpretation") -> list[tuple[str, str]]:
        """How the faults were found, and how many."""
        count = len(found.objects)
        return [
            ("threshold", f"{found.threshold:g}"),
            ("faults", f"{count or 'none'} of {self.min_size} voxels or more"),
            *(("note", note) for note in found.notes),
        ]

    def check(
        self, source: "Source", classes: tuple[str, ...], results: Sequence[Path], page: Path | None, *, overwrite: bool
    ) -> None:
        """Find out before any work whether the files can be made.

        Raises:
            DataError: the network gives numbers of classes instead of a probability, or a number cannot be.
            TargetError: a file cannot be written, or two have the same name.
        """
        from geocnn.errors import DataError, TargetError
        from geocnn.interpretation import check_numbers, check_targets

        wanted = [what for what, _ in self.files] + ["page"] * (page is not None)
        if wanted and len(classes) != 1:
            raise DataError(
                f"--{wanted[0]} is of fault probabilities, but the network gives the classes "
                f"{', '.join(classes)}; leave it out."
            )
        paths = [*results, *(path for _, path in self.files), *([page] if page is not None else [])]
        if len({path.resolve() for path in paths}) < len(paths):
            raise TargetError("two of the files would have the same name; give each of them one of its own.")
        numbers = {name: vars(self)[name] for name in ("threshold", "min_size", "every", "spacing", "velocity")}
        check_numbers(source.grid, **numbers)
        check_targets(dict(self.files), source, overwrite=overwrite)
        if page is not None:
            from geocnn.figures.page import check_page

            check_page(page, source, overwrite=overwrite)

    def interpret(self, result: "Source", *, overwrite: bool, show_progress: bool) -> "Interpretation":
        """Find the faults and write the files."""
        from geocnn.interpretation import interpret

        return interpret(result, **vars(self), overwrite=overwrite, show_progress=show_progress)


def given(options: SurveyOptions | RunOptions | PickOptions | FaultOptions) -> list[str]:
    """Options that are not what they are by themselves, as users type them."""
    changed = [name for name, value in vars(options).items() if value != getattr(type(options), name)]
    return [f"--{name.replace('_', '-')}" for name in changed]
