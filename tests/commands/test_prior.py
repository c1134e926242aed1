"""`ssldiff prior`, as a person calls it, up to the picture."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from ssldiff_gui.commands.generate import generate
from ssldiff_gui.commands.prior import prior
from ssldiff_gui.storage.grids import load_grid
from tests.models.tiny import tiny_generator_folder
from tests.models.tiny_encoders import tiny_encoder_folder
from tests.models.tiny_priors import tiny_prior_folder, tiny_table_folder

app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
for command in (prior, generate):
    app.command()(command)


def run(*words):
    return CliRunner().invoke(app, [*map(str, words)])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    spec = tiny_encoder_folder(folder / "encoder", dim=24)
    tiny_prior_folder(folder / "prior", spec.id, spec.dim)
    tiny_generator_folder(
        folder / "generator", encoder=spec.id, pixel=spec.pixel, dim=24, cell=8, factor=4
    )
    return folder


def test_from_a_text_to_a_picture(models, tmp_path):
    grid, canvas = tmp_path / "G.safetensors", tmp_path / "C.ome.zarr"
    words = ("--text", "adenocarcinoma of the colon", "--rows", 3, "--cols", 4, "--seed", 7)
    made = run("prior", *words, "--model", models / "prior", "-o", grid, "--steps", 4, "--json")
    assert made.exit_code == 0, made.output
    facts = json.loads(made.stdout)
    assert facts["synthetic"] is True
    assert (facts["rows"], facts["columns"], facts["dim"]) == (3, 4, 24)
    assert next(iter(facts["reading"])) == "colonca"
    assert facts["digest"] == load_grid(grid).digest()
    rendered = run(
        "generate", grid, "-o", canvas, "--model", models / "generator", "--preset", "draft",
        "--json",
    )  # fmt: skip
    assert rendered.exit_code == 0, rendered.output
    size = json.loads(rendered.stdout)
    assert (size["width"], size["height"]) == (128, 96)


def test_it_says_what_it_did(models, tmp_path):
    made = run(
        "prior", "--class", "colonn", "--rows", 2, "--cols", 2, "--steps", 2, "--guidance", 2,
        "--model", models / "prior", "-o", tmp_path / "G.h5",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "2 × 2 cells of 24 values" in made.stdout
    assert "synthetic" in made.stdout
    assert (tmp_path / "G.h5").is_file()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--class", "kidney"), 1, "lungn (normal lung)"),
        (("--text", ""), 1, "empty"),
        (("--text", "a bicycle"), 1, "alveoli"),
        ((), 1, "Give a class"),
        (("--class", "lungn", "--rows", 0), 2, "rows"),
        (("--class", "lungn", "--guidance", -1), 2, "guidance"),
        (("--class", "lungn", "--seed", 2**63), 1, "seed"),
    ],
)
def test_mistakes_are_answered(models, tmp_path, words, code, said):
    made = run("prior", *words, "--model", models / "prior", "-o", tmp_path / "G.safetensors")
    assert made.exit_code == code, made.output
    assert said in made.output
    assert not (tmp_path / "G.safetensors").exists()


def test_errors_are_data_too(models, tmp_path):
    made = run(
        "prior", "--class", "x", "--model", models / "prior", "-o", tmp_path / "G.h5", "--json"
    )
    assert made.exit_code == 1
    assert json.loads(made.stdout)["error"]["kind"] == "BadRequest"


def test_areas_and_tables_from_the_shell(models, tmp_path):
    layout, table = tmp_path / "layout.json", tmp_path / "genes.csv"
    area = {"type": "Polygon", "coordinates": [[[0, 0], [64, 0], [64, 64], [0, 64], [0, 0]]]}
    facts = {"format": 1, "areas": [{"geometry": area, "label": "lungn", "text": ""}]}
    layout.write_text(json.dumps(facts), "utf-8")
    table.write_text("case\tTP53\tKRAS\nA\t1\t2\nB\t\t3\n", "utf-8")
    common = ("--rows", 2, "--cols", 4, "--steps", 2, "-o", tmp_path / "G.safetensors", "--json")
    made = run("prior", "--layout", layout, "--class", "colonn", "--model", models / "prior",
               *common)  # fmt: skip
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["layout"] == str(layout)
    tiny_table_folder(tmp_path / "table-prior")
    words = ("prior", "--features", table, "--model", tmp_path / "table-prior", *common)
    made = run(*words, "--case", "B")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["case"] == "B"
    assert "1 of 2 values of B are missing" in told["notes"][0]
    wrong = run(*words, "--text", "normal lung")
    assert wrong.exit_code == 1
    assert "either a table" in json.loads(wrong.stdout)["error"]["message"]
