"""Draws the lab in each theme and state, to be looked at.

``python -m tests.gui.gallery_lab --out DIR [--size 1600x1000]``
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ssldiff_gui.widgets.lab_room import LabRoom

THEMES = ("dark", "light")


def _curve(seed: int, steps: int, name: str, low: float, title: str = ""):
    from ssldiff_gui.widgets.lab_shown import CurveShown

    draw = np.random.default_rng(seed)
    at = np.arange(1, steps + 1, dtype=np.float64) * 10
    fall = low + (1 - low) * np.exp(-at / (3.0 * steps)) * draw.uniform(0.9, 1.6)
    values = fall * (1 + 0.06 * draw.standard_normal(steps))
    return CurveShown(title or name.replace("_", " "), name, at, values)


def _sheet(seed: int, rows: int = 3, columns: int = 8, side: int = 48) -> np.ndarray:
    from tests.gui.gallery_pages import picture

    lines = [
        np.concatenate([picture(seed + r * columns + c, side) for c in range(columns)], 1)
        for r in range(rows)
    ]
    return np.concatenate(lines, 0)


def _plot() -> np.ndarray:
    """Return bars with intervals on white, as plots of reports are."""
    plot = np.full((480, 1050, 3), 255, np.uint8)
    for row, (value, width) in enumerate(((0.61, 40), (0.68, 30), (0.71, 30), (0.76, 20))):
        top, right = 40 + 105 * row, 120 + round(1000 * value)
        plot[top : top + 75, 120:right] = (47, 111, 222)
        plot[top + 36 : top + 39, right - width : right + width] = 30
    plot[:, 118:120] = 60
    return plot


def cards():
    """Return experiments in all their states."""
    from ssldiff_gui.widgets.lab_shown import ExperimentCard

    curve = _curve(3, 90, "loss", 0.2).values
    make = ExperimentCard
    return (
        make("run", "Generator on self-made clusters", "Train a generator on labels",
             "tag-outline", "running", "", 0.43, False, curve),
        make("wait", "Is it nearer now?", "How far apart are two sets?", "arrow-left-right",
             "waiting"),
        make("study", "Few labels, 5 %", "Does augmentation help?", "chart-bar", "done",
             "balanced accuracy 0.76", None, True),
        make("enc", "Encoder of our own slides", "Train an encoder", "eye-outline", "done",
             "loss 0.31", None, False, _curve(5, 120, "loss", 0.3).values),
        make("enc2", "The same, larger temperature", "Train an encoder", "eye-outline", "stopped",
             "loss 0.36", None, False, _curve(9, 70, "loss", 0.35).values),
        make("bad", "Masks of aerial scenes", "Label pictures by machine",
             "shape-plus-outline", "failed"),
    )  # fmt: skip


def running():
    """Return a training that runs."""
    from ssldiff_gui.widgets.lab_shown import ExperimentShown, SheetShown

    names = ("loss", "gradient_norm", "snr_weighted")
    curves = [_curve(k, 160, name, 0.15 + 0.1 * k) for k, name in enumerate(names)]
    sheets = [SheetShown(f"s{n}", "Windows", n * 400) for n in range(1, 5)]
    return ExperimentShown(
        cards()[0], "Step 1,118 of 2,600, loss 0.2164", "6:20 left", "begun 21 Nov, 18:40", "",
        tuple(curves), tuple(sheets),
    )  # fmt: skip


def report():
    """Return a study that is done."""
    from ssldiff_gui.state.lab_reports import Headline, Table
    from ssldiff_gui.widgets.lab_shown import ExperimentShown, ReportShown, SheetShown

    heads = (
        Headline("Gain by synthetic pictures", 0.083, 0.051, 0.117),
        Headline("Accuracy, selected", 0.761, 0.742, 0.779),
        Headline("Accuracy, without", 0.612, 0.571, 0.648),
        Headline("FID to real ones", 38.42, 35.1, 42.0),
    )
    table = Table(
        "Balanced accuracy over three seeds",
        ("Training pictures", "Mean", "95 %", "Seeds"),
        (("none", "0.612", "0.571 – 0.648", "3"), ("classic", "0.684", "0.655 – 0.711", "3"),
         ("synthetic", "0.713", "0.684 – 0.741", "3"),
         ("synthetic, selected", "0.761", "0.742 – 0.779", "3")),
        "Intervals by bootstrap over the held-out cases.",
    )  # fmt: skip
    summary = (
        "With 5 % of the labels, selected synthetic pictures raise the accuracy from 0.61 to 0.76; "
        "unselected ones help half as much."
    )
    shown = ReportShown(
        "Does augmentation help?", summary, heads, (table,),
        (SheetShown("plot", "Accuracy by kind of training"),),
        (SheetShown("sheet", "Synthetic", note="Synthetic: pictures in it were made by a model."),),
        ("The held-out cases share no patient with those for training.",), html=True, pdf=True,
    )  # fmt: skip
    return ExperimentShown(cards()[2], facts="begun 21 Nov, 17:02 · took 12 min", report=shown)


def compared():
    """Return two trainings beside each other."""
    from ssldiff_gui.state.lab_reports import Headline
    from ssldiff_gui.widgets.lab_shown import ExperimentShown, ReportShown

    found = []
    for place, card in enumerate(cards()[3:5]):
        curves = (
            _curve(5 + 4 * place, 120 - 50 * place, "loss", 0.3 + 0.05 * place),
            _curve(2 + place, 120 - 50 * place, "contrast", 0.4),
        )
        heads = (
            Headline("loss", 0.312 + 0.05 * place),
            Headline("linear probe", 0.81 - 0.04 * place, 0.78 - 0.04 * place, 0.84 - 0.03 * place),
        )
        found.append(ExperimentShown(card, curves=curves, report=ReportShown("x", "", heads)))
    return found


def offered():
    """Return models to choose from."""
    from ssldiff_gui.widgets.shown import Choice

    return {
        "encoder": (Choice("mine", "Encoder of our own slides", "from this lab"),
                    Choice("starter", "Starter encoder, histology", "BSD-3-Clause")),
        "generator": (Choice("gen", "Starter, histology", "BSD-3-Clause"),),
    }  # fmt: skip


def empty(room: LabRoom) -> None:
    """Show a lab in which nothing was tried."""
    room.show_cards(())
    room.show_experiments(())


def filled(room: LabRoom) -> None:
    """Show a form that is ready."""
    room.show_cards(cards())
    room.form.choose(
        "train-condition",
        {"data": "/data/slides/colon", "condition": "cluster", "minutes": 20, "clusters": 12},
        "Generator on self-made clusters",
    )
    room.form.advanced.set_open(True)


def progress(room: LabRoom) -> None:
    """Show what runs."""
    room.show_cards(cards())
    room.form.choose("study-augmentation", {"folder": "/data/tiles/lc25000"})
    room.list.choose("run")
    room.show_experiments([running()])
    room.view.show_picture("s4", _sheet(4))


def finished(room: LabRoom) -> None:
    """Show a report."""
    room.show_cards(cards())
    room.list.choose("study")
    room.show_experiments([report()])
    room.view.show_picture("plot", _plot())
    room.view.show_picture("sheet", _sheet(50, 2))


def failed(room: LabRoom) -> None:
    """Show what went wrong."""
    from ssldiff_gui.widgets.lab_shown import ExperimentShown

    room.show_cards(cards())
    room.list.choose("bad")
    problem = "There are only 3 pictures in scenes. Choose a folder with at least 16."
    room.show_experiments(
        [ExperimentShown(cards()[5], facts="begun 21 Nov, 18:20", problem=problem, can_go_on=True)]
    )


def beside(room: LabRoom) -> None:
    """Show a comparison."""
    room.show_cards(cards())
    room.list.choose("enc", "enc2")
    room.show_experiments(compared())


STATES: Mapping[str, Callable[[LabRoom], None]] = {
    "empty": empty,
    "form": filled,
    "running": progress,
    "report": finished,
    "failed": failed,
    "compare": beside,
}


def room_in(state: str) -> LabRoom:
    """Return the lab in one of its states."""
    from ssldiff_gui.state.lab_measuring import METHODS
    from ssldiff_gui.widgets.lab_room import LabRoom

    room = LabRoom(METHODS)
    room.form.offer_models(offered())
    STATES[state](room)
    return room


def draw_all(out: Path, size: tuple[int, int]) -> list[Path]:
    """Draw every state in both themes; return the pictures."""
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    from ssldiff_gui.app.theme import Theme

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme, made = Theme(application, "dark"), []
    out.mkdir(parents=True, exist_ok=True)
    for mode in THEMES:
        theme.set_mode(mode)  # type: ignore[arg-type]
        for state in STATES:
            room = room_in(state)
            room.resize(*size)
            room.show()
            QTest.qWait(120)
            STATES[state](room)
            QTest.qWait(60)
            path = out / f"lab-{state}-{mode}-{size[0]}.png"
            room.grab().save(str(path))
            made.append(path)
            room.close()
            room.deleteLater()
    theme.close()
    return made


def main() -> None:
    """Draw the gallery and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", default="1600x1000")
    wanted = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    width, height = map(int, wanted.size.split("x"))
    print(*draw_all(wanted.out, (width, height)), sep="\n")


if __name__ == "__main__":
    main()
