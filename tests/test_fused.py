"""``MultiHeadAttention`` and the fused kernel: the same numbers as the explicit formula, and no n by n matrix."""

import math
import weakref

import pytest
import torch
from slow import FLOATS
from torch.nn import functional as F
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from helpers import MultiHeadAttention, masked_softmax, merge_heads, split_heads

torch.set_num_threads(1)

PADDINGS = {
    "none": None,
    "per sequence": torch.tensor([3, 0]),
    "per query": torch.tensor([[1, 2, 3, 4, 5], [5, 0, 2, 1, 0]]),
}


def explicit(layer, X, valid_lens):
    """What the layer computes, with the weights written out as in lesson 1."""
    queries, keys, values = (split_heads(W(X), layer.num_heads) for W in (layer.W_q, layer.W_k, layer.W_v))
    weights = masked_softmax(queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1]), valid_lens)
    return layer.W_o(merge_heads(layer.dropout(weights) @ values))


def sequences(dtype=torch.float32):
    """Two sequences of five vectors of width 12."""
    return torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


@pytest.fixture(params=PADDINGS)
def valid_lens(request):
    return PADDINGS[request.param]


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_the_same_numbers_and_gradients_as_the_explicit_formula(dtype, training, valid_lens):
    torch.manual_seed(1)
    layer = MultiHeadAttention(12, 3, 0.5).to(dtype).train(training)
    answers = []
    for attend in (layer, lambda X, _, __, lens: explicit(layer, X, lens)):
        X = sequences(dtype).requires_grad_()
        torch.manual_seed(2)  # in training, both drop the same weights
        out = attend(X, X, X, valid_lens)
        out.square().sum().backward()
        answers.append([out, X.grad, *(parameter.grad for parameter in layer.parameters())])
        layer.zero_grad()
    for fused, written in zip(*answers, strict=True):
        scale = max(1, written.abs().max().item())
        assert fused.dtype == dtype
        assert (fused - written).abs().max() <= 16 * torch.finfo(dtype).eps * scale


class Largest(TorchDispatchMode):
    """The number of entries of the largest tensor that an operation returns."""

    entries = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        out = operation(*args, **(kwargs or {}))
        sizes = [tensor.numel() for tensor in tree_leaves(out) if isinstance(tensor, torch.Tensor)]
        self.entries = max([self.entries, *sizes])
        return out


@pytest.mark.parametrize("padded", [False, True])
def test_the_matrix_of_weights_exists_only_if_somebody_looks(padded):
    n = 256
    layer, X = MultiHeadAttention(8, 2, 0.5).eval(), torch.randn(2, n, 8, requires_grad=True)
    valid_lens = torch.tensor([n, 0]) if padded else None
    with Largest() as seen:
        layer(X, X, X, valid_lens).sum().backward()
    assert seen.entries <= X.numel()
    with Largest() as seen:
        assert layer.attention_weights.shape == (2, 2, n, n)
    assert seen.entries == 2 * 2 * n * n
    with Largest() as seen:  # the formula written out would have been noticed
        explicit(layer, X, valid_lens)
    assert seen.entries == 2 * 2 * n * n


def test_there_are_no_weights_before_the_first_call():
    assert MultiHeadAttention(12, 3, 0).attention_weights is None


def test_the_weights_are_those_of_the_call_whatever_happens_later():
    torch.manual_seed(1)
    layer, X, valid_lens = MultiHeadAttention(12, 3, 0), sequences(), torch.tensor([4, 2])
    layer(X, X, X, valid_lens)
    before = layer.attention_weights
    assert (before[1, :, :, 2:] == 0).all()
    valid_lens[1] = 5
    X.zero_()
    with torch.no_grad():
        layer.W_q.weight.zero_()
    assert torch.equal(layer.attention_weights, before)


def test_a_call_leaves_no_graph_behind():
    class Kept:
        def __init__(self, tensor):
            self.tensor = tensor

    kept = weakref.WeakSet()

    def pack(tensor):
        entry = Kept(tensor.detach())
        kept.add(entry)
        return entry

    layer, X = MultiHeadAttention(12, 3, 0), sequences().requires_grad_()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda entry: entry.tensor):
        out = layer(X, X, X)
    assert len(kept) > 0
    del out
    assert not layer.attention_weights.requires_grad
    assert len(kept) == 0


def test_the_dropout_of_the_layer_decides_not_the_mode_of_the_whole():
    layer, X = MultiHeadAttention(12, 3, 0.5).eval(), sequences()
    plain = layer(X, X, X)
    layer.dropout.train()  # dropout at test time, to see how sure a model is
    assert not torch.allclose(layer(X, X, X), plain)
    layer.train()
    layer.dropout.eval()
    assert torch.equal(layer(X, X, X), plain)


def test_the_kernel_is_asked_once_a_call(monkeypatch):
    asked = []
    kernel = F.scaled_dot_product_attention
    monkeypatch.setattr(F, "scaled_dot_product_attention", lambda *a, **k: asked.append(k) or kernel(*a, **k))
    X = sequences()
    MultiHeadAttention(12, 3, 0.5)(X, X, X, torch.tensor([3, 0]))
    assert [(call["attn_mask"].shape, call["dropout_p"]) for call in asked] == [((2, 1, 1, 5), 0.5)]


def test_a_call_frees_what_the_last_one_kept_before_it_computes(monkeypatch):
    layer, X = MultiHeadAttention(12, 3, 0), sequences()
    layer(X, X, X)
    kept, seen, forward = weakref.ref(layer._last_call[0]), [], layer.W_q.forward
    monkeypatch.setattr(layer.W_q, "forward", lambda X: seen.append(kept()) or forward(X))
    with pytest.raises(ValueError):  # a call that is refused changes nothing
        layer(X[..., 1:], X, X)
    assert kept() is not None
    layer(X, X, X)
    assert seen == [None]
