"""The layers on 2,100 random inputs of every shape, dtype, layout and size, against loops in float64."""

import pytest
import slow
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from slow import FLOATS, close, largest, layouts, problems, seeds, tensor

from helpers import MultiHeadAttention, PositionalEncoding, masked_softmax, merge_heads, split_heads

torch.set_num_threads(1)
floats = st.sampled_from(FLOATS)
few = st.integers(1, 3)
lengths = st.integers(1, 40) | st.integers(1, 100_001)


def same(tensors, copies):
    """Whether ``tensors`` hold what they held when they were copied."""
    return all(old is None or torch.equal(X, old) for X, old in zip(tensors, copies, strict=True))


def copies(*tensors):
    return [None if X is None else X.clone() for X in tensors]


@settings(max_examples=600)
@given(problems(), few, floats, layouts, st.sampled_from([0, 1, 100, 1e4, "half of the largest"]), seeds)
def test_masked_softmax(problem, num_heads, dtype, layout, size, seed):
    batch, num_queries, num_keys, valid_lens = problem
    size = torch.finfo(dtype).max / 2 if isinstance(size, str) else size
    scores = tensor((batch, num_heads, num_queries, num_keys), seed, dtype, layout).clamp(-1, 1) * size
    before = copies(scores, valid_lens)
    weights = masked_softmax(scores.requires_grad_(), valid_lens)
    expected = slow.masked_softmax(scores.detach(), valid_lens)
    assert weights.dtype == dtype
    assert close(weights, expected, dtype)
    assert (weights[expected == 0] == 0).all()
    # Three dimensions are four without the heads; more are as good.
    assert torch.equal(masked_softmax(scores[:, 0], valid_lens), weights[:, 0])
    assert torch.equal(masked_softmax(scores[:, :, None], valid_lens), weights[:, :, None])
    # A row sums to 1, or it is 0; and so does its gradient, with no NaN on the way.
    sums = weights.double().sum(-1)
    assert close(sums, expected.sum(-1), dtype, slack=8)
    loss = (weights * tensor(weights.shape, seed + 1, dtype)).sum()
    with torch.autograd.set_detect_anomaly(True):
        loss.backward()
    assert scores.grad.isfinite().all()
    assert (scores.grad[expected == 0] == 0).all()
    assert same([scores, valid_lens], before)


@settings(max_examples=500)
@given(problems(), few, few, st.booleans(), floats, layouts, st.sampled_from([0, 1, 30, 1000]), few, seeds)
def test_attention(problem, num_heads, head_dim, bias, dtype, layout, size, kinds, seed):
    batch, num_queries, num_keys, valid_lens = problem
    num_hiddens = num_heads * head_dim
    torch.manual_seed(seed)
    layer = MultiHeadAttention(num_hiddens, num_heads, 0.5, bias).to(dtype)
    queries, keys, values = (
        (size * tensor((batch, n, num_hiddens), seed + k % kinds, dtype, layout)).requires_grad_()
        for k, n in enumerate((num_queries, num_keys, num_keys))
    )
    given_to_it = queries, keys, values, valid_lens
    before = copies(*given_to_it)
    learning = queries, keys, values, *layer.parameters()
    trained = layer(*given_to_it)
    assert all(X.isfinite().all() for X in (trained, *torch.autograd.grad(trained.sum(), learning)))
    out = layer.eval()(*given_to_it)
    weights = layer.attention_weights
    assert out.dtype == weights.dtype == dtype
    assert out.isfinite().all() and weights.isfinite().all()
    with torch.no_grad():
        expected, scores = slow.attention(layer, *given_to_it)
    assert bias or (out[expected == 0] == 0).all()  # who has nobody to listen to gets zeros
    # A score is wrong by a few units in its last place, and a weight by as much as the score is large.
    scale = max(1, largest(scores))
    assert close(weights, slow.masked_softmax(scores, valid_lens), dtype, slack=16, scale=scale)
    assert close(out, expected, dtype, slack=16, scale=scale * max(1, size))
    # The fused path is the path by way of the weights, however large the scores.
    with torch.no_grad():
        by_hand = layer.W_o(merge_heads(weights @ split_heads(layer.W_v(values), num_heads)))
    assert close(out, by_hand.double(), dtype, slack=16, scale=scale * max(1, size))
    assert all(X.isfinite().all() for X in torch.autograd.grad(out.sum(), learning))
    assert same(given_to_it, before)


@settings(max_examples=400)
@given(st.integers(1, 9), lengths, few, floats, layouts, st.sampled_from(FLOATS[2:]), seeds, st.data())
def test_the_encoding(num_hiddens, max_len, batch, dtype, layout, default, seed, data):
    torch.set_default_dtype(default)
    try:
        layer = PositionalEncoding(num_hiddens, 0.5, max_len)
    finally:
        torch.set_default_dtype(torch.float32)
    assert layer.P.shape == (1, max_len, num_hiddens)
    assert layer.P.dtype == default
    asked = [max_len - 1, *data.draw(st.lists(st.integers(0, max_len - 1), max_size=8))]
    rows = [[slow.encoding(t, column, num_hiddens) for column in range(num_hiddens)] for t in asked]
    apart = layer.P[0, asked].double() - torch.tensor(rows, dtype=torch.float64)
    # The angle of position t, computed in float64, is wrong by some units in the last place of t.
    assert largest(apart) <= 4 * (torch.finfo(default).eps + max_len * torch.finfo(torch.float64).eps)
    num_steps = min(max_len, data.draw(st.integers(0, 40)))
    X = 100 * tensor((batch, num_steps, num_hiddens), seed, dtype, layout)
    before = copies(X)
    out = layer.eval()(X)
    table = [[slow.encoding(t, column, num_hiddens) for column in range(num_hiddens)] for t in range(num_steps)]
    expected = X.double() + torch.tensor(table, dtype=torch.float64).reshape(num_steps, num_hiddens)
    assert out.dtype == dtype
    assert close(out, expected, max(dtype, default, key=lambda kind: torch.finfo(kind).eps))
    assert layer.train()(X).isfinite().all()
    assert same([X], before)


@settings(max_examples=200)
@given(
    st.lists(st.integers(0, 4), min_size=2, max_size=4),
    few,
    few,
    st.sampled_from([*FLOATS, torch.int64]),
    layouts,
    seeds,
)
def test_heads_hold_their_part_of_every_vector(sizes, num_heads, head_dim, dtype, layout, seed):
    X = tensor((*sizes, num_heads * head_dim), seed, dtype, layout)
    before = copies(X)
    H = split_heads(X, num_heads)
    assert H.shape == (*sizes[:-1], num_heads, sizes[-1], head_dim)
    for h in range(num_heads):
        assert torch.equal(H[..., h, :, :], X[..., h * head_dim : (h + 1) * head_dim])
    assert torch.equal(merge_heads(H), X)
    assert same([X], before)


@settings(max_examples=200)
@given(problems(), few, few, floats, layouts, seeds)
def test_on_the_meta_device_come_the_same_shapes(problem, num_heads, head_dim, dtype, layout, seed):
    batch, num_queries, num_keys, valid_lens = problem
    num_hiddens = num_heads * head_dim
    queries, keys = (tensor((batch, n, num_hiddens), seed, dtype, layout) for n in (num_queries, num_keys))
    seen = []
    for device in ("cpu", "meta"):
        layer = MultiHeadAttention(num_hiddens, num_heads, 0.5).to(device, dtype)
        Q, K, lens = (None if X is None else X.to(device) for X in (queries, keys, valid_lens))
        scores = Q @ K.transpose(-2, -1)
        made = [layer(Q, K, K, lens), layer.attention_weights, masked_softmax(scores, lens)]
        made += [PositionalEncoding(num_hiddens, 0.5, 5).to(device)(Q), merge_heads(split_heads(Q, num_heads))]
        assert {X.device.type for X in made} == {device}
        seen.append([(X.shape, X.dtype) for X in made])
    assert seen[0] == seen[1]


@settings(max_examples=200)
@given(problems(smallest=1), st.sampled_from(["negative", "too large", "one too many", "dimensions"]), seeds)
def test_valid_lens_that_make_no_sense_are_refused(problem, wrong, seed):
    batch, num_queries, num_keys, valid_lens = problem
    lens = torch.full((batch,), num_keys) if valid_lens is None else valid_lens.long()
    at = seed % lens.numel()
    if wrong in ("negative", "too large"):
        lens = lens.flatten().clone()
        lens[at] = -1 - seed % 7 if wrong == "negative" else num_keys + 1 + seed % 7
        lens = lens.reshape((batch,) if valid_lens is None else valid_lens.shape)
    else:
        lens = torch.cat([lens, lens[:1]]) if wrong == "one too many" else lens[..., None, None]
    layer, queries, keys = MultiHeadAttention(2, 1, 0), *(torch.zeros(batch, n, 2) for n in (num_queries, num_keys))
    for call in (lambda: layer(queries, keys, keys, lens), lambda: masked_softmax(queries @ keys.mT, lens)):
        with pytest.raises(ValueError, match="valid_lens"):
            call()
