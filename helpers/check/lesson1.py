"""The exercises of lesson 1, self-attention: right answers, and what named mistakes compute."""

import math

import torch
from torch.nn.functional import normalize

from helpers import layers

from .exercise import Exercise, Question, mistake
from .tensors import random

SMALL = {"limits": (0, 1), "size": (10, 2.6)}  # of a picture


def rows_sum(came, expected):
    """A clue about attention weights: does each row sum to 1?"""
    sums, wanted = came.sum(dim=-1), expected.sum(dim=-1)
    apart = sums[(sums - wanted).abs() > 0.001]
    return ("rows-sum", {"sum": apart[0].item()}) if len(apart) else None


# By hand
weighted_mean = Question(
    "weighted_mean",
    right=7,
    mistakes=[mistake("sum", 12), mistake("plain-mean", 6), mistake("weights-swapped", 5), mistake("sum-divided", 3.5)],
)


# Scaled dot-product attention: the weights
def _weights(scale=math.sqrt, of=lambda queries, keys: queries.shape[-1], dim=-1):
    """Attention weights that divide by scale(of(queries, keys)) and normalise along dim."""

    def attention_weights(queries, keys):
        return (queries @ keys.transpose(1, 2) / scale(of(queries, keys))).softmax(dim)

    return attention_weights


def _scaled_after(queries, keys):
    return (queries @ keys.transpose(1, 2)).softmax(-1) / math.sqrt(queries.shape[-1])


def _distances(queries, keys):
    return (-torch.cdist(queries, keys) / math.sqrt(queries.shape[-1])).softmax(-1)


def _cosine(queries, keys):
    return (normalize(queries, dim=-1) @ normalize(keys, dim=-1).mT).softmax(-1)


attention_weights = Exercise(
    "attention_weights",
    "queries, keys",
    right=_weights(),
    cases=lambda: {
        "batches": [
            (torch.tensor([[[1.0, 0, 2, 0]]]), torch.tensor([[[1.0, 1, 0, 0], [0, 0, 2, 0]]])),
            (random(1, 2, 2), random(1, 3, 2)),
            (random(2, 2, 2), random(2, 2, 2, seed=1)),
            (random(3, 3, 3), random(3, 3, 3, seed=1)),
            (random(2, 3, 5), random(2, 4, 5)),
            (random(3, 2, 16), random(3, 6, 16)),
        ]
    },
    mistakes=[
        mistake("no-scaling", _weights(lambda d: 1)),
        mistake("multiplied", _weights(lambda d: d**-0.5)),
        mistake("no-root", _weights(lambda d: d)),
        mistake(
            "wrong-size",
            _weights(of=lambda queries, keys: keys.shape[1]),
            _weights(of=lambda queries, keys: queries.shape[1]),
            _weights(of=lambda queries, keys: queries.shape[0]),
        ),
        mistake("scaled-after-softmax", _scaled_after),
        mistake("softmax-over-queries", _weights(dim=1)),
        mistake("softmax-over-batch", _weights(dim=0)),
        mistake(
            "softmax-over-everything",
            lambda q, k: torch.softmax((q @ k.mT / math.sqrt(q.shape[-1])).flatten(1), -1).view(*q.shape[:2], -1),
        ),
        mistake(
            "no-softmax",
            lambda queries, keys: queries @ keys.mT / math.sqrt(queries.shape[-1]),
            lambda queries, keys: queries @ keys.mT,
        ),
        mistake(
            "keys-not-transposed", lambda queries, keys: (queries @ keys / math.sqrt(queries.shape[-1])).softmax(-1)
        ),
        mistake(
            "wrong-axes-transposed",
            lambda queries, keys: (queries @ keys.transpose(0, 1) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.transpose(0, 2) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(2, 1, 0) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(1, 2, 0) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(2, 0, 1) / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake("roles-swapped", lambda queries, keys: (keys @ queries.mT / math.sqrt(queries.shape[-1])).softmax(-1)),
        mistake(
            "queries-with-themselves",
            lambda queries, keys: (queries @ queries.mT / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake("values-taken", lambda queries, keys: _weights()(queries, keys) @ keys),
        mistake("distances", _distances),
        mistake(
            "cosines", _cosine, lambda queries, keys: _weights()(normalize(queries, dim=-1), normalize(keys, dim=-1))
        ),
    ],
    clue=rows_sum,
)


# Padding
def _masked(fill=-math.inf, allowed=None, zero=False, after=False, renormalised=False):
    """A masked softmax with a mistake in it: fill goes into the scores that ``allowed`` leaves out."""

    def masked_softmax(scores, valid_lens):
        if valid_lens is None:
            return scores.softmax(-1)
        lens = valid_lens[:, None, None] if valid_lens.dim() == 1 else valid_lens[:, :, None]
        keys = torch.arange(scores.shape[-1])
        mask = keys < lens if allowed is None else allowed(keys, lens, scores)
        mask = mask.expand(scores.shape)
        if after:
            weights = scores.softmax(-1) * mask
            return weights / weights.sum(-1, keepdim=True) if renormalised else weights
        weights = scores.masked_fill(~mask, fill).softmax(-1)
        return weights * mask if zero else weights

    return masked_softmax


def _query_axis(keys, lens, scores):
    return torch.arange(scores.shape[1])[:, None] < lens


def _both_axes(scores, valid_lens):
    weights = layers.masked_softmax(scores, valid_lens)
    if valid_lens is None or valid_lens.dim() == 2:
        return weights
    return weights * (torch.arange(scores.shape[1])[:, None] < valid_lens[:, None, None])


def _added(factor):
    def masked_softmax(scores, valid_lens):
        if valid_lens is None:
            return scores.softmax(-1)
        lens = valid_lens[:, None, None] if valid_lens.dim() == 1 else valid_lens[:, :, None]
        return (scores + factor * (torch.arange(scores.shape[-1]) < lens)).softmax(-1)

    return masked_softmax


def _times_infinity(scores, valid_lens):
    if valid_lens is None:
        return scores.softmax(-1)
    padding = torch.arange(scores.shape[-1]) >= valid_lens.reshape(len(scores), -1, 1)
    return (scores + padding * -math.inf).softmax(-1)


def _batch_as_queries(scores, valid_lens):
    if valid_lens is not None and valid_lens.dim() == 1:
        valid_lens = valid_lens[None, :].expand(len(scores), -1)
    return layers.masked_softmax(scores, valid_lens)


def _first_query_only(scores, valid_lens):
    if valid_lens is not None and valid_lens.dim() == 2:
        valid_lens = valid_lens[:, 0]
    return layers.masked_softmax(scores, valid_lens)


def _same_for_all(scores, valid_lens):
    return layers.masked_softmax(scores, None if valid_lens is None else valid_lens[:1].expand_as(valid_lens).clone())


def _raw(scores, valid_lens, fill):
    """The masked scores themselves."""
    if valid_lens is None:
        return scores
    lens = valid_lens[:, None, None] if valid_lens.dim() == 1 else valid_lens[:, :, None]
    return scores.masked_fill(torch.arange(scores.shape[-1]) >= lens, fill)


def _per_sentence_only(scores, valid_lens):
    if valid_lens is None:
        return scores.softmax(-1)
    allowed = torch.arange(scores.shape[-1]) < valid_lens[:, None, None]
    return scores.masked_fill(~allowed, -math.inf).softmax(-1)


masked_softmax = Exercise(
    "masked_softmax",
    "scores, valid_lens",
    right=layers.masked_softmax,
    cases=lambda: {
        "per-sentence": [
            (torch.tensor([[[1.0, 2, 3]]]), torch.tensor([2])),
            (random(2, 2, 3), torch.tensor([1, 2])),
            (random(3, 3, 3), torch.tensor([1, 3, 2])),
            (random(2, 4, 3), torch.tensor([3, 2])),
            (random(3, 2, 5), torch.tensor([4, 1, 5])),
        ],
        "per-query": [
            (random(1, 2, 3), torch.tensor([[1, 2]])),
            (random(2, 2, 2), torch.tensor([[1, 2], [2, 1]])),
            (random(2, 3, 4), torch.tensor([[1, 4, 2], [3, 2, 1]])),
        ],
        "no-lengths": [(random(1, 2, 3), None), (random(2, 3, 4), None)],
        "no-real-key": [
            (torch.tensor([[[1.0, 2]]]), torch.tensor([0])),
            (random(2, 2, 3), torch.tensor([2, 0])),
            (random(2, 2, 3), torch.tensor([[0, 2], [3, 0]])),
        ],
    },
    mistakes=[
        mistake("mask-after-softmax", _masked(after=True)),
        mistake("masked-to-zero", _masked(fill=0.0), _masked(fill=0.0, zero=True)),
        mistake("one-key-too-many", _masked(allowed=lambda keys, lens, scores: keys <= lens)),
        mistake(
            "one-key-too-few",
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1),
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1, zero=True, fill=-1e9),
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1, fill=-1e9),
        ),
        mistake(
            "query-axis",
            _masked(allowed=_query_axis),
            _masked(allowed=_query_axis, fill=-1e9),
            _masked(allowed=_query_axis, fill=-1e9, zero=True),
        ),
        mistake("padded-queries-zeroed", _both_axes),
        mistake(
            "polarity",
            _masked(allowed=lambda keys, lens, scores: keys >= lens),
            _masked(allowed=lambda keys, lens, scores: keys >= lens, fill=-1e9),
            _masked(allowed=lambda keys, lens, scores: keys >= lens, fill=-1e9, zero=True),
        ),
        mistake("zero-one-added", _added(1), _added(-1)),
        mistake("zero-times-infinity", _times_infinity),
        mistake("not-masked", lambda scores, valid_lens: scores.softmax(-1)),
        mistake(
            "no-softmax",
            lambda scores, valid_lens: _raw(scores, valid_lens, -math.inf),
            lambda scores, valid_lens: _raw(scores, valid_lens, 0.0),
            lambda scores, valid_lens: _raw(scores, valid_lens, -1e9),
        ),
        mistake(
            "softmax-over-queries",
            lambda scores, valid_lens: _raw(scores, valid_lens, -1e9).softmax(1),
            lambda scores, valid_lens: _raw(scores, valid_lens, -math.inf).softmax(1),
        ),
        mistake("lengths-by-query", _batch_as_queries),
        mistake("first-length-for-all", _same_for_all),
        mistake("first-query-for-all", _first_query_only),
        mistake("lengths-per-query", _per_sentence_only, group="per-query"),
        mistake(
            "none-not-handled",
            lambda scores, valid_lens: layers.masked_softmax(scores, valid_lens.clone()),
            group="no-lengths",
        ),
        mistake("nan-row", _masked(), _masked(zero=True), _masked(after=True, renormalised=True)),
        mistake("uniform-row", _masked(fill=-1e9)),
    ],
    clue=rows_sum,
    drawn=(
        (torch.tensor([[[1.0, 2, 0, 1], [0, 1, 2, 1], [2, 0, 1, 0]]]), torch.tensor([[3, 2, 1]])),
        {"values": True} | SMALL,
    ),
)


padded_rows = Question(
    "padded_rows",
    right="c",
    letters="abcd",
    mistakes=[mistake("zero-rows", "a"), mistake("shorter", "b"), mistake("nan-rows", "d")],
)


# Heads
def _view(X, num_heads):
    batch, n, num_hiddens = X.shape
    return X.reshape(batch, num_heads, n, num_hiddens // num_heads)


def _in_batch(X, num_heads):
    return layers.split_heads(X, num_heads).flatten(0, 1)


def _interleaved(X, num_heads):
    return X.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2)


split_heads = Exercise(
    "split_heads",
    "X, num_heads",
    right=layers.split_heads,
    cases=lambda: {
        "several-heads": [
            (torch.arange(8.0).reshape(1, 2, 4), 2),
            (torch.arange(48.0).reshape(2, 4, 6), 3),
            (random(3, 2, 8), 4),
            (random(2, 5, 12), 2),
        ],
        "extremes": [(random(2, 3, 4), 1), (random(2, 3, 4), 4)],
    },
    mistakes=[
        mistake("no-transpose", _view),
        mistake("all-in-one-reshape", lambda X, num_heads: X.reshape(len(X) * num_heads, X.shape[1], -1)),
        mistake(
            "heads-in-batch",
            _in_batch,
            lambda X, num_heads: layers.split_heads(X, num_heads).transpose(0, 1).flatten(0, 1),
        ),
        mistake("not-transposed", lambda X, num_heads: X.unflatten(-1, (num_heads, -1))),
        mistake("interleaved", _interleaved),
        mistake("heads-first", lambda X, num_heads: layers.split_heads(X, num_heads).transpose(0, 1)),
        mistake("words-last", lambda X, num_heads: layers.split_heads(X, num_heads).mT),
        mistake("sentence-cut", lambda X, num_heads: torch.stack(X.chunk(num_heads, dim=1), dim=1)),
        mistake("sizes-swapped", lambda X, num_heads: X.unflatten(-1, (-1, num_heads)).transpose(1, 2)),
    ],
)


merge_heads = Exercise(
    "merge_heads",
    "X",
    right=layers.merge_heads,
    cases=lambda: {
        "several-heads": [
            (torch.arange(8.0).reshape(1, 2, 2, 2),),
            (torch.arange(48.0).reshape(2, 3, 4, 2),),
            (random(3, 4, 2, 2),),
            (random(2, 2, 5, 6),),
        ],
        "one-head": [(random(2, 1, 3, 4),)],
    },
    mistakes=[
        mistake("no-transpose", lambda X: X.reshape(X.shape[0], X.shape[2], -1)),
        mistake("averaged", lambda X: X.mean(1), lambda X: X.sum(1)),
        mistake("interleaved", lambda X: X.permute(0, 2, 3, 1).flatten(-2)),
        mistake("not-joined", lambda X: X.transpose(1, 2)),
        mistake("words-joined", lambda X: X.flatten(1, 2), lambda X: X.flatten(2)),
    ],
)


head_width = Question(
    "head_width",
    right=20,
    mistakes=[
        mistake("per-head", 100),
        mistake("multiplied", 500),
        mistake("number-of-heads", 5),
        mistake("rooted", 10, 4.47),
    ],
)

score_divisor = Question(
    "score_divisor",
    right=8,
    mistakes=[
        mistake("root-of-num-hiddens", 22.63),
        mistake("root-of-num-heads", 2.828),
        mistake("no-root", 64, 512),
        mistake("inverse", 0.125),
    ],
)


# The whole layer
def _maps(X, W_q, W_k, W_v):
    return X @ W_q, X @ W_k, X @ W_v


def _layer(
    scale=lambda head_dim, num_hiddens, num_heads: math.sqrt(head_dim),
    maps=_maps,
    split=layers.split_heads,
    dim=-1,
    after=lambda head_dim: 1,
    merge=layers.merge_heads,
    out=lambda Y, W_o: Y @ W_o,
):
    """Multi-head attention with one step changed."""

    def multi_head_attention(X, W_q, W_k, W_v, W_o, num_heads):
        queries, keys, values = (split(Y, num_heads) for Y in maps(X, W_q, W_k, W_v))
        head_dim = X.shape[-1] // num_heads
        scores = queries @ keys.mT / scale(head_dim, X.shape[-1], num_heads)
        return out(merge(scores.softmax(dim) / after(head_dim) @ values), W_o)

    return multi_head_attention


def _one_head(X, W_q, W_k, W_v, W_o, num_heads):
    return _layer()(X, W_q, W_k, W_v, W_o, 1)


def _no_softmax(X, W_q, W_k, W_v, W_o, num_heads):
    queries, keys, values = (layers.split_heads(X @ W, num_heads) for W in (W_q, W_k, W_v))
    return layers.merge_heads(queries @ keys.mT / math.sqrt(queries.shape[-1]) @ values) @ W_o


def _transposed_maps(X, W_q, W_k, W_v):
    return X @ W_q.T, X @ W_k.T, X @ W_v.T


def _merge_reshape(X):
    return X.reshape(X.shape[0], X.shape[2], -1)


def _layer_cases(*sizes):
    cases = []
    for number, (batch, n, num_hiddens, num_heads) in enumerate(sizes):
        W = [random(num_hiddens, num_hiddens, seed=10 * number + k) / num_hiddens**0.5 for k in range(4)]
        cases.append((random(batch, n, num_hiddens), *W, num_heads))
    return cases


multi_head_attention = Exercise(
    "multi_head_attention",
    "X, W_q, W_k, W_v, W_o, num_heads",
    right=_layer(),
    cases=lambda: {
        "several-heads": _layer_cases((1, 2, 4, 2), (2, 2, 4, 2), (2, 3, 12, 3), (3, 5, 8, 4), (2, 4, 18, 2)),
        "a-single-head": _layer_cases((2, 3, 4, 1)),
    },
    mistakes=[
        mistake("no-scaling", _layer(scale=lambda head_dim, num_hiddens, num_heads: 1)),
        mistake("scaled-by-num-hiddens", _layer(scale=lambda head_dim, num_hiddens, num_heads: math.sqrt(num_hiddens))),
        mistake("scaled-by-num-heads", _layer(scale=lambda head_dim, num_hiddens, num_heads: math.sqrt(num_heads))),
        mistake("multiplied", _layer(scale=lambda head_dim, num_hiddens, num_heads: head_dim**-0.5)),
        mistake(
            "no-root",
            _layer(scale=lambda head_dim, num_hiddens, num_heads: head_dim),
            _layer(scale=lambda head_dim, num_hiddens, num_heads: num_hiddens),
        ),
        mistake("scaled-after-softmax", _layer(scale=lambda head_dim, num_hiddens, num_heads: 1, after=math.sqrt)),
        mistake("softmax-over-queries", _layer(dim=2)),
        mistake("softmax-over-heads", _layer(dim=1)),
        mistake("softmax-over-batch", _layer(dim=0)),
        mistake("heads-scrambled", _layer(split=_view), _layer(split=_view, merge=_merge_reshape)),
        mistake("merged-without-transpose", _layer(merge=_merge_reshape)),
        mistake(
            "heads-interleaved",
            _layer(split=_interleaved),
            _layer(split=_interleaved, merge=lambda X: X.permute(0, 2, 3, 1).flatten(-2)),
        ),
        mistake(
            "heads-averaged",
            _layer(merge=lambda X: X.mean(1), out=lambda Y, W_o: Y),
            _layer(merge=lambda X: X.mean(1)),
            _layer(merge=lambda X: X.mean(1), out=lambda Y, W_o: Y @ W_o[: Y.shape[-1]]),
            _layer(merge=lambda X: X.mean(1).repeat(1, 1, X.shape[1])),
            _layer(merge=lambda X: X.sum(1), out=lambda Y, W_o: Y),
            _layer(merge=lambda X: X.sum(1)),
        ),
        mistake("no-output-map", _layer(out=lambda Y, W_o: Y)),
        mistake("no-softmax", _no_softmax),
        mistake("maps-not-used", _layer(maps=lambda X, W_q, W_k, W_v: (X, X, X))),
        mistake("single-head", _one_head),
        mistake(
            "maps-transposed",
            _layer(maps=_transposed_maps, out=lambda Y, W_o: Y @ W_o.T),
            _layer(maps=_transposed_maps),
            _layer(out=lambda Y, W_o: Y @ W_o.T),
        ),
        mistake(
            "values-not-mapped",
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_k, X)),
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_k, X @ W_k)),
        ),
        mistake(
            "one-map-for-all",
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_q, X @ W_v)),
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_q, X @ W_q)),
        ),
        mistake("roles-swapped", _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_k, X @ W_q, X @ W_v))),
        mistake("input-added", lambda X, *rest: X + _layer()(X, *rest)),
    ],
)


# Order
def _attend(X):
    return (X @ X.mT / math.sqrt(X.shape[-1])).softmax(-1) @ X


def _attend_in_order(X):
    return _attend(X + torch.arange(X.shape[1])[:, None] / X.shape[1])


def _gap(compare):
    """A number out of |compare(attention, X, order)|."""
    return lambda attention, X, order: compare(attention, X, order).abs().max()


permutation_gap = Exercise(
    "permutation_gap",
    "attention, X, order",
    right=_gap(lambda attention, X, order: attention(X[:, order]) - attention(X)[:, order]),
    cases=lambda: {
        "blind-to-order": [
            (_attend, random(1, 2, 2), torch.tensor([1, 0])),
            (_attend, random(1, 3, 4), torch.tensor([1, 2, 0])),
            (_attend, random(3, 3, 3), torch.tensor([2, 0, 1])),
        ],
        "numbered": [
            (_attend_in_order, random(1, 2, 2), torch.tensor([1, 0])),
            (_attend_in_order, random(2, 4, 4), torch.tensor([1, 2, 3, 0])),
            (_attend_in_order, random(3, 3, 3), torch.tensor([2, 0, 1])),
        ],
    },
    mistakes=[
        mistake("compared-unshuffled", _gap(lambda attention, X, order: attention(X[:, order]) - attention(X))),
        mistake(
            "features-shuffled",
            _gap(lambda attention, X, order: attention(X[:, :, order]) - attention(X)[:, :, order]),
            _gap(lambda attention, X, order: attention(X[..., order]) - attention(X)[:, order]),
        ),
        mistake("batch-shuffled", _gap(lambda attention, X, order: attention(X[order]) - attention(X)[order])),
        mistake("same-thing-twice", lambda attention, X, order: torch.tensor(0.0)),
        mistake(
            "shuffled-back-wrongly", _gap(lambda attention, X, order: attention(X[:, order])[:, order] - attention(X))
        ),
        mistake(
            "mean-for-largest",
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).abs().mean(),
        ),
        mistake(
            "summed",
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).abs().sum(),
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).norm(),
        ),
        mistake("signs-kept", lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).max()),
        mistake(
            "verdict-for-number",
            lambda attention, X, order: torch.allclose(attention(X[:, order]), attention(X)[:, order], atol=1e-5),
        ),
    ],
)


order_evidence = Question(
    "order_evidence",
    right="b",
    letters="abcd",
    mistakes=[mistake("different-words", "a"), mistake("same-order", "c"), mistake("weights-differ", "d")],
)


looks_at = Question(
    "looks_at",
    right="c",
    letters="abcd",
    mistakes=[mistake("column-read", "b"), mistake("itself", "d"), mistake("smallest", "a")],
)


# Looking ahead
def _additive(num_steps):
    return torch.zeros(num_steps, num_steps).masked_fill(~torch.ones(num_steps, num_steps).tril().bool(), -math.inf)


causal_mask = Exercise(
    "causal_mask",
    "num_steps",
    right=lambda num_steps: torch.ones(num_steps, num_steps).tril().bool(),
    cases=lambda: {"a-few-steps": [(2,), (3,), (5,)], "a-single-step": [(1,)]},
    mistakes=[
        mistake("diagonal-left-out", lambda num_steps: torch.ones(num_steps, num_steps).tril(-1).bool()),
        mistake("one-ahead", lambda num_steps: torch.ones(num_steps, num_steps).tril(1).bool()),
        mistake("polarity", lambda num_steps: torch.ones(num_steps, num_steps).triu(1).bool()),
        mistake("looks-ahead", lambda num_steps: torch.ones(num_steps, num_steps).triu().bool()),
        mistake(
            "additive",
            _additive,
            lambda num_steps: _additive(num_steps).clamp(min=-1e9),
            lambda num_steps: _additive(num_steps).clamp(min=torch.finfo(torch.float32).min),
        ),
        mistake("everything-allowed", lambda num_steps: torch.ones(num_steps, num_steps).bool()),
        mistake("only-itself", lambda num_steps: torch.eye(num_steps).bool()),
    ],
    dtype=torch.bool,
    drawn=((6,), {} | SMALL),
)
