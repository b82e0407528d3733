"""The command line: one short file a verb, each imports its layer inside the function."""

import logging
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Parameter

from geocnn import __version__
from geocnn.cli.evaluate import evaluate
from geocnn.cli.failures import explain, silence
from geocnn.cli.info import info
from geocnn.cli.predict import predict
from geocnn.cli.synth import synth
from geocnn.cli.train import train

__all__ = ["app", "main"]

app = App(
    name="geocnn",
    help="Convolutional networks for gridded earth data: traces, sections, volumes.",
    help_epilogue="Add --debug to any command to see where an error came from.",
    version=__version__,
    # A list of numbers is written as on paper: --crop 96 96 96.
    default_parameter=Parameter(consume_multiple=True, negative=()),
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # main() has something to say about it
)
app.command(train)
for verb in (predict, evaluate, info, synth):
    app.command(verb)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code: 0, 2 after an error that the user can cure, 1 after a fault of ours, 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    try:
        app([word for word in given if word != "--debug"], exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        logging.getLogger("asyncio").disabled = True  # Zarr's tasks that we leave behind
        if debug and not isinstance(error, CycloptsError):
            traceback.print_exc()
        code, sentence = explain(error, app)
        if sentence:
            print(f"geocnn: {sentence}", file=sys.stderr)  # noqa: T201
        else:
            silence()
        return code
    return 0
