"""What the gallery of dialogs shows: results, jobs, models, and a window behind them."""

from __future__ import annotations

WINDOW = (1280, 800)


def pictures() -> list:
    """Return pieces of the samples, as results would look."""
    from ssldiff_gui.core.geometry import Box
    from ssldiff_gui.resources import resource_path
    from ssldiff_gui.slides.open import open_slide

    found = []
    for name, places in (
        ("sample-slide.tif", ((600, 900), (2600, 700), (700, 2100), (2700, 2200), (1300, 500))),
        ("sample-scene.tif", ((300, 300), (1700, 400), (900, 1500))),
    ):
        with open_slide(resource_path("samples", name)) as slide:
            scene = slide.scenes[0]
            found += [scene.read_level(0, Box(x, y, 512, 512))[::2, ::2] for x, y in places]
    return found


def window(qt):
    """Return a window like the studio's, with pictures where the views are."""
    from qtpy.QtCore import QRect, Qt
    from qtpy.QtGui import QPainter, QPixmap
    from qtpy.QtWidgets import QLabel, QWidget

    from ssldiff_gui.resources import resource_path
    from ssldiff_gui.widgets.slide_list import image_of

    made = QWidget()
    made.setObjectName("studio")
    made.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    made.resize(*WINDOW)
    shot = resource_path("screenshots") / "studio.png"
    ground = QPixmap(str(shot)).scaled(
        WINDOW[0], WINDOW[1], Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip
    if made.palette().window().color().lightness() > 128:
        light = QPixmap(ground.size())
        light.fill(made.palette().window().color())
        painter = QPainter(light)
        painter.drawPixmap(QRect(280, 96, 640, 560), QPixmap.fromImage(image_of(pictures()[0])))
        painter.end()
        ground = light
    below = QLabel(made)
    below.setPixmap(ground)
    below.setGeometry(0, 0, *WINDOW)
    return made


def cards() -> list:
    """Return results in every state."""
    from ssldiff_gui.widgets.result_card import ResultCard

    return [
        ResultCard("r0", "Colon, more glands", 41, 96, status="rendering", progress=0.63,
                   left="0:41 left"),
        ResultCard("r1", "Colon", 7, 161, "10:42", 0.94, 0.01, starred=True,
                   settings="starter-histology · 20 steps · guidance 2"),
        ResultCard("r2", "A very long name that somebody gave to this result", 1234567890, 3725,
                   "yesterday", 0.58, 0.4),
        ResultCard("r3", "Colon, stroma", 8, 75, "10:31", status="partial", progress=0.4),
        ResultCard("r4", "Necrosis", 9, None, status="failed",
                   reason="There was not enough memory: 3.1 GB of 2 GB. Render a smaller part."),
        ResultCard("r5", "Town", 3, 12, "10:02", 0.88, starred=True),
        *(ResultCard(f"x{n}", f"Variation {n}", n, 60 + n, "09:12", 0.9) for n in range(40)),
    ]  # fmt: skip


def queue() -> list:
    """Return one job that runs and some that wait."""
    from ssldiff_gui.widgets.queue_list import QueueItem

    return [
        QueueItem("j0", "Render Colon, more glands", "running", 63, 100, "tile 12 of 19", 41),
        QueueItem("j1", "Check Colon against its grid"),
        QueueItem("j2", "Render a canvas whose name is so long that it cannot be shown, seed 12"),
        QueueItem("j3", "Export Colon as OME-TIFF"),
    ]


def strip(below, *, empty: bool = False, high: bool = False):
    """Return the strip at the bottom of a window."""
    from ssldiff_gui.widgets.results_strip import ResultsStrip

    made = ResultsStrip(below)
    if not empty:
        made.show_results(cards())
        made.show_queue(queue(), paused=False)
        shown = pictures()
        for place, card in enumerate(made.model.cards[:24]):
            if card.id != "r4":
                made.set_thumbnail(card.id, shown[place % len(shown)])
    if high:
        made.set_chosen_height(200)
    made.resize(below.width(), made.height())
    made.move(0, below.height() - made.height())
    return made


def models() -> list:
    """Return models that are here, and that can be had."""
    from ssldiff_gui.widgets.model_entries import ModelEntry

    return [
        ModelEntry("starter-histology", "Starter, histology", True, "Generator", 61_000_000,
                   "BSD-3-Clause", "", True, "", "0.5 µm per pixel",
                   "starter-histology-encoder@7a8852438ae9",
                   "/usr/lib/ssldiff/models/starter-histology", own=False),
        ModelEntry("starter-histology-encoder", "starter-histology-encoder", True, "Encoder",
                   12_400_000, "BSD-3-Clause", "", True, "", "0.5 µm per pixel",
                   "starter-histology-encoder@7a8852438ae9", "/usr/lib/ssldiff/models/she",
                   own=False),
        ModelEntry("uni2-h", "UNI2-h (ViT-H/14 with registers, Mahmood Lab)", True, "Encoder",
                   2_730_000_000, "CC-BY-NC-ND-4.0", "https://x", False, "", "0.5 µm per pixel",
                   "uni2-h@55aa10f29c01", "/home/anna/.local/share/ssldiff/models/uni2-h"),
        ModelEntry("broken", "zoomldm-brca", True, "", 812_000_000, where="/home/anna/models/zoom",
                   problem="model.json is damaged.", hint="Install it again."),
        ModelEntry("virchow2", "Virchow2 (ViT-H/14 with registers, Paige)", False, "Encoder",
                   2_530_000_000, "CC-BY-NC-ND-4.0", "https://creativecommons.org/x", False,
                   "https://huggingface.co/paige-ai/Virchow2", source="paige-ai/Virchow2",
                   notes="Class token and mean of the patch tokens, the four registers left out: "
                   "2 × 1280 values."),
        ModelEntry("dinov2", "DINOv2 ViT-S/14 with registers (Meta)", False, "Encoder", 88_000_000,
                   "Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0", True,
                   notes="Natural images, any scale."),
        ModelEntry("hipt", "HIPT, level of patches (ViT-S/16, Mahmood Lab)", False, "Encoder", 0,
                   "Apache-2.0 with Commons Clause", "https://x", False, convert=True,
                   notes="Its authors give a pickle only (vit256_small_dino.pth)."),
    ]  # fmt: skip
