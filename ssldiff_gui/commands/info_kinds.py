"""What `ssldiff info` says of files that are no pictures: grids of embeddings, and models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssldiff_gui.core.specs import PixelSize
    from ssldiff_gui.storage.grids import GridRecord

GRID = "grid of embeddings"
MODEL = "model folder"


def describe_other(path: Path) -> dict[str, Any] | None:
    """Return the facts of a grid's file or a model's folder; None for anything else.

    Raises
    ------
    FileProblem, BadGrid, DamagedModel
        It is one, and cannot be read.
    """
    if path.suffix.lower() == ".safetensors" and path.is_file():
        from ssldiff_gui.storage.grids import load_grid_record

        return describe_grid(load_grid_record(path))
    if (path / "model.json").is_file():
        return describe_model(path)
    return None


def describe_grid(record: GridRecord) -> dict[str, Any]:
    """Return what a grid is, as plain data."""
    grid = record.grid
    scale, region, source = grid.scale, grid.region, grid.source
    place = source.georeference if source else None
    return {
        "format": GRID,
        "rows": grid.rows,
        "columns": grid.columns,
        "dim": grid.dim,
        "encoder": grid.encoder,
        "cell": grid.cell,
        "scale": scale and {"x": scale.x, "y": scale.y, "unit": scale.unit},
        "valid": int(grid.mask.sum()),
        "region": region
        and {
            "x": region.box.x,
            "y": region.box.y,
            "width": region.box.width,
            "height": region.box.height,
            "downsample": region.downsample,
        },
        "source": source
        and {
            "name": source.name,
            "scene": source.scene,
            "fingerprint": source.fingerprint,
            "crs": place and place.crs,
        },
        "edits": len(record.edits),
        "digest": grid.digest(),
    }


def describe_model(folder: Path) -> dict[str, Any]:
    """Return what a model folder holds, as plain data; its weights are neither read nor hashed."""
    from ssldiff_gui.models.folders import read_model

    model = read_model(folder, verify=False)
    spec: Any = getattr(model, model.kind)
    pixel: PixelSize | None = getattr(spec, "pixel", None)
    names = [name for name in model.files if (folder / name).is_file()]
    return {
        "format": MODEL,
        "kind": model.kind,
        "name": spec.name,
        "title": getattr(spec, "title", spec.name),
        "id": getattr(spec, "id", None),
        "encoder": getattr(spec, "encoder", None),
        "dim": getattr(spec, "dim", None),
        "scale": pixel and {"x": pixel.size, "y": pixel.size, "unit": pixel.unit},
        "classes": list(getattr(spec, "classes", ())),
        "licence": model.licence.model_dump(),
        "files": sorted(model.files),
        "bytes": sum((folder / name).stat().st_size for name in names),
    }


def rows_of(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of the table for a grid or a model."""
    return _grid_rows(facts) if facts["format"] == GRID else _model_rows(facts)


def _grid_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    count, valid = facts["rows"] * facts["columns"], facts["valid"]
    region, source = facts["region"], facts["source"]
    taken = "nothing: no region is told"
    if region is not None:
        taken = (
            f"{region['width']:,} × {region['height']:,} at {region['x']:,}, {region['y']:,} "
            f"÷ {region['downsample']:.4g}"
        )
    origin = "unknown"
    if source is not None:
        parts = (source["name"], source["scene"], source["crs"], source["fingerprint"])
        origin = "\n".join(part for part in parts if part)
    return [
        ("format", facts["format"]),
        ("grid", f"{facts['rows']:,} × {facts['columns']:,} cells (rows × columns)"),
        ("values", f"{facts['dim']:,} in each cell"),
        ("encoder", facts["encoder"]),
        ("cell", f"{facts['cell']:,} pixels"),
        ("scale", _scale_words(facts["scale"])),
        ("embeddings", f"{valid:,} of {count:,} cells hold one"),
        ("region", taken),
        ("source", origin),
        ("edits", f"{facts['edits']:,}"),
        ("digest", facts["digest"]),
    ]


def _model_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    told = [
        ("format", facts["format"]),
        ("kind", facts["kind"]),
        ("name", facts["name"]),
        ("title", facts["title"]),
        ("id", facts["id"]),
        ("encoder", facts["encoder"]),
        ("values", facts["dim"] and f"{facts['dim']:,}"),
        ("scale", _scale_words(facts["scale"])),
        ("classes", ", ".join(facts["classes"])),
        ("licence", facts["licence"]["name"]),
        ("size", f"{facts['bytes'] / 1e6:,.1f} MB in {len(facts['files'])} files"),
    ]
    return [(name, value) for name, value in told if value]


def _scale_words(scale: dict[str, Any] | None) -> str:
    if scale is None:
        return "unknown"
    return f"{scale['x']:.6g} × {scale['y']:.6g} {scale['unit']}/px"
