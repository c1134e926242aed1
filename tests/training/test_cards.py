"""Cards say what a model is, what it saw and how it was made; figures come into them later."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingFile
from ssldiff_gui.core.lab.evaluate import EvaluateRequest
from ssldiff_gui.evaluation.figures import Figure
from ssldiff_gui.jobs.evaluate_report import Report
from ssldiff_gui.models.folders import read_model
from ssldiff_gui.training.cards import SECTIONS, card, complete_card, with_figures
from ssldiff_gui.training.pictures import write_pictures
from ssldiff_gui.training.settings import KINDS, read_settings, settings_of
from ssldiff_gui.training.toml_text import as_toml
from tests.models.tiny_encoders import LICENCE, tiny_encoder_spec

FACTS = {
    "steps": 1400, "wanted": 1400, "seconds": 6000.0, "recipe": "starter-histology/encoder",
    "device": "cpu", "program": "ssldiff 1.0", "figures": {"step": 1400, "loss": 0.12345678},
    "models": {"encoder": {"name": "some-encoder", "sha256": "ab" * 32}},
}  # fmt: skip

MODELS = {
    "encoder": {"architecture": "convnext_atto", "cell": 32},
    "autoencoder": {},
    "diffusion": {"autoencoder": "a", "encoder": "e", "condition": "embeddings"},
    "prior": {"encoder": "e"},
    "classifier": {"encoder": "e"},
}

plain_values = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def told(kind="encoder", unit="µm", **changes):
    table = {
        "name": "mine",
        "kind": kind,
        "data": {
            "pixel": {"size": 0.5, "unit": unit},
            "sources": [
                {"path": "some/tissue", "groups": "alike"},
                {"path": "cases", "held_out": r"Case-\d+", "groups": r"Case-\d+"},
            ],
        },
        "run": {"steps": 1400, "batch": 10},
        "model": MODELS[kind],
    }
    return settings_of(table | changes)


@pytest.fixture
def pictures(tmp_path):
    found = [
        (
            {
                "name": f"{k}.png", "source": k % 2, "label": "ab|c"[k % 3 : k % 3 + 2],
                "group": str(k), "held_out": k > 3,
            },
            np.zeros((500, 1000, 3), np.uint8),
        )
        for k in range(6)
    ]  # fmt: skip
    skipped = {"unreadable": ["x.png"], "small": [], "why": {"x.png": "it is empty"}}
    return write_pictures(tmp_path / "pictures", found, {"skipped": skipped})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("unit", ["µm", "m"])
def test_every_kind_has_a_card_with_all_sections(pictures, kind, unit):
    text = card(told(kind, unit), pictures, FACTS)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(SECTIONS)
    assert text.startswith("# mine\n")
    assert "Not for diagnosis" in text
    drawn = kind in ("diffusion", "prior")
    assert ("**synthetic**" in text) == drawn
    for section in SECTIONS:
        assert re.search(rf"^## {section}\n\n\S", text, re.MULTILINE), section
    assert "None" not in text


def test_what_it_saw_is_counted(pictures):
    text = card(told(), pictures, FACTS)
    assert "6 pictures, 3.0 megapixels at 0.5 µm a pixel; 2 of them were held out" in text
    assert "| some/tissue | 3 | 1.5 | 1 | what looks alike stays together |" in text
    assert "| cases | 3 | 1.5 | 1 | by name, cases stay together |" in text
    assert "Left out: 1 could not be read." in text
    assert "| ab | 2 | 0 |" in text
    assert r"| b\| | 1 | 1 |" in text


def test_how_it_was_made_is_told(pictures):
    text = card(told(), pictures, FACTS)
    for part in (
        "| steps | 1,400 |", "| samples seen | 14,000 (10 a step) |", "| time | 1.7 hours |",
        "| hardware | CPU (", "the encoder some-encoder (`model.json` abababababab)",
        "loss 0.1235", "| program | ssldiff 1.0 |", "torch ", "starter-histology/encoder",
    ):  # fmt: skip
        assert part in text
    assert "stopped before the end" in card(told(), pictures, FACTS | {"steps": 3})
    bare = card(told(), pictures, {})
    assert "| steps |" not in bare
    assert "None" not in bare


def test_nothing_is_promised_that_the_settings_do_not_say(pictures):
    text = card(told(), pictures, FACTS)
    assert "names no licence" in text
    assert "does not say under which terms" in text
    told_all = told(
        card={
            "title": "A fine one", "data": "Slides of our own, CC BY 4.0.", "limits": "Small.",
            "licence": {"name": "CC-BY-4.0", "url": "https://example.org/", "commercial": True},
        }
    )  # fmt: skip
    text = card(told_all, pictures, FACTS)
    assert text.startswith("# A fine one\n")
    assert "Slides of our own, CC BY 4.0." in text
    assert "[CC-BY-4.0](https://example.org/). Commercial use is allowed." in text
    assert "## Limits\n\nSmall.\n" in text
    assert "does not say" not in text


def block(text):
    return re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1]


@pytest.mark.parametrize("kind", KINDS)
def test_the_recipe_in_the_card_is_the_one_it_was_made_by(pictures, tmp_path, kind):
    settings = told(kind, card={"title": 'A "quoted" one\nwith a line'})
    text = card(settings, pictures, FACTS)
    path = tmp_path / "mine.toml"
    path.write_text(block(text), "utf-8")
    assert read_settings(path, kind) == settings
    assert f"ssldiff train {kind} --config mine.toml --data FOLDER" in text


def test_the_recipes_of_the_package_come_through(repository, pictures):
    for path in (repository / "resources" / "recipes").glob("*/*.toml"):
        settings = read_settings(path, path.stem)
        assert settings_of(tomllib.loads(block(card(settings, pictures, {})))) == settings


@given(st.dictionaries(st.text(), plain_values, max_size=4))
def test_toml_is_read_back_as_it_was(table):
    assert tomllib.loads(as_toml(table)) == table


def test_toml_looks_as_people_write_it():
    table = {
        "name": "x", "none": None, "data": {"on": True, "rate": 1e-3, "pixel": {"size": 0.5},
        "sources": [{"path": "a", "held_out": r"\d+"}, {"path": "it's"}]},
    }  # fmt: skip
    assert as_toml(table) == (
        'name = "x"\n\n[data]\non = true\nrate = 0.001\npixel = { size = 0.5 }\n\n'
        '[[data.sources]]\npath = "a"\nheld_out = \'\\d+\'\n\n[[data.sources]]\npath = "it\'s"\n'
    )
    with pytest.raises(TypeError):
        as_toml({"a": object()})


def figures():
    report = Report(EvaluateRequest(what="encoder", model="m"), "Mine")
    report.add("held out", [
        Figure("k-NN accuracy", 0.9123, "higher", {"untrained": 0.5}, 0.9, 0.93, "of 5 | ways"),
        Figure("distance", float("nan"), "lower"),
    ])  # fmt: skip
    report.add("oral", [Figure("k-NN accuracy", 0.7, "higher")])
    report.warn("Few pictures.")
    return report.facts()


def test_figures_come_into_the_card_and_are_replaced(pictures):
    before = card(told(), pictures, FACTS)
    assert "Not measured yet" in before
    once = with_figures(before, figures())
    assert re.findall(r"^## (.*)$", once, re.MULTILINE) == list(SECTIONS)
    assert "| k-NN accuracy | 0.9123 | 0.9 to 0.93 | higher | untrained 0.5 |" in once
    assert "| distance | none |  | lower |  |" in once
    assert r"- k-NN accuracy: of 5 \| ways" in once
    assert "On pictures held out:" in once
    assert "oral:" in once
    assert "- Few pictures." in once
    assert "Not measured yet" not in once
    assert with_figures(once, figures()) == once
    assert with_figures(once, []) == before
    twice = with_figures(once, [figures(), figures() | {"kind": "canvas"}])
    assert twice.count("### ") == 2
    after, rest = (text[text.index("## Limits") :] for text in (once, before))
    assert after == rest


def test_a_card_without_a_place_for_figures_gets_one():
    text = with_figures("# A title\n\nWords.\n", figures())
    assert text.startswith("# A title\n\nWords.\n\n## Figures\n\n### Encoder\n")


@pytest.mark.parametrize("wrong", [{}, {"kind": "x"}, {"kind": "x", "figures": [1]},
                                   {"kind": "x", "figures": {"a": [{"measure": 1}]}}])  # fmt: skip
def test_what_is_no_report_is_refused(wrong):
    with pytest.raises(BadRequest, match="no figures"):
        with_figures("# A\n", wrong)


@pytest.fixture
def folder(tmp_path, pictures):
    from ssldiff_gui.core.specs import ModelFile
    from ssldiff_gui.models.folders import write_model

    made = tmp_path / "model"
    made.mkdir()
    (made / "model.safetensors").write_bytes(b"weights")
    model = ModelFile(kind="encoder", encoder=tiny_encoder_spec(), licence=LICENCE)
    write_model(made, model, card(told(), pictures, FACTS))
    return made


def test_completing_a_card_refreshes_its_hash_and_nothing_else(folder, tmp_path):
    before = read_model(folder)
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(figures()), "utf-8")
    written = complete_card(folder, [path])
    assert read_model(folder) == written
    assert "0.9123" in (folder / "README.md").read_text("utf-8")
    assert written.files["README.md"] != before.files["README.md"]
    assert written.model_copy(update={"files": before.files}) == before


def test_figures_that_cannot_be_read_leave_the_card_alone(folder, tmp_path):
    before = (folder / "README.md").read_bytes()
    path = tmp_path / "figures.json"
    for text in ("{", "[]", "{}", "[" * 100_000):
        path.write_text(text, "utf-8")
        with pytest.raises(BadRequest):
            complete_card(folder, [path])
    with pytest.raises(MissingFile):
        complete_card(folder, [tmp_path / "nothing.json"])
    assert (folder / "README.md").read_bytes() == before
    (folder / "model.safetensors").write_bytes(b"others")
    with pytest.raises(DamagedModel):
        complete_card(folder, [])


@pytest.mark.slow
def test_the_script_completes_cards(repository, folder, tmp_path):
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(figures()), "utf-8")
    script = repository / "packaging" / "complete_cards.py"
    command = [sys.executable, script, folder, path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0.9123" in (folder / "README.md").read_text("utf-8")
    path.write_text("{}", "utf-8")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "figures.json" in done.stderr
