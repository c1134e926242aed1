"""Texts as conditions: of classes and of pictures, trained along or read by a frozen tower."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ssldiff_gui.core.errors import BadRequest, BrokenFile, DamagedModel, MissingModel
from ssldiff_gui.core.progress import Silent
from ssldiff_gui.core.protocols import Given
from ssldiff_gui.models.generators import load_generator
from ssldiff_gui.models.generators.hashed_words import reads_hashed_words, words_as_numbers
from ssldiff_gui.training.loop import run
from ssldiff_gui.training.text_reader import TextReader
from tests.training.made_places import diffusion, made_place

TEXTS = {"dark": "a dark field", "light": "snow"}
TOKENS = {"widths": [16], "blocks": 1, "groups": 8, "dim": 64}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = made_place(tmp_path_factory.mktemp("read"))
    tower(root / "tower")
    return root


def tower(folder):
    """Write a tiny text tower in transformers' form, with a tokenizer of a few words."""
    from transformers import CLIPTextConfig, CLIPTextModel

    words = ["<pad>", "<start>", "<end>", "a", "dark", "field", "snow", "<?>"]
    config = CLIPTextConfig(
        vocab_size=8, hidden_size=24, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=6, bos_token_id=1, eos_token_id=2,
        pad_token_id=0,
    )  # fmt: skip
    torch.manual_seed(0)
    made = CLIPTextModel(config)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    state = {k: v.clone().contiguous() for k, v in made.state_dict().items()}
    if not any(k.startswith("text_model.") for k in state):
        state = {f"text_model.{k}": v for k, v in state.items()}
    save_file(state, folder / "model.safetensors")
    tokenizer = Tokenizer(
        models.WordLevel({w: k for k, w in enumerate(words)}, unk_token=words[-1])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[("<start>", 1), ("<end>", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def given_of(task, count=2):
    places = [(view, 0, 0) for view in task.usable[:count]]
    return task._given(task.training, places, np.zeros(count, bool))


@pytest.mark.parametrize("budget", [35, 77, 154])
def test_a_budget_is_the_length_of_what_is_read(place, tmp_path, budget):
    _, task = diffusion(place, tmp_path, condition="text", texts=TEXTS, budget=budget,
                        arguments=TOKENS)  # fmt: skip
    given = given_of(task)
    assert given.text.shape == (2, budget)
    assert task.teller.condition(given, torch.device("cpu")).tokens.shape == (2, budget, 64)
    assert reads_hashed_words(task.spec.conditioner.config)
    assert task.spec.captions == ("a dark field", "snow")


def test_what_is_longer_than_the_budget_is_cut_off():
    text = " ".join(f"word{k}" for k in range(100))
    short, long = (words_as_numbers([text], length)[0] for length in (35, 77))
    assert (short > 0).all()
    np.testing.assert_array_equal(short, long[:35])


def test_pictures_have_texts_of_their_own(place, tmp_path):
    folder = place / "pictures"
    lines = [f"dark/{k}.png,square number {k}" for k in range(5)]
    lines += [f"light/{k}.png,from the table {k}" for k in range(5)]
    (folder / "captions.csv").write_text("file,caption\n" + "\n".join(lines), "utf-8")
    (folder / "light" / "0.txt").write_text("  snow,\n all of it ", "utf-8")
    _, task = diffusion(place, tmp_path, condition="text", captions="picture", arguments=TOKENS)
    of = {(e.name): task.conditions._text(e) for e in task.training.entries}
    assert of.get("light/0.png", "snow, all of it") == "snow, all of it"
    dark = next(name for name in of if name.startswith("dark"))
    assert of[dark] == f"square number {dark[5]}"
    assert all(text for text in of.values())
    given, places = given_of(task, 3), task.training.entries[:3]
    np.testing.assert_array_equal(
        given.text, words_as_numbers([of[entry.name] for entry in places], 35)
    )
    (folder / "captions.csv").write_text("file,words\nx,y\n", "utf-8")
    with pytest.raises(BrokenFile, match="no column 'caption'"):
        diffusion(place, tmp_path, condition="text", captions="picture", arguments=TOKENS)
    (folder / "captions.csv").unlink()
    with pytest.raises(BadRequest, match="have no text, such as dark"):
        diffusion(place, tmp_path, condition="text", captions="picture", arguments=TOKENS)
    (folder / "light" / "0.txt").unlink()


@pytest.mark.parametrize(
    ("texts", "words"),
    [({"dark": "night"}, "no text for light"), ({"dark": "x", "light": "x"}, "the same text"),
     ({"dark": " ", "light": "x"}, "no text for dark")],
)  # fmt: skip
def test_texts_that_tell_nothing_are_refused(place, tmp_path, texts, words):
    with pytest.raises(BadRequest, match=words):
        diffusion(place, tmp_path, condition="text", texts=texts, arguments=TOKENS)


def test_a_frozen_tower_reads_each_text_once_and_travels_with_the_generator(
    place, tmp_path, monkeypatch
):
    seen = []
    read = TextReader.read
    monkeypatch.setattr(TextReader, "read", lambda self, n: seen.append(len(n)) or read(self, n))
    told, task = diffusion(place, tmp_path, condition="text", texts=TEXTS, layout="boxes",
                           reader=str(place / "tower"), budget=12)  # fmt: skip
    assert seen == [3]  # two captions and the empty one
    assert not [name for name in task.modules.state_dict() if "tower" in name]
    average = run(task, told, tmp_path, Silent())
    assert seen == [3]
    task.save(tmp_path / "model", average, "# A card\n", {})
    made = load_generator(tmp_path / "model", "cpu", "float32")
    assert (tmp_path / "model" / "tokenizer.json").is_file()
    given = given_of(task)
    there, then = (t.condition(given, torch.device("cpu")) for t in (made.conditioner, task.teller))
    torch.testing.assert_close(there.tokens, then.tokens, atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(there.maps, then.maps)
    nothing = made.null(given).tokens
    torch.testing.assert_close(nothing, task.teller.null(given, torch.device("cpu")).tokens,
                               atol=2e-3, rtol=2e-3)  # fmt: skip
    diffusion(place, tmp_path, condition="text", texts=TEXTS, reader=str(place / "tower"),
              budget=12)  # fmt: skip
    assert seen == [3]


def test_a_tower_is_transformers_own_and_its_places_begin_anew(place):
    from transformers import CLIPTextModel

    short, long = (TextReader(place / "tower", budget) for budget in (6, 12))
    ids = short.tokens(["a dark field"])
    assert ids.tolist() == [[1, 3, 4, 5, 2, 0]]
    known = CLIPTextModel.from_pretrained(place / "tower", local_files_only=True).eval()
    with torch.no_grad():
        wanted = known(input_ids=torch.from_numpy(ids)).last_hidden_state
    torch.testing.assert_close(short.read(ids), wanted)
    places = long.weights()["tower.embeddings.position_embedding.weight"]
    torch.testing.assert_close(places[6:], places[:6])
    longer = np.concatenate([ids, ids], 1)
    torch.testing.assert_close(long.read(longer)[:, :6], wanted)


def test_a_folder_that_is_no_tower_is_told_of(place, tmp_path):
    with pytest.raises(MissingModel, match=r"no tokenizer\.json"):
        TextReader(tmp_path, 35)
    for name in ("tokenizer.json", "config.json"):
        (tmp_path / name).write_bytes((place / "tower" / name).read_bytes())
    with pytest.raises(MissingModel, match=r"no model\.safetensors"):
        TextReader(tmp_path, 35).weights()
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(DamagedModel, match="no text tower"):
        TextReader(tmp_path, 35)


def test_dropped_texts_are_the_empty_one(place, tmp_path):
    _, task = diffusion(place, tmp_path, condition="text", texts=TEXTS, arguments=TOKENS)
    places = [(view, 0, 0) for view in task.usable[:2]]
    given = task._given(task.training, places, np.array([True, False]))
    told = task.teller.condition(given, torch.device("cpu")).tokens
    null = task.teller.null(Given(text=given.text), torch.device("cpu")).tokens
    torch.testing.assert_close(told[0], null[0])
    assert not torch.allclose(told[1], null[1])
