"""Right answers to the exercises, each written in another way: the checks have to accept them all."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


# Lesson 1
def weights_loop(queries, keys):
    batch, n, d = queries.shape
    out = torch.zeros(batch, n, keys.shape[1])
    for b in range(batch):
        for i in range(n):
            scores = [sum(queries[b, i, c] * keys[b, j, c] for c in range(d)) / d**0.5 for j in range(keys.shape[1])]
            exps = [math.exp(score - max(scores)) for score in scores]
            for j, e in enumerate(exps):
                out[b, i, j] = e / sum(exps)
    return out


def weights_einsum(queries, keys):
    return F.softmax(torch.einsum("bqd,bkd->bqk", queries, keys) / queries.size(-1) ** 0.5, dim=2)


def weights_bmm_double(queries, keys):
    queries, keys = queries.double(), keys.double()
    return torch.softmax(torch.bmm(queries * queries.shape[2] ** -0.5, keys.transpose(1, 2)), -1)


def weights_fused(queries, keys):
    eye = torch.eye(keys.shape[1]).expand(len(keys), -1, -1)
    return F.scaled_dot_product_attention(queries, keys, eye)


def weights_noncontiguous(queries, keys):
    return (keys @ queries.mT / math.sqrt(keys.shape[-1])).softmax(1).transpose(1, 2)


def weights_by_hand(queries, keys):
    e = torch.exp((queries / math.sqrt(queries.shape[-1])) @ keys.permute(0, 2, 1))
    return e / e.sum(2, keepdim=True)


def weights_grad(queries, keys):
    scale = nn.Parameter(torch.tensor(queries.shape[-1] ** -0.5))
    return (queries @ keys.mT * scale).softmax(-1)


def weights_list(queries, keys):
    return weights_loop(queries, keys).tolist()


def weights_numpy(queries, keys):
    scores = np.einsum("bqd,bkd->bqk", queries.numpy(), keys.numpy()) / np.sqrt(queries.shape[-1])
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _allowed(scores, valid_lens):
    batch, n, m = scores.shape
    if valid_lens is None:
        return torch.ones(batch, n, m, dtype=torch.bool)
    lens = valid_lens if valid_lens.ndim == 2 else valid_lens.unsqueeze(1).repeat(1, n)
    return torch.arange(m)[None, None] < lens[..., None]


def masked_loop(scores, valid_lens):
    batch, n, m = scores.shape
    out = torch.zeros_like(scores)
    for b in range(batch):
        for i in range(n):
            if valid_lens is None:
                length = m
            elif valid_lens.dim() == 1:
                length = int(valid_lens[b])
            else:
                length = int(valid_lens[b, i])
            if length:
                out[b, i, :length] = scores[b, i, :length].softmax(0)
    return out


def masked_nan_to_num(scores, valid_lens=None):
    scores = torch.where(_allowed(scores, valid_lens), scores, float("-inf"))
    return torch.nan_to_num(scores.softmax(-1), 0.0)


def masked_exp(scores, valid_lens):
    e = scores.exp() * _allowed(scores, valid_lens)
    return e / e.sum(-1, keepdim=True).clamp(min=1e-12)


def masked_million(scores, valid_lens):
    allowed = _allowed(scores, valid_lens)
    return (scores.double() + (~allowed) * -1e6).softmax(-1) * allowed


def masked_copy(scores, valid_lens):
    scores, allowed = scores.clone(), _allowed(scores, valid_lens)
    scores[~allowed] = -1e9
    weights = F.softmax(scores, -1)
    weights[~allowed] = 0
    return weights


def masked_repeat_interleave(X, valid_lens):
    shape = X.shape
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    valid_lens = torch.repeat_interleave(valid_lens, shape[1]) if valid_lens.dim() == 1 else valid_lens.reshape(-1)
    X = X.reshape(-1, shape[-1]).clone()
    mask = torch.arange(shape[-1])[None, :] < valid_lens[:, None]
    X[~mask] = -1e6
    return (nn.functional.softmax(X, dim=-1) * mask).reshape(shape)


def split_chunks(X, num_heads):
    return torch.stack(X.chunk(num_heads, dim=-1), dim=1)


def split_permute(X, num_heads):
    return X.view(*X.shape[:2], num_heads, -1).permute(0, 2, 1, 3)


def split_loop(X, num_heads):
    size = X.shape[2] // num_heads
    return torch.stack([torch.stack([x[:, h * size : (h + 1) * size] for h in range(num_heads)]) for x in X])


def split_einsum(X, num_heads):
    parts = X.reshape(X.shape[0], X.shape[1], num_heads, X.shape[2] // num_heads)
    return torch.einsum("bnhd->bhnd", parts).contiguous().double()


def merge_cat(X):
    return torch.cat([X[:, h] for h in range(X.shape[1])], dim=-1)


def merge_permute(X):
    return X.permute(0, 2, 1, 3).contiguous().view(X.shape[0], X.shape[2], -1)


def merge_loop(X):
    batch, heads, n, size = X.shape
    out = torch.empty(batch, n, heads * size)
    for h in range(heads):
        out[:, :, h * size : (h + 1) * size] = X[:, h]
    return out


def layer_loop(X, W_q, W_k, W_v, W_o, num_heads):
    queries, keys, values = X @ W_q, X @ W_k, X @ W_v
    size, heads = X.shape[-1] // num_heads, []
    for h in range(num_heads):
        part = slice(h * size, (h + 1) * size)
        scores = queries[..., part] @ keys[..., part].transpose(1, 2) / size**0.5
        heads.append(scores.softmax(-1) @ values[..., part])
    return torch.cat(heads, -1) @ W_o


def layer_fused(X, W_q, W_k, W_v, W_o, num_heads):
    q, k, v = (split_chunks(X @ W, num_heads) for W in (W_q, W_k, W_v))
    return merge_cat(F.scaled_dot_product_attention(q, k, v)) @ W_o


def layer_einsum(X, W_q, W_k, W_v, W_o, num_heads):
    W_q, W_k, W_v = (W.double().unflatten(1, (num_heads, -1)) for W in (W_q, W_k, W_v))
    q, k, v = (torch.einsum("bnc,chd->bhnd", X.double(), W) for W in (W_q, W_k, W_v))
    weights = (torch.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5).softmax(-1)
    W_o = W_o.double().unflatten(0, (num_heads, -1))
    return torch.einsum("bhij,bhjd,hdc->bic", weights, v, W_o)


def layer_torch(X, W_q, W_k, W_v, W_o, num_heads):
    layer = nn.MultiheadAttention(X.shape[-1], num_heads, bias=False, batch_first=True)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([W_q.T, W_k.T, W_v.T]))
        layer.out_proj.weight.copy_(W_o.T)
    return layer(X, X, X)[0]


def layer_heads_in_batch(X, W_q, W_k, W_v, W_o, num_heads):
    q, k, v = (split_permute(X @ W, num_heads).flatten(0, 1) for W in (W_q, W_k, W_v))
    out = (torch.bmm(q, k.mT) / math.sqrt(q.shape[-1])).softmax(-1).bmm(v)
    return merge_permute(out.unflatten(0, (len(X), num_heads))) @ W_o


def gap_loop(attention, X, order):
    a, b = attention(X[:, order]), attention(X)
    return max((a[:, i] - b[:, j]).abs().max().item() for i, j in enumerate(order))


def gap_inverse(attention, X, order):
    back = torch.argsort(torch.as_tensor(order))
    return torch.dist(attention(X[:, order])[:, back], attention(X), p=math.inf)


def causal_loop(num_steps):
    return torch.tensor([[j <= i for j in range(num_steps)] for i in range(num_steps)])


def causal_not_triu(num_steps):
    return ~torch.triu(torch.ones(num_steps, num_steps, dtype=torch.bool), diagonal=1)


# Lesson 2
def twin_cases(position, period):
    other = period / 2 - position
    return other if other >= 0 else other + period


def twin_search(position, period):
    height = math.sin(2 * math.pi * position / period)
    for t in range(period):
        if t != position and abs(math.sin(2 * math.pi * t / period) - height) < 1e-9:
            return t


def table_loop(num_steps, num_hiddens):
    P = torch.zeros(num_steps, num_hiddens)
    for t in range(num_steps):
        for c in range(num_hiddens):
            angle = t / 10000 ** (2 * (c // 2) / num_hiddens)
            P[t, c] = math.cos(angle) if c % 2 else math.sin(angle)
    return P


def table_float32(num_steps, num_hiddens):
    P = torch.zeros((num_steps, num_hiddens))
    X = torch.arange(num_steps, dtype=torch.float32).reshape(-1, 1) / torch.pow(
        10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens
    )
    P[:, 0::2] = torch.sin(X)
    P[:, 1::2] = torch.cos(X)[:, : num_hiddens // 2]
    return P


def table_explog(num_steps, num_hiddens):
    position = torch.arange(num_steps).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, num_hiddens, 2) * (-math.log(10000.0) / num_hiddens))
    pe = torch.zeros(num_steps, num_hiddens + num_hiddens % 2)
    pe[:, 0::2], pe[:, 1::2] = torch.sin(position * div_term), torch.cos(position * div_term)
    return pe[:, :num_hiddens]


def table_where(num_steps, num_hiddens):
    c = torch.arange(num_hiddens)
    angles = torch.outer(torch.arange(num_steps).double(), 10000.0 ** (-(c - c % 2).double() / num_hiddens))
    return torch.where(c % 2 == 0, angles.sin(), angles.cos())


def table_shifted_sine(num_steps, num_hiddens):
    c = torch.arange(num_hiddens, dtype=torch.float64)
    angles = torch.arange(num_steps)[:, None] / 10000 ** (2 * (c // 2) / num_hiddens)
    return torch.sin(angles + (c % 2) * math.pi / 2).T.contiguous().T  # not contiguous


def table_numpy(num_steps, num_hiddens):
    t, c = np.arange(num_steps)[:, None], np.arange(num_hiddens)[None]
    angles = t / np.power(10000, 2 * (c // 2) / num_hiddens)
    return np.where(c % 2 == 0, np.sin(angles), np.cos(angles))


class EncodingOnTheFly(nn.Module):
    def __init__(self, num_hiddens, dropout, max_len=1000):
        super().__init__()
        self.num_hiddens, self.dropout, self.max_len = num_hiddens, dropout, max_len

    def forward(self, X):
        if X.size(1) > self.max_len:
            raise ValueError("too long")
        X = X + table_where(X.size(1), self.num_hiddens).to(X)
        return F.dropout(X, self.dropout, self.training)


class EncodingTwoDimensional(nn.Module):
    def __init__(self, num_hiddens, dropout, max_len=1000):
        super().__init__()
        self.drop = nn.Dropout(p=dropout)
        self.register_buffer("table", table_float32(max_len, num_hiddens), persistent=False)

    def forward(self, X):
        batch, n, d = X.shape
        if n > self.table.shape[0]:
            raise ValueError(f"{n} > {self.table.shape[0]}")
        return self.drop(self.table[:n].unsqueeze(0).expand(batch, n, d) + X)


class EncodingEmbedding(nn.Module):
    """An embedding that does not train, left out of the saved state."""

    def __init__(self, num_hiddens, dropout, max_len=1000):
        super().__init__()
        self.max_len, self.dropout = max_len, nn.Dropout(dropout)
        self.register_buffer("P", table_loop(max_len, num_hiddens).unsqueeze(0), persistent=False)

    def forward(self, X):
        if X.shape[1] > self.max_len:
            raise ValueError(X.shape[1])
        steps = torch.arange(X.shape[1], device=X.device)
        return self.dropout(X + F.embedding(steps, self.P[0]))


# Lesson 3
def bits_format(position, num_bits):
    return [int(bit) for bit in format(position, f"0{num_bits}b")]


def bits_loop(position, num_bits):
    bits = []
    for _ in range(num_bits):
        bits.insert(0, position % 2)
        position //= 2
    return bits


def bits_tensor(position, num_bits):
    return (torch.tensor(position) >> torch.arange(num_bits - 1, -1, -1)) & 1


def bits_bool(position, num_bits):
    return tuple(bool(position >> k & 1) for k in range(num_bits)[::-1])


def period_search(k):
    bits = [t >> k & 1 for t in range(4 * 2**k + 1)]
    return next(s for s in range(1, len(bits)) if bits[s:] == bits[:-s])


def hamming_loop(a, b):
    count = 0
    while a or b:
        count += a % 2 != b % 2
        a, b = a // 2, b // 2
    return count


def hamming_recursive(a, b):
    return 0 if a == b == 0 else (a ^ b) % 2 + hamming_recursive(a // 2, b // 2)


def hamming_tensor(a, b):
    k = torch.arange(20)
    return ((torch.tensor(a) >> k & 1) != (torch.tensor(b) >> k & 1)).sum()


def clock_torch(sine, cosine, period):
    return torch.remainder(torch.atan2(torch.tensor(sine), torch.tensor(cosine)) * period / (2 * torch.pi), period)


def clock_acos(sine, cosine, period):
    angle = math.acos(cosine)
    return (angle if sine >= 0 else 2 * math.pi - angle) / (2 * math.pi) * period


def clock_complex(sine, cosine, period):
    import cmath

    return cmath.phase(complex(cosine, sine)) / (2 * math.pi) * period % period


# Lesson 4
def wavelength_log(i, num_hiddens):
    return math.tau * math.exp(2 * i / num_hiddens * math.log(10000))


def wavelength_tensor(i, num_hiddens):
    return torch.tensor([2 * math.pi * 10000 ** (2 * i / num_hiddens)])


def measured_peaks(column):
    peaks = [t for t in range(1, len(column) - 1) if column[t - 1] < column[t] >= column[t + 1]]
    return (peaks[-1] - peaks[0]) / (len(peaks) - 1)


def measured_fourier(column):
    spectrum = torch.fft.rfft(column).abs()
    return len(column) / spectrum[1:].argmax().add(1).item()


def measured_curvature(column):
    inner = column[1:-1]
    twice_cosine = ((column[2:] + column[:-2]) * inner).sum() / inner.square().sum()
    return 2 * math.pi / torch.acos(twice_cosine / 2)


def similarity_loop(P):
    n, d = P.shape
    return [[sum(P[i, c] * P[j, c] for c in range(d)) / (d / 2) for j in range(n)] for i in range(n)]


def similarity_einsum(P):
    return torch.einsum("id,jd->ij", P, P) * 2 / P.shape[-1]


def similarity_scaled(P):
    P = P / math.sqrt(P.size(1) / 2)
    return P.matmul(P.t())


def at_table(offset, num_hiddens):
    P = table_loop(abs(offset) + 1, num_hiddens).double()
    return P[0] @ P[-1] / (num_hiddens / 2)


def at_loop(offset, num_hiddens):
    pairs = num_hiddens // 2
    return sum(math.cos(offset / 10000 ** (2 * i / num_hiddens)) for i in range(pairs)) / pairs


ANSWERS = {
    "attention_weights": [
        weights_loop,
        weights_einsum,
        weights_bmm_double,
        weights_fused,
        weights_noncontiguous,
        weights_by_hand,
        weights_grad,
        weights_list,
        weights_numpy,
    ],
    "masked_softmax": [
        masked_loop,
        masked_nan_to_num,
        masked_exp,
        masked_million,
        masked_copy,
        masked_repeat_interleave,
    ],
    "split_heads": [split_chunks, split_permute, split_loop, split_einsum],
    "merge_heads": [merge_cat, merge_permute, merge_loop],
    "multi_head_attention": [layer_loop, layer_fused, layer_einsum, layer_torch, layer_heads_in_batch],
    "permutation_gap": [gap_loop, gap_inverse],
    "causal_mask": [causal_loop, causal_not_triu],
    "twin": [twin_cases, twin_search],
    "positional_encoding": [table_loop, table_float32, table_explog, table_where, table_shifted_sine, table_numpy],
    "PositionalEncoding": [EncodingOnTheFly, EncodingTwoDimensional, EncodingEmbedding],
    "to_bits": [bits_format, bits_loop, bits_tensor, bits_bool],
    "bit_period": [lambda k: 2 << k, lambda k: torch.tensor(2.0) ** (k + 1), period_search],
    "hamming": [hamming_loop, hamming_recursive, hamming_tensor, lambda a, b: (a ^ b).bit_count()],
    "read_clock": [clock_torch, clock_acos, clock_complex],
    "wavelength": [
        wavelength_log,
        wavelength_tensor,
        lambda i, num_hiddens: np.float32(wavelength_log(i, num_hiddens)),
    ],
    "measured_wavelength": [measured_peaks, measured_fourier, measured_curvature],
    "similarity": [similarity_loop, similarity_einsum, similarity_scaled],
    "similarity_at": [at_table, at_loop],
}
