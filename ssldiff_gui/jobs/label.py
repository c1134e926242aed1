"""`LabelRequest` → labels that nobody had to draw: of a folder of pictures, or of a slide."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import JsonValue

from ssldiff_gui.core.errors import BadRequest, MissingFile
from ssldiff_gui.core.lab.label import LabelRequest
from ssldiff_gui.core.progress import Progress, Silent
from ssldiff_gui.jobs.kept import Kept
from ssldiff_gui.storage.atomic import write_bytes


def label(
    request: LabelRequest,
    progress: Progress | None = None,
    *,
    models: Kept | None = None,
    yes: bool = False,
) -> dict[str, JsonValue]:
    """Make labels.

    Parameters
    ----------
    request
        Of what, how, to where.
    progress
        Who watches, and may ask for an end.
    models
        Those that are loaded already.
    yes
        Whether a high cost is agreed to.

    Returns
    -------
    dict
        "output"; "method"; "classes", with the number of pictures, cells or shapes in each;
        "notes"; for folders also "pictures", "skipped", "blank", "sheet", and figures: "silhouette"
        of clusters, "nmi" and "purity" where the folders' names are classes. For slides "shapes".

    Raises
    ------
    UserError
        One of its kinds; nothing half made is left in the place of the labels.
    """
    from ssldiff_gui.jobs.label_folder import label_folder
    from ssldiff_gui.jobs.label_slide import label_slide

    watch, source = progress or Silent(), Path(request.source).expanduser()
    if not source.exists():
        raise MissingFile(source, f"There is nothing at {source}.", "Check its name.")
    pictures = source.is_dir() and _holds_pictures(source)
    if pictures and request.region is not None:
        raise BadRequest("A region is of a slide, and the source is a folder.", "Leave it out.")
    models = models or Kept()
    watch.report(0, 1, "Loading the encoder")
    encoder = models.encoder(request.encoder, request.device)
    watch.check()
    if pictures:
        return label_folder(request, encoder, watch)
    return label_slide(request, encoder, watch, models, yes=yes)


def write_request(path: Path, request: LabelRequest) -> None:
    """Keep what was asked for, so that it can be asked for again."""
    text = json.dumps(request.model_dump(mode="json"), ensure_ascii=False, indent=1)
    write_bytes(path, f"{text}\n".encode())


def _holds_pictures(folder: Path) -> bool:
    """Whether a folder is one of pictures; DICOM slides, OME-Zarr and tiles are folders, too."""
    if folder.suffix.lower() == ".zarr" or any(folder.glob("*.dcm")):
        return False
    return not any((folder / name).exists() for name in (".zattrs", "zarr.json", ".zgroup"))
