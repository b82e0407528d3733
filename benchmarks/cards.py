"""What a benchmark has measured on real data, put into the card of the network, which goes where the network goes."""

import math
from collections.abc import Mapping

from geocnn.checkpoints import CARD, Trained, write_atomically

__all__ = ["note"]


def note(trained: Trained, figures: Mapping[str, Mapping[str, float]]) -> None:
    """Add figures to the metrics in a card, in place of earlier ones of the same name.

    Args:
        trained: from a folder.
        figures: numbers by what they are, by the data that they were measured on.
    """
    if trained.folder is None:
        raise SystemExit(f"{trained.card.name} lies in no folder; give a run folder or a network that ships.")
    known = {name: {k: round(v, 4) for k, v in of.items() if math.isfinite(v)} for name, of in figures.items()}
    card = trained.card.replace(metrics=trained.card.metrics | known)
    write_atomically(trained.folder / CARD, card.to_json())
    print(f"{len(known)} sets of figures are in {trained.folder / CARD}")
