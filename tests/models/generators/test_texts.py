"""Texts become the ids that a generator's text tower knows."""

from __future__ import annotations

import pytest

from ssldiff_gui.core.errors import BadRequest, DamagedModel, MissingPart
from ssldiff_gui.core.specs import PartSpec
from ssldiff_gui.models.generators.hashed_words import tower_of, words_as_numbers
from ssldiff_gui.models.generators.texts import ids_of, takes_text
from tests.sampling.fakes import fake_spec

START, END = 8, 9


def spec_of(type_="text", **config):
    conditioner = PartSpec(type=type_, config=config)
    return fake_spec().model_copy(update={"conditioner": conditioner})


def a_tokenizer(folder, *, marks):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {"[UNK]": 0, "low": 1, "high": 2, "tumor": 3, "til": 4, "<s>": START, "</s>": END}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106 - no password
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    if marks:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", START), ("</s>", END)]
        )
    made.save(str(folder / "tokenizer.json"))


def test_hashed_words_need_no_file(tmp_path):
    spec = spec_of(config=tower_of(64, 12), empty=words_as_numbers([""], 12)[0].tolist())
    found = ids_of(spec, tmp_path, ["Low tumor", "high " * 40])
    assert found.shape == (2, 12)
    assert found.tolist() == words_as_numbers(["low TUMOR", "high " * 40], 12).tolist()


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("length", [6, 35])
def test_a_tokenizer_puts_a_text_between_the_marks_of_the_empty_one(tmp_path, marks, length):
    a_tokenizer(tmp_path, marks=marks)
    spec = spec_of(config={"vocab_size": 10}, empty=[START, END, *[END] * (length - 2)])
    found = ids_of(spec, tmp_path, ["low tumor", "", "high " * 50])
    assert found.dtype == "int64"
    assert found[0].tolist() == [START, 1, 3, END, *[END] * (length - 4)]
    assert found[1].tolist() == [START, END, *[END] * (length - 2)]
    assert found[2].tolist() == [START, *[2] * (length - 2), END]
    assert ids_of(spec, tmp_path, []).shape == (0, length)


def test_a_plugins_tower_of_two_chunks_has_one_beginning_and_one_end(tmp_path):
    a_tokenizer(tmp_path, marks=True)
    spec = spec_of("cvlab-clip-text", start=START, end=END, padding=END, length=154)
    found = ids_of(spec, tmp_path, ["low tumor; high til"])
    assert takes_text(spec)
    assert found.shape == (1, 154)
    assert (found == START).sum() == 1
    assert found[0, :8].tolist() == [START, 1, 3, 0, 2, 4, END, END]


def test_what_is_missing_or_broken_is_said(tmp_path):
    spec = spec_of(config={"vocab_size": 49408}, empty=[49406, 49407, 49407])
    with pytest.raises(MissingPart, match=r"no tokenizer\.json"):
        ids_of(spec, tmp_path, ["low"])
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(DamagedModel, match="is no tokenizer"):
        ids_of(spec, tmp_path, ["low"])
    assert not takes_text(fake_spec())
    with pytest.raises(BadRequest, match="takes no text"):
        ids_of(fake_spec(), tmp_path, ["low"])
