"""The exercises of lesson 6, what attention costs: right answers, and what named mistakes compute."""

import math

import torch

from .exercise import Exercise, Question, mistake

# By hand
score_megabytes = Question(
    "score_megabytes",
    right=24,
    mistakes=[
        mistake("one-head", 2),
        mistake("float32", 48),
        mistake("numbers", 12),
        mistake("bits", 192),
        mistake("linear", 0.024, 0.002),
    ],
)


# Operations
def _count(maps=4, scores=1, mean=1, factor=2):
    """The operations of a layer, with its parts counted so many times."""
    return lambda n, d: factor * (maps * n * d**2 + (scores + mean) * n**2 * d)


layer_operations = Exercise(
    "layer_operations",
    "n, d",
    right=_count(),
    cases=lambda: {"lengths-and-widths": [(2, 3), (1, 4), (64, 32), (512, 768), (4096, 512)]},
    mistakes=[
        mistake("products-alone", _count(factor=1)),
        mistake("maps-forgotten", _count(maps=0), _count(maps=0, factor=1)),
        mistake("scores-and-mean-forgotten", _count(scores=0, mean=0), _count(scores=0, mean=0, factor=1)),
        mistake("three-maps", _count(maps=3), _count(maps=3, factor=1)),
        mistake("one-map", _count(maps=1), _count(maps=1, factor=1)),
        mistake("mean-forgotten", _count(mean=0), _count(mean=0, factor=1)),
        mistake("n-and-d-swapped", lambda n, d: _count()(d, n)),
        mistake("multiplied", lambda n, d: 8 * n * d**2 * 4 * n**2 * d),
    ],
)


half_way = Question(
    "half_way",
    right=2048,
    mistakes=[
        mistake("recurrence", 1024),
        mistake("one-product", 4096),
        mistake("one-map", 512),
        mistake("three-maps", 1536),
    ],
)


# Paths
def _layers(n, reach):
    return max(1, math.ceil((n - 1) / reach))


layers_to_see = Exercise(
    "layers_to_see",
    "n, kernel",
    right=lambda n, kernel: _layers(n, kernel // 2),
    cases=lambda: {
        "whole-layers": [(3, 3), (64, 3), (65, 9), (9, 5)],
        "last-layer-partly": [(64, 9), (10, 5), (100, 7)],
    },
    mistakes=[
        mistake(
            "whole-kernel",
            lambda n, kernel: math.ceil(n / kernel),
            lambda n, kernel: math.ceil((n - 1) / kernel),
            lambda n, kernel: n // kernel,
            lambda n, kernel: n / kernel,
            lambda n, kernel: math.ceil((n - 1) / (kernel - 1)),
            lambda n, kernel: (n - 1) / (kernel - 1),
            lambda n, kernel: (n - 1) // (kernel - 1),
        ),
        mistake(
            "n-for-n-minus-1",
            lambda n, kernel: math.ceil(n / (kernel // 2)),
            lambda n, kernel: n / (kernel // 2),
            lambda n, kernel: n // (kernel // 2),
        ),
        mistake("one-layer-more", lambda n, kernel: _layers(n, kernel // 2) + 1),
        mistake(
            "logarithm",
            lambda n, kernel: math.log(n, kernel),
            lambda n, kernel: math.ceil(math.log(n, kernel)),
            lambda n, kernel: math.ceil(math.log2(n)),
        ),
        mistake(
            "rounded-down",
            lambda n, kernel: (n - 1) // (kernel // 2),
            lambda n, kernel: round((n - 1) / (kernel // 2)),
            group="last-layer-partly",
        ),
        mistake("not-rounded", lambda n, kernel: (n - 1) / (kernel // 2)),
    ],
)


# Without the matrix
def _block(*scores_and_values):
    """(largest, total, mean) of a block: its largest score, the sum of exp(score - largest), the mean."""
    scores, values = torch.tensor(scores_and_values, dtype=torch.float64).T
    terms = (scores - scores.max()).exp()
    return scores.max().item(), terms.sum().item(), (terms @ values / terms.sum()).item()


def _merged(
    factors=lambda m, n, largest: (math.exp(m - largest), math.exp(n - largest)),
    result=lambda largest, total, summed: (largest, total, summed / total),
    weigh=lambda total, mean: total * mean,
    best=max,
):
    """The merging of two blocks, with one thing changed."""

    def merge(one, other):
        (m, total, mean), (n, other_total, other_mean) = one, other
        largest = best(m, n)
        f, g = factors(m, n, largest)
        summed = f * weigh(total, mean) + g * weigh(other_total, other_mean)
        return result(largest, f * total + g * other_total, summed)

    return merge


def _no_largest(one, other):
    """The totals made whole again, as if there were no largest: overflows."""
    (m, total, mean), (n, other_total, other_mean) = one, other
    a, b = torch.tensor([m, n], dtype=torch.float64).exp() * torch.tensor([total, other_total], dtype=torch.float64)
    largest = max(m, n)
    return largest, ((a + b) / math.exp(min(largest, 700))).item(), ((a * mean + b * other_mean) / (a + b)).item()


merge = Exercise(
    "merge",
    "one, other",
    right=_merged(),
    cases=lambda: {
        "same-largest": [(_block((1, 10)), _block((1, 20))), (_block((2, 4), (1, 6)), _block((2, 8)))],
        "second-largest": [(_block((1, 10)), _block((3, 20))), (_block((0, 1), (1, 5)), _block((2, 3)))],
        "first-largest": [(_block((3, 20)), _block((1, 10))), (_block((2, 7)), _block((0, 1), (1, 5)))],
        "large-scores": [(_block((1000, 1), (999, 2)), _block((1001, 4)))],
    },
    mistakes=[
        mistake(
            "plain-mean",
            lambda one, other: (max(one[0], other[0]), one[1] + other[1], (one[2] + other[2]) / 2),
            lambda one, other: (*_merged()(one, other)[:2], (one[2] + other[2]) / 2),
        ),
        mistake("means-not-weighed", _merged(weigh=lambda total, mean: mean)),
        mistake("sum-not-mean", _merged(result=lambda largest, total, summed: (largest, total, summed))),
        mistake("not-rescaled", _merged(factors=lambda m, n, largest: (1, 1))),
        mistake(
            "grows-not-shrinks",
            _merged(factors=lambda m, n, largest: (math.exp(min(largest - m, 700)), math.exp(min(largest - n, 700)))),
        ),
        mistake(
            "factors-exchanged", _merged(factors=lambda m, n, largest: (math.exp(n - largest), math.exp(m - largest)))
        ),
        mistake(
            "largest-added",
            lambda one, other: (one[0] + other[0], *_merged()(one, other)[1:]),
            lambda one, other: ((one[0] + other[0]) / 2, *_merged()(one, other)[1:]),
        ),
        mistake("smaller-kept", _merged(best=min)),
        mistake(
            "only-second-may-be-larger",
            lambda one, other: _merged(factors=lambda m, n, largest: (math.exp(m - n), 1), best=lambda m, n: n)(
                one, other
            ),
            _merged(factors=lambda m, n, largest: (math.exp(m - largest), 1)),
            group="first-largest",
        ),
        mistake("overflow", _no_largest, group="large-scores"),
    ],
)


fused_saves = Question(
    "fused_saves",
    right="b",
    letters="abcd",
    mistakes=[mistake("fewer-operations", "a"), mistake("approximates", "c"), mistake("gpu-only", "d")],
)


# A mask that broadcasts
def _mask(allowed=lambda keys, lens: keys < lens, shape=lambda mask: mask[:, None, None]):
    """A mask with one thing changed."""

    def key_mask(valid_lens, num_keys):
        return shape(allowed(torch.arange(num_keys), valid_lens[:, None]))

    return key_mask


key_mask = Exercise(
    "key_mask",
    "valid_lens, num_keys",
    right=_mask(),
    dtype=torch.bool,
    cases=lambda: {
        "several-lengths": [(torch.tensor([3, 1]), 4), (torch.tensor([2, 5, 1]), 5), (torch.tensor([1, 2, 3, 4]), 4)],
        "none-or-all": [(torch.tensor([0, 3]), 3)],
    },
    mistakes=[
        mistake("polarity", _mask(lambda keys, lens: keys >= lens)),
        mistake("one-too-many", _mask(lambda keys, lens: keys <= lens)),
        mistake("two-dimensions", _mask(shape=lambda mask: mask)),
        mistake("one-dimension-missing", _mask(shape=lambda mask: mask[:, None])),
        mistake(
            "queries-masked",
            _mask(shape=lambda mask: mask[:, None, :, None]),
            _mask(shape=lambda mask: mask[:, :, None, None]),
        ),
        mistake(
            "written-out",
            lambda valid_lens, num_keys: _mask()(valid_lens, num_keys).expand(-1, 1, num_keys, -1).clone(),
        ),
        mistake(
            "to-be-added",
            lambda valid_lens, num_keys: torch.zeros(len(valid_lens), 1, 1, num_keys).masked_fill(
                ~_mask()(valid_lens, num_keys), -torch.inf
            ),
            lambda valid_lens, num_keys: torch.zeros(len(valid_lens), 1, 1, num_keys).masked_fill(
                ~_mask()(valid_lens, num_keys), torch.finfo(torch.float32).min
            ),
        ),
    ],
)
