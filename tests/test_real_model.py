"""Lesson 8's encoder, with the published weights in it, computes what the reference implementation computes."""

import json
import os
from types import SimpleNamespace

import pytest
import torch

from helpers import minilm
from tools import notebooks, reference

LESSON = notebooks.NOTEBOOKS / "08-a-real-model.ipynb"
LAST = "near-code"  # the cell that defines what is tested; all before it run, too


@pytest.fixture(scope="module")
def recorded():
    return json.loads(reference.PATH.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def encoder():
    """What lesson 8 defines, with the published weights loaded into it by its own cells."""
    try:
        minilm.folder()
    except FileNotFoundError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    defined = {}
    for cell in notebooks.read(LESSON).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, f"lesson 8, {cell.id}", "exec"), defined)
        if cell.id == LAST:
            break
    return SimpleNamespace(**defined)


def farthest(a, b):
    return (a - torch.tensor(b)).abs().max().item()


def test_the_recorded_values_are_of_this_model_and_of_these_sentences(recorded):
    assert recorded["files"] == {name: sha256 for name, (_, sha256) in minilm.FILES.items()}
    assert [told["text"] for told in recorded["sentences"]] == reference.SENTENCES
    assert recorded["versions"]["transformers"] and reference.PATH.stat().st_size < 100_000


@pytest.mark.parametrize("number", range(len(reference.SENTENCES)))
def test_tokens_and_sentence_vectors_are_the_reference(encoder, recorded, number):
    told = recorded["sentences"][number]
    assert encoder.ids(told["text"]).tolist() == [told["ids"]]
    assert farthest(encoder.vector(told["text"]), told["vector"]) < 1e-5


def test_outputs_and_attention_weights_are_the_reference(encoder, recorded):
    told = recorded["sentences"][0]
    out = encoder.encoder(torch.tensor([told["ids"]]))
    weights = [block.attention.attention_weights[0] for block in encoder.encoder.blocks]
    assert farthest(out[0], told["output"]) < 1e-5
    assert farthest(torch.stack([weights[0], weights[-1]]), told["attention_weights"]) < 1e-5


def test_sentences_of_a_batch_do_not_see_their_padding(encoder, recorded):
    ids = [torch.tensor(told["ids"]) for told in recorded["sentences"]]
    batch = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
    lens = torch.tensor([len(each) for each in ids])
    out = encoder.encoder(batch, lens)
    for row, length, told in zip(out, lens, recorded["sentences"], strict=True):
        mean = row[:length].mean(dim=0)
        assert farthest(mean / mean.norm(), told["vector"]) < 1e-5
    unmasked = encoder.encoder(batch)[1, : lens[1]].mean(dim=0)
    assert farthest(unmasked / unmasked.norm(), recorded["sentences"][1]["vector"]) > 1e-3


def test_a_small_change_in_the_weights_is_noticed(encoder, recorded):
    told, weight = recorded["sentences"][0], encoder.encoder.blocks[3].attention.W_k.weight
    kept = weight.clone()
    weight[5] *= 1.01  # one row of 384
    changed = farthest(encoder.encoder(encoder.ids(told["text"]))[0], told["output"])
    weight.copy_(kept)
    assert changed > 1e-5 > farthest(encoder.encoder(encoder.ids(told["text"]))[0], told["output"])
