"""A text tower of CLIP small enough for tests, in transformers' layout."""

from __future__ import annotations

import json
from pathlib import Path

import torch

LENGTH, SIZE = 12, 16
_SAID = """
poppies in a meadow trees forest of firs red fields green woods picture an image show tissue some
this is photo section tile seen from above draw please
"""
WORDS = _SAID.split()


def tiny_clip_folder(folder: Path, *, whole: bool = False) -> Path:
    """Write config.json, model.safetensors and tokenizer.json; `whole` as a CLIP with pictures."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    vocabulary = {word: k for k, word in enumerate(["<unk>", "<s>", "</s>", *WORDS])}
    rules = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106
    rules.normalizer, rules.pre_tokenizer = Lowercase(), Whitespace()
    rules.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    config = CLIPTextConfig(
        vocab_size=len(vocabulary), hidden_size=SIZE, intermediate_size=24, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=LENGTH, projection_dim=SIZE, bos_token_id=1,
        eos_token_id=2, pad_token_id=2,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        tower = CLIPTextModelWithProjection(config).eval()
        for name, value in tower.named_parameters():
            if "token_embedding" in name:
                value.data.normal_()
            elif name.endswith(("v_proj.weight", "out_proj.weight", "text_projection.weight")):
                value.data.copy_(3 * torch.eye(SIZE))
            elif "norm" not in name:  # all words count alike, wherever they stand
                value.data.zero_()
    tower.save_pretrained(folder)
    rules.save(str(folder / "tokenizer.json"))
    if whole:
        told = json.loads((folder / "config.json").read_text("utf-8"))
        told = {"model_type": "clip", "text_config": told, "projection_dim": SIZE}
        (folder / "config.json").write_text(json.dumps(told), "utf-8")
    return folder
