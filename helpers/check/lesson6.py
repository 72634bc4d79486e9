"""The exercises of lesson 6, what attention costs: right answers, and wrong ones with what to say about each."""

import math

import torch

from .exercise import Exercise, Question, mistake

OPERATIONS = (6, "Operations: derived, then counted")
CROSSOVER = (6, "Which costs more depends on n and d")
SHARE = (6, "In a whole layer, the maps pay too")
STEPS = (6, "How many steps must wait for each other?")
PATH = (6, "How long is the path between two words?")
GROWS = (6, "Twice as long, four times the memory")
BLOCKS = (6, "A mean without the matrix: block by block")
CLASS = (6, "The class: three lines become one")
MASK = (6, "What goes wrong: a mask as large as what it saves")
PADDING = (1, "Padding: a softmax over the real words only")
SIGNS = (1, "Four implementations, one set of weights")


# By hand
score_megabytes = Question(
    "score_megabytes",
    right=24,
    mistakes=[
        mistake("one-head", "That is one head. Every head has a matrix of its own.", GROWS, 2),
        mistake("float32", "That is float32, with 4 bytes for a number. A float16 has 2.", GROWS, 48),
        mistake(
            "numbers",
            "That is how many million *numbers* there are, and each takes 2 bytes. (Or you counted each pair of words "
            "once: query i on key j is not query j on key i.)",
            GROWS,
            12,
        ),
        mistake("bits", "That is in million bits. A byte has 8 of them.", GROWS, 192),
        mistake("linear", "That grows with n. A score belongs to a *pair* of words: n times n.", GROWS, 0.024, 0.002),
    ],
    praise="12 · 1000² numbers of 2 bytes each. With 2,000 words it would be 96.",
    otherwise="How many numbers has the matrix of one head? Times the heads, times the bytes of a number.",
)


# Operations
def _count(maps=4, scores=1, mean=1, factor=2):
    """The operations of a layer, with its parts counted so many times."""
    return lambda n, d: factor * (maps * n * d**2 + (scores + mean) * n**2 * d)


layer_operations = Exercise(
    "layer_operations",
    "n, d",
    right=_count(),
    cases=lambda: {"some lengths and widths": [(2, 3), (1, 4), (64, 32), (512, 768), (4096, 512)]},
    mistakes=[
        mistake(
            "products-alone",
            "You count multiplications. Here, as in torch's counter, an addition counts, too: twice as many.",
            OPERATIONS,
            _count(factor=1),
        ),
        mistake(
            "maps-forgotten",
            "Those are the scores and the mean. The layer has four maps, W_q, W_k, W_v and W_o, before and after.",
            SHARE,
            _count(maps=0),
            _count(maps=0, factor=1),
        ),
        mistake(
            "scores-and-mean-forgotten",
            "Those are the maps alone. The scores and the mean grow with n².",
            SHARE,
            _count(scores=0, mean=0),
            _count(scores=0, mean=0, factor=1),
        ),
        mistake("three-maps", "W_o is a map, too: there are four.", SHARE, _count(maps=3), _count(maps=3, factor=1)),
        mistake(
            "one-map",
            "One map is not enough: queries, keys, values and the output have one each.",
            SHARE,
            _count(maps=1),
            _count(maps=1, factor=1),
        ),
        mistake(
            "mean-forgotten",
            "The scores are there, the mean of the values is not. It takes as many operations again.",
            OPERATIONS,
            _count(mean=0),
            _count(mean=0, factor=1),
        ),
        mistake(
            "n-and-d-swapped",
            "n and d have changed places: the maps grow with d², the scores with n².",
            OPERATIONS,
            lambda n, d: _count()(d, n),
        ),
        mistake(
            "multiplied",
            "The parts are multiplied. They come one after the other: add them.",
            SHARE,
            lambda n, d: 8 * n * d**2 * 4 * n**2 * d,
        ),
    ],
    praise="8 n d² + 4 n² d: half and half at n = 2d.",
)


half_way = Question(
    "half_way",
    right=2048,
    mistakes=[
        mistake(
            "recurrence",
            "That is where attention without its maps costs as much as a recurrence. Here it is the maps that count.",
            CROSSOVER,
            1024,
        ),
        mistake("one-product", "Scores *and* mean: both grow with n².", SHARE, 4096),
        mistake("one-map", "There are four maps, not one.", SHARE, 512),
        mistake("three-maps", "There are four maps: W_o is one, too.", SHARE, 1536),
    ],
    praise="8 n d² = 4 n² d where n = 2d.",
    otherwise="Set the two parts of your `layer_operations` equal, and solve for n.",
)


# Paths
def _layers(n, reach):
    return max(1, math.ceil((n - 1) / reach))


layers_to_see = Exercise(
    "layers_to_see",
    "n, kernel",
    right=lambda n, kernel: _layers(n, kernel // 2),
    cases=lambda: {
        "whole numbers of layers": [(3, 3), (64, 3), (65, 9), (9, 5)],
        "the last layer not used to the full": [(64, 9), (10, 5), (100, 7)],
    },
    mistakes=[
        mistake(
            "whole-kernel",
            "A kernel of 3 sees one place to each *side*, not three: it reaches (kernel − 1) / 2 places further.",
            PATH,
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
            "From the first word to the last there are n − 1 places to go, not n.",
            PATH,
            lambda n, kernel: math.ceil(n / (kernel // 2)),
            lambda n, kernel: n / (kernel // 2),
            lambda n, kernel: n // (kernel // 2),
        ),
        mistake(
            "one-layer-more",
            "One too many: the first layer has already moved.",
            PATH,
            lambda n, kernel: _layers(n, kernel // 2) + 1,
        ),
        mistake(
            "logarithm",
            "A logarithm comes out where the gaps grow from layer to layer. Here all the layers are alike.",
            PATH,
            lambda n, kernel: math.log(n, kernel),
            lambda n, kernel: math.ceil(math.log(n, kernel)),
            lambda n, kernel: math.ceil(math.log2(n)),
        ),
        mistake(
            "rounded-down",
            "What is left over needs a layer, too: round up.",
            PATH,
            lambda n, kernel: (n - 1) // (kernel // 2),
            lambda n, kernel: round((n - 1) / (kernel // 2)),
            group="the last layer not used to the full",
        ),
        mistake(
            "not-rounded",
            "There is no such thing as a part of a layer: round up.",
            PATH,
            lambda n, kernel: (n - 1) / (kernel // 2),
        ),
    ],
    praise="The path grows with n. Attention needs one layer for any n.",
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
        "the same largest score": [(_block((1, 10)), _block((1, 20))), (_block((2, 4), (1, 6)), _block((2, 8)))],
        "the second block has the largest": [
            (_block((1, 10)), _block((3, 20))),
            (_block((0, 1), (1, 5)), _block((2, 3))),
        ],
        "the first block has the largest": [
            (_block((3, 20)), _block((1, 10))),
            (_block((2, 7)), _block((0, 1), (1, 5))),
        ],
        "scores around 1000": [(_block((1000, 1), (999, 2)), _block((1001, 4)))],
    },
    mistakes=[
        mistake(
            "plain-mean",
            "That is the mean of the two means. A block with a larger total weighs more.",
            BLOCKS,
            lambda one, other: (max(one[0], other[0]), one[1] + other[1], (one[2] + other[2]) / 2),
            lambda one, other: (*_merged()(one, other)[:2], (one[2] + other[2]) / 2),
        ),
        mistake(
            "means-not-weighed",
            "A mean has to be multiplied by its total before two of them are added.",
            BLOCKS,
            _merged(weigh=lambda total, mean: mean),
        ),
        mistake(
            "sum-not-mean",
            "The third number is still a sum: divide it by the total.",
            BLOCKS,
            _merged(result=lambda largest, total, summed: (largest, total, summed)),
        ),
        mistake(
            "not-rescaled",
            "Totals are sums of exp(score − largest). The two blocks have different largest scores, so one total must "
            "shrink before they are added.",
            BLOCKS,
            _merged(factors=lambda m, n, largest: (1, 1)),
        ),
        mistake(
            "grows-not-shrinks",
            "The sign in the exponent: the block with the smaller largest score shrinks, exp(its own − the common "
            "largest).",
            BLOCKS,
            _merged(factors=lambda m, n, largest: (math.exp(min(largest - m, 700)), math.exp(min(largest - n, 700)))),
        ),
        mistake(
            "factors-exchanged",
            "The factors have changed places: the block that has the largest score keeps its total.",
            BLOCKS,
            _merged(factors=lambda m, n, largest: (math.exp(n - largest), math.exp(m - largest))),
        ),
        mistake(
            "largest-added",
            "The first number is the larger of the two largest scores, not their sum or their mean.",
            BLOCKS,
            lambda one, other: (one[0] + other[0], *_merged()(one, other)[1:]),
            lambda one, other: ((one[0] + other[0]) / 2, *_merged()(one, other)[1:]),
        ),
        mistake(
            "smaller-kept",
            "You keep the *smaller* of the two largest scores. The exponents then become positive, and overflow.",
            BLOCKS,
            _merged(best=min),
        ),
        mistake(
            "only-second-may-be-larger",
            "It works when the second block has the largest score, and not when the first has it.",
            BLOCKS,
            lambda one, other: _merged(factors=lambda m, n, largest: (math.exp(m - n), 1), best=lambda m, n: n)(
                one, other
            ),
            _merged(factors=lambda m, n, largest: (math.exp(m - largest), 1)),
            group="the first block has the largest",
        ),
        mistake(
            "overflow",
            "With scores around 1000 it breaks: exp(1000) is too large for any float. Only differences of scores may "
            "stand in an exponent.",
            BLOCKS,
            _no_largest,
            group="scores around 1000",
        ),
    ],
    praise="Block by block, with three numbers in hand: that is the fused kernel.",
)


fused_saves = Question(
    "fused_saves",
    right="b",
    letters="abcd",
    mistakes=[
        mistake(
            "fewer-operations", "Every score is still computed, and weighs its value: counted, the same.", BLOCKS, "a"
        ),
        mistake("approximates", "It is exact, up to rounding. Other methods approximate.", CLASS, "c"),
        mistake(
            "gpu-only",
            "On a processor, too: the lesson has measured it on the machine that it ran on.",
            (6, "On this machine, now"),
            "d",
        ),
    ],
    praise="The same products, in an order that never needs the whole matrix.",
    otherwise="",
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
        "sentences of different lengths": [
            (torch.tensor([3, 1]), 4),
            (torch.tensor([2, 5, 1]), 5),
            (torch.tensor([1, 2, 3, 4]), 4),
        ],
        "none real, all real": [(torch.tensor([0, 3]), 3)],
    },
    mistakes=[
        mistake(
            "polarity",
            "True and False have changed places: for `F.scaled_dot_product_attention`, True means *take part*.",
            SIGNS,
            _mask(lambda keys, lens: keys >= lens),
        ),
        mistake(
            "one-too-many",
            "One padded key takes part in each sentence: with a length of 2, the keys 0 and 1 are real.",
            PADDING,
            _mask(lambda keys, lens: keys <= lens),
        ),
        mistake(
            "two-dimensions",
            "The values are right, the shape is (batch, num_keys). Beside scores of shape (batch, num_heads, "
            "num_queries, num_keys) the batch would land on the queries.",
            MASK,
            _mask(shape=lambda mask: mask),
        ),
        mistake(
            "one-dimension-missing",
            "The shape is (batch, 1, num_keys). There are heads *and* queries between the batch and the keys.",
            MASK,
            _mask(shape=lambda mask: mask[:, None]),
        ),
        mistake(
            "queries-masked",
            "The mask lies along the queries. Padding is left out as *keys*, the last dimension.",
            PADDING,
            _mask(shape=lambda mask: mask[:, None, :, None]),
            _mask(shape=lambda mask: mask[:, :, None, None]),
        ),
        mistake(
            "written-out",
            "All the queries are written out: this is the matrix that we wanted to save. A dimension of size 1 "
            "broadcasts.",
            MASK,
            lambda valid_lens, num_keys: _mask()(valid_lens, num_keys).expand(-1, 1, num_keys, -1).clone(),
        ),
        mistake(
            "to-be-added",
            "These are numbers to add to the scores. Asked for is a boolean mask.",
            SIGNS,
            lambda valid_lens, num_keys: torch.zeros(len(valid_lens), 1, 1, num_keys).masked_fill(
                ~_mask()(valid_lens, num_keys), -torch.inf
            ),
            lambda valid_lens, num_keys: torch.zeros(len(valid_lens), 1, 1, num_keys).masked_fill(
                ~_mask()(valid_lens, num_keys), torch.finfo(torch.float32).min
            ),
        ),
    ],
    praise="A mask of (batch, 1, 1, num_keys) serves all heads and all queries.",
)
