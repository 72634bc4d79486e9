"""The exercises of lesson 1, self-attention: right answers, and wrong ones with what to say about each."""

import math

import torch
from torch.nn.functional import normalize

from helpers import layers

from . import words
from .exercise import Exercise, Question, mistake

DOTS = (1, "Similarity is a dot product")
MEAN = (1, "Softmax makes weights, weights make a mean")
MATRIX = (1, "All words at once: two matrix products")
ROLES = (1, "Queries, keys, values: one word, three roles")
GROWTH = (1, "How large does a dot product get?")
SATURATION = (1, "Without the division, one key takes all")
PADDING = (1, "Padding: a softmax over the real words only")
SHORTCUTS = (1, "What goes wrong: two tempting shortcuts")
HEADS = (1, "Several heads: cut the vector, not the sentence")
VIEW = (1, "What goes wrong? A `view` for the transpose")
CLASS = (1, "The class: nothing new, only put together")
SHAPE = (1, "Which shape comes out?")
SIGNS = (1, "Four implementations, one set of weights")
ORDER = (1, "The problem: nothing here knows the order")

SMALL = {"limits": (0, 1), "size": (10, 2.6)}  # of a picture


def random(*shape, seed=0):
    """Random numbers that are the same on every machine: quarters from -2 to 2."""
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randint(-8, 9, shape, generator=generator) / 4


def rows_sum(came, expected):
    """A clue about attention weights: does each row sum to 1?"""
    sums, wanted = came.sum(dim=-1), expected.sum(dim=-1)
    apart = sums[(sums - wanted).abs() > 0.001]
    return words.ROWS_SUM.format(sum=f"{apart[0].item():.3g}") if len(apart) else None


# By hand
weighted_mean = Question(
    "weighted_mean",
    right=7,
    mistakes=[
        mistake("sum", "That is the sum of the values. A weight says how much of each value is taken.", MEAN, 12),
        mistake("plain-mean", "That is the mean with equal weights. Here the weights differ.", MEAN, 6),
        mistake("weights-swapped", "You gave each value the weight of the other one.", MEAN, 5),
        mistake("sum-divided", "Weights that sum to 1 need no further division by the number of values.", MEAN, 3.5),
    ],
    praise="A mean lies between its values, here nearer to 8, because 8 has the larger weight.",
    otherwise="Multiply each value by its weight, and add the products.",
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
        "batches of several sizes": [
            (torch.tensor([[[1.0, 0, 2, 0]]]), torch.tensor([[[1.0, 1, 0, 0], [0, 0, 2, 0]]])),
            (random(1, 2, 2), random(1, 3, 2)),
            (random(2, 2, 2), random(2, 2, 2, seed=1)),
            (random(3, 3, 3), random(3, 3, 3, seed=1)),
            (random(2, 3, 5), random(2, 4, 5)),
            (random(3, 2, 16), random(3, 6, 16)),
        ]
    },
    mistakes=[
        mistake(
            "no-scaling",
            "The scores go into the softmax as they are. The larger the vectors, the nearer the weights come to "
            "0 and 1.",
            SATURATION,
            _weights(lambda d: 1),
        ),
        mistake(
            "multiplied",
            "The scores are multiplied by the factor by which they should be divided: dividing by d to the power of "
            "−½ does that, too. The weights become more extreme, not less.",
            GROWTH,
            _weights(lambda d: d**-0.5),
        ),
        mistake(
            "no-root",
            "The scores are divided by d. Their spread grows more slowly than that, so this scales too much: with "
            "large vectors all weights become equal.",
            GROWTH,
            _weights(lambda d: d),
        ),
        mistake(
            "wrong-size",
            "The division is there, but not by the right size. What makes a dot product large is the number of terms "
            "in it, not how many queries, keys or sentences there are.",
            GROWTH,
            _weights(of=lambda queries, keys: keys.shape[1]),
            _weights(of=lambda queries, keys: queries.shape[1]),
            _weights(of=lambda queries, keys: queries.shape[0]),
        ),
        mistake(
            "scaled-after-softmax",
            "The scaling comes after the softmax: the rows no longer sum to 1, and the weights are as extreme as "
            "without it.",
            SATURATION,
            _scaled_after,
        ),
        mistake(
            "softmax-over-queries",
            "The softmax runs along the queries: the columns sum to 1. It is the query that shares its attention out "
            "among the keys.",
            MATRIX,
            _weights(dim=1),
        ),
        mistake(
            "softmax-over-batch",
            "The softmax runs along the batch, so that sentences compete with each other. Along which axis do the "
            "keys lie?",
            MATRIX,
            _weights(dim=0),
        ),
        mistake(
            "softmax-over-everything",
            "The softmax runs over all the scores at once. Each query has a softmax of its own.",
            MATRIX,
            lambda q, k: torch.softmax((q @ k.mT / math.sqrt(q.shape[-1])).flatten(1), -1).view(*q.shape[:2], -1),
        ),
        mistake(
            "no-softmax",
            "These are the scores. Weights are never negative and sum to 1 in each row: one step is missing.",
            MEAN,
            lambda queries, keys: queries @ keys.mT / math.sqrt(queries.shape[-1]),
            lambda queries, keys: queries @ keys.mT,
        ),
        mistake(
            "keys-not-transposed",
            "The keys are multiplied as they lie, so numbers of different dimensions meet. A score is the dot "
            "product of a *whole* query with a *whole* key.",
            DOTS,
            lambda queries, keys: (queries @ keys / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake(
            "wrong-axes-transposed",
            "The keys are transposed over the wrong pair of axes: the batch has moved. Each sentence stays by "
            "itself; only its keys and their numbers change places.",
            ROLES,
            lambda queries, keys: (queries @ keys.transpose(0, 1) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.transpose(0, 2) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(2, 1, 0) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(1, 2, 0) / math.sqrt(queries.shape[-1])).softmax(-1),
            lambda queries, keys: (queries @ keys.permute(2, 0, 1) / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake(
            "roles-swapped",
            "Queries and keys have changed places: a row has to belong to a query.",
            MATRIX,
            lambda queries, keys: (keys @ queries.mT / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake(
            "queries-with-themselves",
            "The queries are compared with themselves, and the keys are not used.",
            ROLES,
            lambda queries, keys: (queries @ queries.mT / math.sqrt(queries.shape[-1])).softmax(-1),
        ),
        mistake(
            "values-taken",
            "This goes one step too far: the weights are already multiplied by the keys. Return the weights.",
            ROLES,
            lambda queries, keys: _weights()(queries, keys) @ keys,
        ),
        mistake("distances", "The scores are distances. Attention here compares by dot products.", DOTS, _distances),
        mistake(
            "cosines",
            "The scores are cosines: the vectors are divided by their lengths. The dot product keeps the lengths.",
            DOTS,
            _cosine,
            lambda queries, keys: _weights()(normalize(queries, dim=-1), normalize(keys, dim=-1)),
        ),
    ],
    praise="The same function serves any number of queries and keys: only d has to agree.",
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
        "one length for each sentence": [
            (torch.tensor([[[1.0, 2, 3]]]), torch.tensor([2])),
            (random(2, 2, 3), torch.tensor([1, 2])),
            (random(3, 3, 3), torch.tensor([1, 3, 2])),
            (random(2, 4, 3), torch.tensor([3, 2])),
            (random(3, 2, 5), torch.tensor([4, 1, 5])),
        ],
        "one length for each query": [
            (random(1, 2, 3), torch.tensor([[1, 2]])),
            (random(2, 2, 2), torch.tensor([[1, 2], [2, 1]])),
            (random(2, 3, 4), torch.tensor([[1, 4, 2], [3, 2, 1]])),
        ],
        "no lengths, valid_lens is None": [(random(1, 2, 3), None), (random(2, 3, 4), None)],
        "a row without any real key": [
            (torch.tensor([[[1.0, 2]]]), torch.tensor([0])),
            (random(2, 2, 3), torch.tensor([2, 0])),
            (random(2, 2, 3), torch.tensor([[0, 2], [3, 0]])),
        ],
    },
    mistakes=[
        mistake(
            "mask-after-softmax",
            "The mask comes after the softmax: the padded keys have already taken their share, so the rows no longer "
            "sum to 1.",
            SHORTCUTS,
            _masked(after=True),
        ),
        mistake(
            "masked-to-zero",
            "The padded scores are set to 0 (or next to 0) before the softmax. The exponential of 0 is 1, so padding "
            "still gets weight.",
            SHORTCUTS,
            _masked(fill=0.0),
            _masked(fill=0.0, zero=True),
        ),
        mistake(
            "one-key-too-many",
            "One padded key still gets weight in each row. With a length of 2, which key numbers are real, if the "
            "first is number 0?",
            PADDING,
            _masked(allowed=lambda keys, lens, scores: keys <= lens),
        ),
        mistake(
            "one-key-too-few",
            "One real key is left out in each row. With a length of 2, which key numbers are real, if the first is "
            "number 0?",
            PADDING,
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1),
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1, zero=True, fill=-1e9),
            _masked(allowed=lambda keys, lens, scores: keys < lens - 1, fill=-1e9),
        ),
        mistake(
            "query-axis",
            "The lengths cut along the queries (the rows), and padded keys still get weight. It is keys that are "
            "left out.",
            SHAPE,
            _masked(allowed=_query_axis),
            _masked(allowed=_query_axis, fill=-1e9),
            _masked(allowed=_query_axis, fill=-1e9, zero=True),
        ),
        mistake(
            "padded-queries-zeroed",
            "The keys are right. But the rows of padded *queries* are set to zero as well: valid_lens counts real "
            "keys, and every query gets an answer, whether somebody reads it or not.",
            SHAPE,
            _both_axes,
        ),
        mistake(
            "polarity",
            "The mask is the wrong way round: the padded keys get the weight, and the real ones none. For some "
            "functions of PyTorch True means “take part”, for others “leave out”.",
            SIGNS,
            _masked(allowed=lambda keys, lens, scores: keys >= lens),
            _masked(allowed=lambda keys, lens, scores: keys >= lens, fill=-1e9),
            _masked(allowed=lambda keys, lens, scores: keys >= lens, fill=-1e9, zero=True),
        ),
        mistake(
            "zero-one-added",
            "A mask of zeros and ones is added to the scores: a difference of 1 shifts some weight, and leaves much "
            "on the padding. Adding is a way only if what is added is hugely negative.",
            SHORTCUTS,
            _added(1),
            _added(-1),
        ),
        mistake(
            "zero-times-infinity",
            "The mask is multiplied by −∞, and 0 times −∞ is not 0 but NaN: the real keys are lost as well. Fill in "
            "where the mask says so, in place of multiplying.",
            SHORTCUTS,
            _times_infinity,
        ),
        mistake(
            "not-masked",
            "Padding gets as much weight as without a mask. Is valid_lens used, and is the masked result kept? "
            "`masked_fill` returns a new tensor and leaves the old one as it was.",
            PADDING,
            lambda scores, valid_lens: scores.softmax(-1),
        ),
        mistake(
            "no-softmax",
            "The scores are masked, but no softmax follows: these are not weights yet.",
            MEAN,
            lambda scores, valid_lens: _raw(scores, valid_lens, -math.inf),
            lambda scores, valid_lens: _raw(scores, valid_lens, 0.0),
            lambda scores, valid_lens: _raw(scores, valid_lens, -1e9),
        ),
        mistake(
            "softmax-over-queries",
            "The softmax runs along the queries: the columns sum to 1. Each query shares its attention out among the "
            "keys.",
            MATRIX,
            lambda scores, valid_lens: _raw(scores, valid_lens, -1e9).softmax(1),
            lambda scores, valid_lens: _raw(scores, valid_lens, -math.inf).softmax(1),
        ),
        mistake(
            "lengths-by-query",
            "Lengths of shape (batch,) are taken as one for each *query*. Each belongs to a sentence, and holds for "
            "all of its queries.",
            PADDING,
            _batch_as_queries,
        ),
        mistake(
            "first-length-for-all",
            "The first length is used for all sentences. Each sentence has its own.",
            PADDING,
            _same_for_all,
        ),
        mistake(
            "first-query-for-all",
            "With lengths of shape (batch, num_queries), the first query's length is used for all queries of the "
            "sentence.",
            PADDING,
            _first_query_only,
        ),
        mistake(
            "lengths-per-query",
            "One length for each sentence works, but valid_lens may also have the shape (batch, num_queries): then "
            "each query has a length of its own. `valid_lens.dim()` tells which of the two came.",
            PADDING,
            _per_sentence_only,
            group="one length for each query",
        ),
        mistake(
            "none-not-handled",
            "valid_lens may be None: then nothing is masked.",
            PADDING,
            lambda scores, valid_lens: layers.masked_softmax(scores, valid_lens.clone()),
            group="no lengths, valid_lens is None",
        ),
        mistake(
            "nan-row",
            "A row without any real key is NaN: a softmax of nothing but −inf divides 0 by 0, and one NaN spreads "
            "through the whole model. Such a row has to be all 0.",
            SHORTCUTS,
            _masked(),
            _masked(zero=True),
            _masked(after=True, renormalised=True),
        ),
        mistake(
            "uniform-row",
            "A row without any real key spreads its weight evenly over the padding, because all its scores are "
            "equal. Such a row has to be all 0.",
            PADDING,
            _masked(fill=-1e9),
        ),
    ],
    praise="Padding gets nothing, the real keys share 1, and a row with nobody to listen to takes nothing.",
    clue=rows_sum,
    drawn=(
        (torch.tensor([[[1.0, 2, 0, 1], [0, 1, 2, 1], [2, 0, 1, 0]]]), torch.tensor([[3, 2, 1]])),
        {"title": "Padded keys get nothing", "xlabel": "key", "ylabel": "query", "values": True} | SMALL,
    ),
)


padded_rows = Question(
    "padded_rows",
    right="c",
    letters="abcd",
    mistakes=[
        mistake(
            "zero-rows",
            "Zeros would be tidy, but nothing makes them: valid_lens leaves out keys, not queries. Run the slide and "
            "look at the last row of an output.",
            SHAPE,
            "a",
        ),
        mistake(
            "shorter", "The output has one row for each query, padded or not: its shape does not change.", SHAPE, "b"
        ),
        mistake(
            "nan-rows",
            "A NaN comes from a row of scores without any real key. Here each query has three real keys to look at.",
            SHORTCUTS,
            "d",
        ),
    ],
    praise="A padded query gets an answer like any other. The loss must leave it out; attention does not.",
    otherwise="",
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
        "several heads": [
            (torch.arange(8.0).reshape(1, 2, 4), 2),
            (torch.arange(48.0).reshape(2, 4, 6), 3),
            (random(3, 2, 8), 4),
            (random(2, 5, 12), 2),
        ],
        "one head, or as many as there are numbers": [(random(2, 3, 4), 1), (random(2, 3, 4), 4)],
    },
    mistakes=[
        mistake(
            "no-transpose",
            "The shape is right, the content is scrambled: a reshape alone cuts the *sentence* into pieces, and each "
            "head gets whole words of some of them. Every head has to see every word.",
            VIEW,
            _view,
        ),
        mistake(
            "all-in-one-reshape",
            "Batch and heads are reshaped in one go. That makes three dimensions where four are asked for, and cuts "
            "words apart: a reshape cannot change the order of numbers in memory.",
            VIEW,
            lambda X, num_heads: X.reshape(len(X) * num_heads, X.shape[1], -1),
        ),
        mistake(
            "heads-in-batch",
            "Each head is right, but the heads lie in the batch dimension, as in d2l's class. Here they have a "
            "dimension of their own: (batch, num_heads, n, head_dim).",
            HEADS,
            _in_batch,
            lambda X, num_heads: layers.split_heads(X, num_heads).transpose(0, 1).flatten(0, 1),
        ),
        mistake(
            "not-transposed",
            "The numbers are cut, but heads and words are still in the order (batch, n, num_heads, head_dim). The "
            "head comes before the word.",
            HEADS,
            lambda X, num_heads: X.unflatten(-1, (num_heads, -1)),
        ),
        mistake(
            "interleaved",
            "Each head takes every num_heads-th number. It gets *neighbouring* numbers: head 1 the first ones, head "
            "2 the next.",
            HEADS,
            _interleaved,
        ),
        mistake(
            "heads-first",
            "Each head is right, but the heads come before the batch: they are the second dimension.",
            HEADS,
            lambda X, num_heads: layers.split_heads(X, num_heads).transpose(0, 1),
        ),
        mistake(
            "words-last",
            "One swap too many, or of the wrong pair: within a head the words come before their numbers, "
            "(batch, num_heads, n, head_dim).",
            HEADS,
            lambda X, num_heads: layers.split_heads(X, num_heads).mT,
        ),
        mistake(
            "sentence-cut",
            "It is the sentence that is cut: each piece has some of the words, with all their numbers. Every head has "
            "to see every word, and some of its numbers.",
            HEADS,
            lambda X, num_heads: torch.stack(X.chunk(num_heads, dim=1), dim=1),
        ),
        mistake(
            "sizes-swapped",
            "The number of heads and the size of a head have changed places.",
            HEADS,
            lambda X, num_heads: X.unflatten(-1, (-1, num_heads)).transpose(1, 2),
        ),
    ],
    praise="No number has changed, only its place: each head holds a part of every word.",
)


merge_heads = Exercise(
    "merge_heads",
    "X",
    right=layers.merge_heads,
    cases=lambda: {
        "several heads": [
            (torch.arange(8.0).reshape(1, 2, 2, 2),),
            (torch.arange(48.0).reshape(2, 3, 4, 2),),
            (random(3, 4, 2, 2),),
            (random(2, 2, 5, 6),),
        ],
        "one head": [(random(2, 1, 3, 4),)],
    },
    mistakes=[
        mistake(
            "no-transpose",
            "The shape is right, but the words are scrambled: before the numbers of the heads are joined, each word's "
            "parts have to lie next to each other. Undo *both* steps of splitting.",
            VIEW,
            lambda X: X.reshape(X.shape[0], X.shape[2], -1),
        ),
        mistake(
            "averaged",
            "The heads are averaged (or summed). They are joined end to end: nothing is lost, and W_o "
            "learns how to mix them.",
            HEADS,
            lambda X: X.mean(1),
            lambda X: X.sum(1),
        ),
        mistake(
            "interleaved",
            "The numbers of the heads alternate. The first head's numbers come first, then those of the second.",
            HEADS,
            lambda X: X.permute(0, 2, 3, 1).flatten(-2),
        ),
        mistake(
            "not-joined",
            "Words and heads have changed places, but the last two dimensions are not joined yet.",
            HEADS,
            lambda X: X.transpose(1, 2),
        ),
        mistake(
            "words-joined",
            "The wrong dimensions are joined: the words have been strung together, not the heads.",
            HEADS,
            lambda X: X.flatten(1, 2),
            lambda X: X.flatten(2),
        ),
    ],
    praise="Splitting and merging undo each other, so a wrong pair of them can hide: test each by itself.",
)


head_width = Question(
    "head_width",
    right=20,
    mistakes=[
        mistake(
            "per-head",
            "That would be 5 times 100 numbers in all. num_hiddens is the width of all heads *together*, and they "
            "share it.",
            HEADS,
            100,
        ),
        mistake("multiplied", "The heads share the 100 numbers; they do not get 100 each and add up.", HEADS, 500),
        mistake("number-of-heads", "That is how many heads there are. How wide is one?", HEADS, 5),
        mistake("rooted", "The root is for scaling the scores. The width is a share.", HEADS, 10, 4.47),
    ],
    praise="More heads make each one narrower; the number of parameters stays the same.",
    otherwise="All heads together have num_hiddens numbers for each word.",
)

score_divisor = Question(
    "score_divisor",
    right=8,
    mistakes=[
        mistake(
            "root-of-num-hiddens",
            "That is the root of num_hiddens. A query that has been split is shorter than that, so its dot products "
            "are smaller.",
            CLASS,
            22.63,
        ),
        mistake(
            "root-of-num-heads", "That is the root of the number of heads, which no dot product knows of.", CLASS, 2.828
        ),
        mistake("no-root", "That is the number of terms in the sum. Its spread grows like the root.", GROWTH, 64, 512),
        mistake("inverse", "That is the factor. By what do you *divide*?", GROWTH, 0.125),
    ],
    praise="The root of head_dim = 512 / 8 = 64: what counts is the length of the vectors that are multiplied.",
    otherwise="How many numbers has a query of *one head*? What about the root of that?",
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
        "several heads": _layer_cases((1, 2, 4, 2), (2, 2, 4, 2), (2, 3, 12, 3), (3, 5, 8, 4), (2, 4, 18, 2)),
        "a single head": _layer_cases((2, 3, 4, 1)),
    },
    mistakes=[
        mistake(
            "no-scaling",
            "The scores are not scaled. The larger a head, the nearer its weights come to 0 and 1.",
            SATURATION,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: 1),
        ),
        mistake(
            "scaled-by-num-hiddens",
            "The scores are divided by the root of num_hiddens. A query that has been split is shorter than that.",
            CLASS,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: math.sqrt(num_hiddens)),
        ),
        mistake(
            "scaled-by-num-heads",
            "The scores are divided by the root of the number of heads. A dot product does not know how many heads "
            "there are, only how long its two vectors are.",
            CLASS,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: math.sqrt(num_heads)),
        ),
        mistake(
            "multiplied",
            "The scores are multiplied by the factor by which they should be divided: dividing by a power of −½ does "
            "that, too.",
            GROWTH,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: head_dim**-0.5),
        ),
        mistake(
            "no-root",
            "The scores are divided by the size itself. Their spread grows more slowly than that.",
            GROWTH,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: head_dim),
            _layer(scale=lambda head_dim, num_hiddens, num_heads: num_hiddens),
        ),
        mistake(
            "scaled-after-softmax",
            "The scaling comes after the softmax: the weights no longer sum to 1.",
            SATURATION,
            _layer(scale=lambda head_dim, num_hiddens, num_heads: 1, after=math.sqrt),
        ),
        mistake(
            "softmax-over-queries",
            "The softmax runs along the queries. Each query shares its attention out among the keys.",
            MATRIX,
            _layer(dim=2),
        ),
        mistake(
            "softmax-over-heads",
            "The softmax runs along the heads, so that heads compete with each other. Each head has weights of "
            "its own.",
            HEADS,
            _layer(dim=1),
        ),
        mistake(
            "softmax-over-batch",
            "The softmax runs along the batch, so that sentences compete with each other.",
            MATRIX,
            _layer(dim=0),
        ),
        mistake(
            "heads-scrambled",
            "The shapes fit, but the heads are cut by a reshape alone: each gets pieces of the sentence in place of a "
            "part of every word.",
            VIEW,
            _layer(split=_view),
            _layer(split=_view, merge=_merge_reshape),
        ),
        mistake(
            "merged-without-transpose",
            "The heads are split well, and put together by a reshape alone: the numbers of different words get mixed.",
            VIEW,
            _layer(merge=_merge_reshape),
        ),
        mistake(
            "heads-interleaved",
            "Each head takes every num_heads-th number. It gets neighbouring numbers.",
            HEADS,
            _layer(split=_interleaved),
            _layer(split=_interleaved, merge=lambda X: X.permute(0, 2, 3, 1).flatten(-2)),
        ),
        mistake(
            "heads-averaged",
            "The heads are averaged (or summed). They are joined end to end: nothing is lost, and W_o "
            "learns how to mix them.",
            HEADS,
            _layer(merge=lambda X: X.mean(1), out=lambda Y, W_o: Y),
            _layer(merge=lambda X: X.mean(1)),
            _layer(merge=lambda X: X.mean(1), out=lambda Y, W_o: Y @ W_o[: Y.shape[-1]]),
            _layer(merge=lambda X: X.mean(1).repeat(1, 1, X.shape[1])),
            _layer(merge=lambda X: X.sum(1), out=lambda Y, W_o: Y),
            _layer(merge=lambda X: X.sum(1)),
        ),
        mistake(
            "no-output-map",
            "W_o is not used: the heads stay side by side and never mix.",
            CLASS,
            _layer(out=lambda Y, W_o: Y),
        ),
        mistake(
            "no-softmax",
            "The values are multiplied by the scores. Weights are never negative and sum to 1 for each query: one step "
            "is missing.",
            MEAN,
            _no_softmax,
        ),
        mistake(
            "maps-not-used",
            "The words are compared as they are: W_q, W_k and W_v are not used.",
            ROLES,
            _layer(maps=lambda X, W_q, W_k, W_v: (X, X, X)),
        ),
        mistake("single-head", "num_heads is not used: this is attention with one large head.", HEADS, _one_head),
        mistake(
            "maps-transposed",
            "The maps are transposed. Here they are applied as `X @ W`; `nn.Linear` and `F.linear` keep theirs the "
            "other way round.",
            CLASS,
            _layer(maps=_transposed_maps, out=lambda Y, W_o: Y @ W_o.T),
            _layer(maps=_transposed_maps),
            _layer(out=lambda Y, W_o: Y @ W_o.T),
        ),
        mistake(
            "values-not-mapped",
            "The values are the words themselves (or the keys): what a word *gives* has a map of its own.",
            ROLES,
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_k, X)),
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_k, X @ W_k)),
        ),
        mistake(
            "one-map-for-all",
            "Queries and keys come from the same map: then i looks at j exactly as much as j looks at i before the "
            "softmax.",
            ROLES,
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_q, X @ W_v)),
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_q, X @ W_q, X @ W_q)),
        ),
        mistake(
            "roles-swapped",
            "Queries and keys have changed places.",
            ROLES,
            _layer(maps=lambda X, W_q, W_k, W_v: (X @ W_k, X @ W_q, X @ W_v)),
        ),
        mistake(
            "input-added",
            "The input is added to the result. That is a residual connection, which a Transformer puts *around* this "
            "layer.",
            CLASS,
            lambda X, *rest: X + _layer()(X, *rest),
        ),
    ],
    praise="This is the whole layer; what `helpers` ships adds only checks of its input, padding and dropout.",
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
        "attention that knows no order": [
            (_attend, random(1, 2, 2), torch.tensor([1, 0])),
            (_attend, random(1, 3, 4), torch.tensor([1, 2, 0])),
            (_attend, random(3, 3, 3), torch.tensor([2, 0, 1])),
        ],
        "attention whose input has been numbered": [
            (_attend_in_order, random(1, 2, 2), torch.tensor([1, 0])),
            (_attend_in_order, random(2, 4, 4), torch.tensor([1, 2, 3, 0])),
            (_attend_in_order, random(3, 3, 3), torch.tensor([2, 0, 1])),
        ],
    },
    mistakes=[
        mistake(
            "compared-unshuffled",
            "Shuffled outputs are compared with outputs that have not been shuffled. Of course they differ: compare "
            "each word with itself.",
            ORDER,
            _gap(lambda attention, X, order: attention(X[:, order]) - attention(X)),
        ),
        mistake(
            "features-shuffled",
            "The numbers within the words are shuffled, not the words: they are the middle dimension.",
            ORDER,
            _gap(lambda attention, X, order: attention(X[:, :, order]) - attention(X)[:, :, order]),
            _gap(lambda attention, X, order: attention(X[..., order]) - attention(X)[:, order]),
        ),
        mistake(
            "batch-shuffled",
            "The sentences of the batch are shuffled, not the words: they are the middle dimension.",
            ORDER,
            _gap(lambda attention, X, order: attention(X[order]) - attention(X)[order]),
        ),
        mistake(
            "same-thing-twice",
            "Both sides of the comparison compute the same thing, so that the gap is always 0. One side shuffles the "
            "words and then attends, the other attends and then shuffles.",
            ORDER,
            lambda attention, X, order: torch.tensor(0.0),
        ),
        mistake(
            "shuffled-back-wrongly",
            "The order is applied a second time. Shuffling twice does not bring the words back; the inverse of "
            "order would.",
            ORDER,
            _gap(lambda attention, X, order: attention(X[:, order])[:, order] - attention(X)),
        ),
        mistake(
            "mean-for-largest",
            "That is the mean difference, not the largest. A mean can hide one word that changed.",
            ORDER,
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).abs().mean(),
        ),
        mistake(
            "summed",
            "The differences are added up (or their squares are). Asked for is the largest one.",
            ORDER,
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).abs().sum(),
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).norm(),
        ),
        mistake(
            "signs-kept",
            "The differences keep their signs: a large negative one goes unnoticed. Take absolute values first.",
            ORDER,
            lambda attention, X, order: (attention(X[:, order]) - attention(X)[:, order]).max(),
        ),
        mistake(
            "verdict-for-number",
            "That is the verdict, true or false. Asked for is the gap, a number: from it one sees *how* wrong.",
            ORDER,
            lambda attention, X, order: torch.allclose(attention(X[:, order]), attention(X)[:, order], atol=1e-5),
        ),
    ],
    praise="A gap of 0 (up to rounding) for every order means: attention does not know the order.",
)


order_evidence = Question(
    "order_evidence",
    right="b",
    letters="abcd",
    mistakes=[
        mistake(
            "different-words",
            "Different words give different outputs anyway, with or without order: that proves nothing about order. "
            "Change one thing at a time.",
            ORDER,
            "a",
        ),
        mistake(
            "same-order", "That shows that the layer is deterministic. The order was the same both times.", ORDER, "c"
        ),
        mistake(
            "weights-differ",
            "Different words have different weights in any order: the picture looks alike for a layer that knows it.",
            ORDER,
            "d",
        ),
    ],
    praise="The same words, only the order changed: if each word keeps its output, the order did not count.",
    otherwise="",
)


looks_at = Question(
    "looks_at",
    right="c",
    letters="abcd",
    mistakes=[
        mistake(
            "column-read",
            "You read a column: it says who looks at *it*. The weights that *it* gives stand in its row, and sum to 1.",
            MATRIX,
            "b",
        ),
        mistake("itself", "That is the diagonal, *it* looking at itself. The row has a larger weight.", MATRIX, "d"),
        mistake("smallest", "That is the smallest weight of the row. The darker, the larger.", MATRIX, "a"),
    ],
    praise="Rows are queries, columns are keys: who looks stands on the left, who is looked at stands below.",
    otherwise="",
)


# Looking ahead
def _additive(num_steps):
    return torch.zeros(num_steps, num_steps).masked_fill(~torch.ones(num_steps, num_steps).tril().bool(), -math.inf)


causal_mask = Exercise(
    "causal_mask",
    "num_steps",
    right=lambda num_steps: torch.ones(num_steps, num_steps).tril().bool(),
    cases=lambda: {"a few steps": [(2,), (3,), (5,)], "a single step": [(1,)]},
    mistakes=[
        mistake(
            "diagonal-left-out",
            "A word may not look at itself here, and the first word has nobody to look at: its row of the softmax "
            "would be empty. Where does the diagonal belong?",
            PADDING,
            lambda num_steps: torch.ones(num_steps, num_steps).tril(-1).bool(),
        ),
        mistake(
            "one-ahead",
            "Each word may look one word ahead. A model that is trained to say the next word could simply copy it.",
            PADDING,
            lambda num_steps: torch.ones(num_steps, num_steps).tril(1).bool(),
        ),
        mistake(
            "polarity",
            "The mask is the wrong way round: it is True where a word may *not* look. Here True means “may look”.",
            SIGNS,
            lambda num_steps: torch.ones(num_steps, num_steps).triu(1).bool(),
        ),
        mistake(
            "looks-ahead",
            "Each word looks at itself and ahead, never back: rows and columns have changed places. Rows are queries.",
            MATRIX,
            lambda num_steps: torch.ones(num_steps, num_steps).triu().bool(),
        ),
        mistake(
            "additive",
            "This is a mask to be *added* to the scores, 0 and −inf. Asked for is one of True and False: used in each "
            "other's place, they fail without an error.",
            SIGNS,
            _additive,
            lambda num_steps: _additive(num_steps).clamp(min=-1e9),
            lambda num_steps: _additive(num_steps).clamp(min=torch.finfo(torch.float32).min),
        ),
        mistake(
            "everything-allowed",
            "Every word may look everywhere, ahead as well.",
            PADDING,
            lambda num_steps: torch.ones(num_steps, num_steps).bool(),
        ),
        mistake(
            "only-itself",
            "Each word may look at itself only, and not back.",
            PADDING,
            lambda num_steps: torch.eye(num_steps).bool(),
        ),
    ],
    praise="Row t has t + 1 places to look. With this mask one pass trains on every prefix of a sentence at once.",
    dtype=torch.bool,
    drawn=((6,), {"title": "Who may look where: 1 is yes", "xlabel": "key", "ylabel": "query"} | SMALL),
)
