"""The exercises of lesson 9, attention that writes: right answers, and what named mistakes compute."""

import math

import torch

from .exercise import Exercise, Question, mistake
from .tensors import random

# By hand
cross_shape = Question(
    "cross_shape",
    right=(2, 4, 7, 5),
    mistakes=[
        mistake("digits-ask", (2, 4, 5, 7)),
        mistake("own-words", (2, 4, 7, 7)),
        mistake("own-digits", (2, 4, 5, 5)),
        mistake("one-alone", (1, 4, 7, 5)),
        mistake("an-output", (2, 4, 7, 8), (2, 4, 7, 32), (2, 4, 5, 8)),
        mistake("heads-misplaced", (2, 7, 4, 5), (2, 7, 5, 4), (4, 2, 7, 5)),
    ],
)


# Two texts
def _masked(scores):
    """Weights with a causal mask, its corner at the upper left, as is_causal=True makes it."""
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    return scores.masked_fill(~allowed, -math.inf).softmax(-1)


def _careless(attention):
    """The mistakes between scores and weights that can be made in each of this lesson's attentions."""
    return [
        mistake("no-scaling", attention(scale=lambda q, k: 1)),
        mistake("softmax-over-queries", attention(weigh=lambda scores: scores.softmax(-2))),
        mistake("softmax-over-batch", attention(weigh=lambda scores: scores.softmax(0))),
        mistake("no-softmax", attention(weigh=lambda scores: scores)),
    ]


def _cross(
    texts=lambda X, Y: (X, Y, Y),
    maps=lambda W_q, W_k, W_v: (W_q, W_k, W_v),
    apply=lambda X, W: X @ W,
    scale=lambda q, k: math.sqrt(q.shape[-1]),
    weigh=lambda scores: scores.softmax(-1),
):
    """Cross-attention with one thing changed."""

    def cross_attention(X, Y, W_q, W_k, W_v):
        pairs = zip(texts(X, Y), maps(W_q, W_k, W_v), strict=True)
        q, k, v = (apply(text, W) for text, W in pairs)
        return weigh(q @ k.mT / scale(q, k)) @ v

    return cross_attention


def _texts_and_maps(n, m, d, batch=1):
    return random(batch, n, d), random(batch, m, d, seed=1), *(random(d, d, seed=seed) / 2 for seed in (2, 3, 4))


cross_attention = Exercise(
    "cross_attention",
    "X, Y, W_q, W_k, W_v",
    right=_cross(),
    cases=lambda: {
        "as-long": [_texts_and_maps(2, 2, 3), _texts_and_maps(3, 3, 4)],
        "other-lengths": [_texts_and_maps(2, 4, 3), _texts_and_maps(5, 3, 4)],
        "batches": [_texts_and_maps(3, 4, 2, batch=2), _texts_and_maps(4, 4, 3, batch=4)],
    },
    mistakes=[
        mistake("one-text", _cross(lambda X, Y: (X, X, X)), _cross(lambda X, Y: (Y, Y, Y))),
        mistake("roles-exchanged", _cross(lambda X, Y: (Y, X, X))),
        mistake("values-of-the-asker", _cross(lambda X, Y: (X, Y, X))),
        mistake("keys-of-the-asker", _cross(lambda X, Y: (X, X, Y))),
        mistake("no-root", _cross(scale=lambda q, k: q.shape[-1])),
        mistake("multiplied", _cross(scale=lambda q, k: q.shape[-1] ** -0.5)),
        mistake(
            "wrong-size",
            _cross(scale=lambda q, k: math.sqrt(k.shape[-2])),
            _cross(scale=lambda q, k: math.sqrt(q.shape[-2])),
        ),
        *_careless(_cross),
        mistake(
            "scaled-after-softmax",
            lambda X, Y, W_q, W_k, W_v: (X @ W_q @ (Y @ W_k).mT).softmax(-1) / math.sqrt(X.shape[-1]) @ (Y @ W_v),
        ),
        mistake("masked", _cross(weigh=_masked)),
        mistake("maps-from-the-left", _cross(apply=lambda X, W: X @ W.mT)),
        mistake(
            "a-map-left-out",
            _cross(maps=lambda W_q, W_k, W_v: (W_q, W_k, torch.eye(len(W_v)).to(W_v))),
            _cross(maps=lambda W_q, W_k, W_v: (torch.eye(len(W_q)).to(W_q), W_k, W_v)),
            _cross(maps=lambda W_q, W_k, W_v: (W_q, torch.eye(len(W_k)).to(W_k), W_v)),
            _cross(maps=lambda W_q, W_k, W_v: [torch.eye(len(W_q)).to(W_q)] * 3),
        ),
        mistake(
            "a-map-twice",
            _cross(maps=lambda W_q, W_k, W_v: (W_q, W_k, W_k)),
            _cross(maps=lambda W_q, W_k, W_v: (W_q, W_v, W_v)),
            _cross(maps=lambda W_q, W_k, W_v: (W_q, W_q, W_v)),
            _cross(maps=lambda W_q, W_k, W_v: (W_q, W_v, W_k)),
            _cross(maps=lambda W_q, W_k, W_v: (W_k, W_q, W_v)),
        ),
    ],
)


# Teacher forcing
def _ids(*rows):
    return torch.tensor(rows)


def _filled(value):
    """Targets as long as the inputs: something is put in at the end."""
    return lambda ids: (ids, torch.nn.functional.pad(ids[:, 1:], (0, 1), value=value))


causal_targets = Exercise(
    "causal_targets",
    "ids",
    right=lambda ids: (ids[:, :-1], ids[:, 1:]),
    # Two texts first: with one alone, mistakes look alike. Not all begin with 0: a 0 that is put in shows.
    cases=lambda: {
        "several-texts": [(_ids([0, 5, 1, 1], [0, 7, 8, 1]),), (_ids([2, 3, 1], [2, 4, 1], [2, 6, 1]),)],
        "one-text": [(_ids([0, 5, 1]),), (_ids([0, 9, 30, 22, 8, 1]),)],
    },
    mistakes=[
        mistake(
            "not-moved",
            lambda ids: (ids[:, :-1], ids[:, :-1]),
            lambda ids: (ids[:, 1:], ids[:, 1:]),
            lambda ids: (ids, ids),
        ),
        mistake("backwards", lambda ids: (ids[:, 1:], ids[:, :-1])),
        mistake("moved-by-two", lambda ids: (ids[:, :-2], ids[:, 2:]), lambda ids: (ids[:, :-1], ids[:, 2:])),
        mistake(
            "goes-round",
            lambda ids: (ids, ids.roll(-1, 1)),
            lambda ids: (ids, ids.roll(1, 1)),
            lambda ids: (ids, ids.roll(-1)),
        ),
        mistake("texts-rolled", lambda ids: (ids, ids.roll(-1, 0))),
        # With 0, with <end>, with the number that torch's loss leaves out, or at the beginning.
        mistake(
            "filled-up", *map(_filled, (0, 1, -100)), lambda ids: (torch.nn.functional.pad(ids[:, :-1], (1, 0)), ids)
        ),
        mistake("last-word-goes-in", lambda ids: (ids, ids[:, 1:])),
        mistake("targets-not-cut", lambda ids: (ids[:, :-1], ids)),
        mistake("texts-cut", lambda ids: (ids[:-1], ids[1:])),
        mistake("one-of-two", lambda ids: ids[:, 1:], lambda ids: ids[:, :-1]),
        mistake("last-word-alone", lambda ids: (ids[:, :-1], ids[:, -1]), lambda ids: (ids[:, :-1], ids[:, -1:])),
    ],
)


symptom = Question(
    "symptom",
    right="b",
    letters="abcd",
    mistakes=[mistake("mask", "a"), mistake("by-two", "c"), mistake("too-hot", "d")],
)


# Sampling
def _tempered(scores=lambda scores, T: scores / T, weights=lambda weights, T: weights, dim=-1):
    return lambda X, T: weights(scores(X, T).softmax(dim), T)


def _largest(scores, temperature):
    return torch.nn.functional.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)


sampling_weights = Exercise(
    "sampling_weights",
    "scores, temperature",
    right=_tempered(),
    cases=lambda: {
        "one-place": [(torch.tensor([[1.0, 0.0, -1.0]]), 0.5), (random(1, 4), 2.0), (random(1, 3), 1.0)],
        "several-places": [(random(2, 4), 0.5), (random(5, 5), 3.0)],
    },
    mistakes=[
        mistake("multiplied", _tempered(lambda scores, T: scores * T)),
        # Nor does a softmax notice what is added to all its scores.
        mistake("ignored", _tempered(lambda scores, T: scores), _tempered(lambda scores, T: scores + T)),
        mistake("after-softmax", _tempered(lambda scores, T: scores, lambda weights, T: weights / T)),
        mistake(
            "not-normalised",
            _tempered(lambda scores, T: scores, lambda weights, T: weights ** (1 / T)),
            lambda scores, temperature: (scores / temperature).exp(),
            lambda scores, temperature: (scores / temperature).flatten().softmax(0).view_as(scores),
        ),
        mistake(
            "another-number",
            _tempered(lambda scores, T: scores / math.sqrt(T)),
            _tempered(lambda scores, T: scores / T**2),
            _tempered(lambda scores, T: scores / T / math.sqrt(scores.shape[-1])),
        ),
        mistake(
            "softmax-twice",
            _tempered(lambda scores, T: scores.softmax(-1) / T),
            _tempered(weights=lambda weights, T: weights.softmax(-1)),
        ),
        mistake("over-places", _tempered(dim=0)),
        mistake("no-softmax", lambda scores, temperature: scores / temperature),
        mistake("logarithms", _tempered(weights=lambda weights, T: weights.log())),
        mistake(
            "greedy",
            _largest,
            lambda scores, temperature: scores.argmax(-1),
            lambda scores, temperature: scores.argmax(-1, keepdim=True),
        ),
        mistake(
            "drawn",
            _tempered(weights=lambda weights, T: weights.multinomial(1)),
            _tempered(weights=lambda weights, T: weights.multinomial(1)[:, 0]),
        ),
    ],
)


# The cache
def _appended(old, new):
    return torch.cat([old, new], dim=1)


def _put_before(old, new):
    return torch.cat([new, old], dim=1)


def _step(
    past=_appended, values=None, scale=lambda q, k: math.sqrt(q.shape[-1]), weigh=lambda scores: scores.softmax(-1)
):
    """One new word with one thing changed."""

    def cached_step(query, key, value, old_keys, old_values):
        k, v = past(old_keys, key), (values or past)(old_values, value)
        return weigh(query @ k.mT / scale(query, k)) @ v

    return cached_step


def _word_and_past(batch, t, d):
    new = (random(batch, 1, d, seed=seed) for seed in (0, 1, 2))
    return *new, random(batch, t, d, seed=3), random(batch, t, d, seed=4)


cached_step = Exercise(
    "cached_step",
    "query, key, value, keys, values",
    right=_step(),
    cases=lambda: {
        "one-text": [_word_and_past(1, 1, 3), _word_and_past(1, 4, 2)],
        "several-texts": [_word_and_past(2, 3, 4), _word_and_past(3, 2, 2)],
        "first-word": [_word_and_past(1, 0, 3)],
    },
    mistakes=[
        mistake("itself-left-out", _step(lambda old, new: old)),
        mistake("past-forgotten", _step(lambda old, new: new)),
        mistake("one-appended", _step(values=lambda old, new: old), _step(lambda old, new: old, _appended)),
        mistake(
            "wrong-one",
            lambda query, key, value, keys, values: _step()(query, key, key, keys, values),
            lambda query, key, value, keys, values: _step()(query, value, key, keys, values),
            lambda query, key, value, keys, values: _step()(query, query, value, keys, values),
        ),
        mistake("keys-and-values-apart", _step(_appended, _put_before), _step(_put_before, _appended)),
        mistake("first-key-alone", _step(weigh=_masked)),
        mistake("wrong-size", _step(scale=lambda q, k: math.sqrt(k.shape[1])), _step(scale=lambda q, k: q.shape[-1])),
        mistake(
            "last-forgotten",
            _step(lambda old, new: torch.cat([old[:, :-1], new], dim=1)),
            _step(lambda old, new: torch.cat([old[:, 1:], new], dim=1)),
        ),
        mistake(
            "wrong-dimension",
            _step(lambda old, new: torch.cat([old, new])),
            _step(lambda old, new: torch.cat([old, new], dim=-1)),
        ),
        *_careless(_step),
    ],
)


# A mask that is not square
def _mask(allowed, shape=lambda past, new: (new, past + new)):
    return lambda past, new: allowed(torch.ones(shape(past, new)), past) > 0


mask_with_past = Exercise(
    "mask_with_past",
    "past, new",
    right=_mask(lambda ones, past: ones.tril(past)),
    cases=lambda: {"several-new": [(1, 2), (3, 2), (4, 3)], "one-new": [(3, 1), (6, 1)], "no-past": [(0, 3), (0, 4)]},
    mistakes=[
        mistake("upper-left", _mask(lambda ones, past: ones.tril())),
        mistake("one-ahead", _mask(lambda ones, past: ones.tril(past + 1))),
        mistake("itself-left-out", _mask(lambda ones, past: ones.tril(past - 1))),
        mistake("everything-allowed", _mask(lambda ones, past: ones)),
        mistake(
            "past-hidden", _mask(lambda ones, past: ones.tril(past).triu(0) * (torch.arange(ones.shape[1]) >= past))
        ),
        mistake("new-hidden", _mask(lambda ones, past: ones.tril(past) * (torch.arange(ones.shape[1]) < past))),
        mistake("moved-by-new", _mask(lambda ones, past: ones.tril(len(ones)))),
        mistake("new-before-past", _mask(lambda ones, past: ones.tril(past).roll(-past, 1))),
        mistake("polarity", _mask(lambda ones, past: ones.triu(past + 1)), _mask(lambda ones, past: ones.triu(1))),
        mistake("looks-ahead", _mask(lambda ones, past: ones.triu(past))),
        mistake("square", _mask(lambda ones, past: ones.tril(), lambda past, new: (past + new, past + new))),
        mistake("new-alone", _mask(lambda ones, past: ones.tril(), lambda past, new: (new, new))),
        mistake(
            "transposed",
            _mask(lambda ones, past: ones.triu(-past), lambda past, new: (past + new, new)),
            _mask(lambda ones, past: ones.tril(past), lambda past, new: (past + new, new)),
            _mask(lambda ones, past: ones.tril(), lambda past, new: (past + new, new)),
            _mask(lambda ones, past: ones.tril(-past), lambda past, new: (past + new, new)),
        ),
        mistake(
            "additive",
            lambda past, new: torch.full((new, past + new), -math.inf).triu(past + 1),
            lambda past, new: torch.full((new, past + new), -1e9).triu(past + 1),
            lambda past, new: torch.full((new, past + new), -math.inf).triu(1),
        ),
    ],
    dtype=torch.bool,
    drawn=((4, 3), {"limits": (0, 1), "size": (10, 2.6)}),
)


# Bytes
cache_gib = Question(
    "cache_gib",
    right=2.5,
    mistakes=[
        mistake("half", 1.25),
        mistake("query-heads", 10),
        mistake("queries-too", 3.75, 7.5),
        mistake("one-head", 0.3125),
        mistake("one-layer", 0.0625),
        mistake("bits", 20),
        mistake("float32", 5),
        mistake("gigabytes", 2.684, 2.7),
        mistake("smaller-units", 2560, 2560 * 2**10, 2560 * 2**20),
    ],
)


# Heads that share
def _repeat(num_kv_heads, z, times):
    return z.repeat_interleave(times, dim=1)


def _grouped(
    keys=_repeat,
    values=None,
    scale=lambda q, k: math.sqrt(q.shape[-1]),
    weigh=lambda scores: scores.softmax(-1),
    result=lambda heads, num_kv_heads: heads,
):
    """Grouped-query attention with one thing changed."""

    def grouped_query_attention(q, k, v, num_kv_heads):
        times = q.shape[1] // num_kv_heads
        k, v = keys(num_kv_heads, k, times), (values or keys)(num_kv_heads, v, times)
        return result(weigh(q @ k.mT / scale(q, k)) @ v, num_kv_heads)

    return grouped_query_attention


def _few_heads(batch, num_heads, num_kv_heads, n, m, d):
    keys_and_values = (random(batch, num_kv_heads, m, d, seed=seed) for seed in (1, 2))
    return random(batch, num_heads, n, d), *keys_and_values, num_kv_heads


grouped_query_attention = Exercise(
    "grouped_query_attention",
    "queries, keys, values, num_kv_heads",
    right=_grouped(),
    cases=lambda: {
        "groups": [_few_heads(1, 4, 2, 1, 3, 2), _few_heads(2, 6, 3, 3, 4, 2), _few_heads(1, 6, 2, 2, 3, 4)],
        "one-for-all": [_few_heads(2, 4, 1, 2, 3, 3)],
        "one-for-each": [_few_heads(1, 3, 3, 2, 3, 2)],
    },
    mistakes=[
        mistake("not-neighbours", _grouped(lambda heads, z, times: z.repeat(1, times, 1, 1))),
        mistake("first-head-for-all", _grouped(lambda heads, z, times: z[:, :1])),
        mistake("mean-of-key-heads", _grouped(lambda heads, z, times: z.mean(1, keepdim=True))),
        mistake(
            "keys-and-values-apart",
            _grouped(values=lambda heads, z, times: z.repeat(1, times, 1, 1)),
            _grouped(lambda heads, z, times: z.repeat(1, times, 1, 1), _repeat),
        ),
        mistake(
            "heads-do-not-match",
            _grouped(lambda heads, z, times: z),
            _grouped(_repeat, lambda heads, z, times: z),
            _grouped(lambda heads, z, times: z, _repeat),
            _grouped(lambda heads, z, times: z.repeat_interleave(times, dim=2)),
        ),
        mistake(
            "group-size",
            _grouped(lambda heads, z, times: z.repeat_interleave(heads, dim=1)),
            _grouped(lambda heads, z, times: z[:, [h // heads for h in range(heads * times)]]),
        ),
        mistake(
            "wrong-size",
            _grouped(scale=lambda q, k: math.sqrt(q.shape[1] * q.shape[-1])),
            _grouped(scale=lambda q, k: q.shape[-1]),
            _grouped(scale=lambda q, k: math.sqrt(q.shape[1])),
        ),
        *_careless(_grouped),
        mistake("softmax-over-heads", _grouped(weigh=lambda scores: scores.softmax(1))),
        mistake("masked", _grouped(weigh=_masked)),
        mistake(
            "queries-averaged",
            _grouped(result=lambda heads, kv: heads.unflatten(1, (kv, -1)).mean(2)),
            lambda q, k, v, kv: _grouped()(q.unflatten(1, (kv, -1)).mean(2), k, v, kv),
        ),
        mistake(
            "merged",
            _grouped(result=lambda heads, kv: heads.transpose(1, 2).flatten(2)),
            _grouped(result=lambda heads, kv: heads.transpose(1, 2)),
        ),
    ],
)
