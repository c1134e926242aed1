"""Put the figures of `ssldiff evaluate` into the cards of models, and refresh the cards' hashes.

    python packaging/complete_cards.py resources/models/NAME figures.json [more.json …]

The figures replace those that the card had; the weights and all else stay as they are. Several
reports (of a generator and of its large canvas, say) come one below the other.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ssldiff_gui.core.errors import UserError
from ssldiff_gui.training.cards import complete_card


def main() -> None:
    """Complete the card of one model folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("model", type=Path, help="A model folder.")
    parser.add_argument("figures", type=Path, nargs="+", help="What `ssldiff evaluate` wrote.")
    told = parser.parse_args()
    try:
        complete_card(told.model, told.figures)
    except UserError as error:
        parser.exit(1, f"{error}\n")
    print(f"The card of {told.model.name} has its figures.")


if __name__ == "__main__":
    main()
