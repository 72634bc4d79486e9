"""Slow references for the layers, loops over Python floats (float64), and random input to try them on."""

import math

import torch
from hypothesis import strategies as st

FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
INTEGERS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]


# The references.


def softmax(row):
    """The softmax of a list of numbers; an empty list for an empty one."""
    if not row:
        return []
    terms = [math.exp(score - max(row)) for score in row]
    return [term / math.fsum(terms) for term in terms]


def masked_softmax(scores, valid_lens):
    """``helpers.masked_softmax`` of scores (batch, num_heads, num_queries, num_keys), entry by entry."""
    num_keys, weights = scores.shape[-1], []
    lens = None if valid_lens is None else valid_lens.tolist()
    for b, sentence in enumerate(scores.tolist()):
        for head in sentence:
            for i, row in enumerate(head):
                n = valid_len(lens, b, i, num_keys)
                weights += [*softmax(row[:n]), *[0.0] * (num_keys - n)]
    return torch.tensor(weights, dtype=torch.float64).reshape(scores.shape)


def valid_len(lens, b, i, num_keys):
    """How many keys query ``i`` of sequence ``b`` may look at; ``lens`` are the valid_lens as lists."""
    if lens is None:
        return num_keys
    return lens[b][i] if isinstance(lens[b], list) else lens[b]


def linear(layer):
    """The linear map ``layer`` as a function of one vector, a list."""
    weight = layer.weight.double().tolist()
    bias = [0.0] * len(weight) if layer.bias is None else layer.bias.double().tolist()

    def of(x):
        return [math.fsum(w * v for w, v in zip(row, x, strict=True)) + c for row, c in zip(weight, bias, strict=True)]

    return of


def attention(layer, queries, keys, values, valid_lens):
    """What ``layer`` does in eval mode, head by head and key by key: (its output, the scores of all the keys)."""
    batch, num_queries, num_hiddens = queries.shape
    num_keys, d = keys.shape[1], num_hiddens // layer.num_heads
    out, scores = [], []  # (batch, num_queries, ...), as one list each
    W_q, W_k, W_v, W_o = map(linear, (layer.W_q, layer.W_k, layer.W_v, layer.W_o))
    lens = None if valid_lens is None else valid_lens.tolist()
    for b in range(batch):
        k = [W_k(x) for x in keys[b].double().tolist()]
        v = [W_v(x) for x in values[b].double().tolist()]
        for i, x in enumerate(queries[b].double().tolist()):
            q, n = W_q(x), valid_len(lens, b, i, num_keys)
            merged = []
            for h in range(layer.num_heads):
                part = slice(h * d, (h + 1) * d)
                dots = [math.fsum(x * y for x, y in zip(q[part], key[part], strict=True)) for key in k]
                row = [dot / math.sqrt(d) for dot in dots]
                weights = softmax(row[:n])
                merged += [
                    math.fsum(w * x[c] for w, x in zip(weights, v[:n], strict=True)) for c in range(h * d, h * d + d)
                ]
                scores += row
            out += W_o(merged)
    scores = torch.tensor(scores, dtype=torch.float64).reshape(batch, num_queries, layer.num_heads, num_keys)
    return torch.tensor(out, dtype=torch.float64).reshape(queries.shape), scores.transpose(1, 2)


def encoding(t, column, num_hiddens):
    """One entry of the table of positional encodings."""
    return encodings([t], column, num_hiddens)[0]


def encodings(positions, column, num_hiddens):
    """Entries of one column of the table."""
    wave, divisor = math.cos if column % 2 else math.sin, 10000 ** ((column - column % 2) / num_hiddens)
    return [wave(t / divisor) for t in positions]


# What they are tried on.


def tensor(shape, seed, dtype=torch.float32, layout="plain"):
    """Random numbers of the given shape, laid out in memory in one of several ways."""
    generator = torch.Generator().manual_seed(seed)
    X = torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)
    if layout == "transposed":
        return X.transpose(0, -1).contiguous().transpose(0, -1)
    if layout == "strided":
        return X.repeat_interleave(2, dim=-1)[..., ::2]
    if layout == "expanded":  # the same memory for every sequence of the batch
        return X[:1].expand(shape)
    return X


layouts = st.sampled_from(["plain", "transposed", "strided", "expanded"])
seeds = st.integers(0, 2**31)


@st.composite
def problems(draw, smallest=0):
    """Sizes, and valid_lens that fit them: None, (batch,) or (batch, num_queries), of any integer dtype and layout."""
    batch, num_queries, num_keys = (draw(st.integers(smallest, largest)) for largest in (3, 4, 5))
    shape = draw(st.sampled_from([None, (batch,), (batch, num_queries)]))
    if shape is None:
        return batch, num_queries, num_keys, None
    count = math.prod(shape)
    lens = draw(st.lists(st.integers(0, num_keys), min_size=count, max_size=count))
    lens = torch.tensor(lens, dtype=draw(st.sampled_from(INTEGERS))).reshape(shape)
    layout = draw(st.sampled_from(["plain", "strided", "one for all"]))
    if layout == "strided":
        lens = lens.repeat_interleave(2, dim=-1)[..., ::2]
    elif layout == "one for all":
        lens = lens[:1].expand(shape)
    return batch, num_queries, num_keys, lens


def close(got, expected, dtype, slack=4, scale=1):
    """Whether ``got``, computed in ``dtype``, is ``expected`` up to a few units in its last place."""
    bound = slack * torch.finfo(dtype).eps * max(scale, largest(expected))
    return got.shape == expected.shape and bool(((got.double() - expected).abs() <= bound).all())


def largest(X):
    """The largest absolute value in ``X``; 0 if it is empty."""
    return X.abs().max().item() if X.numel() else 0.0
