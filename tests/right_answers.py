"""Right answers to the exercises, each written in another way: the checks have to accept them all."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from helpers import PositionalEncoding


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


# Lesson 5
def shift_loop(k, num_hiddens):
    M = torch.zeros(num_hiddens, num_hiddens)
    for c in range(0, num_hiddens, 2):
        b = k * 10000 ** (-c / num_hiddens)
        M[c, c] = M[c + 1, c + 1] = math.cos(b)
        M[c, c + 1], M[c + 1, c] = math.sin(b), -math.sin(b)
    return M


def shift_exponential(k, num_hiddens):
    """The matrix exponential of the turning that one pair does in a step."""
    speeds = 10000.0 ** (-torch.arange(0, num_hiddens, 2, dtype=torch.float64) / num_hiddens)
    return torch.matrix_exp(k * torch.block_diag(*(s * torch.tensor([[0.0, 1], [-1, 0]]).double() for s in speeds)))


def shift_solved(k, num_hiddens):
    """Fitted pair by pair to the table itself."""
    P = table_where(200 + abs(k), num_hiddens)[:, :num_hiddens]
    here, there = (P[: len(P) - k], P[k:]) if k >= 0 else (P[-k:], P[:k])
    pairs = range(0, num_hiddens, 2)
    fits = [torch.linalg.lstsq(here[:, c : c + 2], there[:, c : c + 2], driver="gelsd").solution for c in pairs]
    return torch.block_diag(*fits).T


def shift_numpy(k, num_hiddens):
    b = k / np.power(10000.0, np.arange(0, num_hiddens, 2) / num_hiddens)
    cosines, sines = np.repeat(np.cos(b), 2), np.zeros(num_hiddens - 1)
    sines[::2] = np.sin(b)
    return np.diag(cosines) + np.diag(sines, 1) - np.diag(sines, -1)


def rotary_complex(X, positions):
    d = X.shape[-1]
    angles = torch.outer(positions, 10000.0 ** (-torch.arange(0, d, 2) / d))
    pairs = torch.view_as_complex(X.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)


def rotary_loop(X, positions):
    out, d = X.double().clone(), X.shape[-1]
    for row, t in enumerate(positions.tolist()):
        for c in range(0, d, 2):
            b = t / 10000 ** (c / d)
            x, y = X[..., row, c], X[..., row, c + 1]
            out[..., row, c] = x * math.cos(b) - y * math.sin(b)
            out[..., row, c + 1] = x * math.sin(b) + y * math.cos(b)
    return out


def rotary_matrices(X, positions):
    """With the matrix of the way back for each place; not contiguous."""
    M = torch.stack([shift_loop(-t, X.shape[-1]) for t in positions.tolist()])
    return torch.einsum("nij,...nj->...in", M, X).mT


def rotary_neighbours(X, positions):
    """x cos + (the other one, with a sign) sin."""
    d = X.shape[-1]
    angles = (positions[:, None] * 10000.0 ** (-torch.arange(0, d, 2) / d)).repeat_interleave(2, dim=-1)
    others = torch.stack([-X[..., 1::2], X[..., ::2]], dim=-1).reshape(X.shape)
    return X * angles.cos() + others * angles.sin()


def alibi_loop(num_heads, num_steps):
    slopes = [2 ** (-8 * (h + 1) / num_heads) for h in range(num_heads)]
    return [[[-s * abs(i - j) for j in range(num_steps)] for i in range(num_steps)] for s in slopes]


def alibi_product(num_heads, num_steps):
    """Each slope is the first one times the one before, as the paper has it."""
    slopes = torch.full((num_heads,), 2 ** (-8 / num_heads), dtype=torch.float64).cumprod(0)
    t = torch.arange(num_steps, dtype=torch.float64)[:, None]
    return torch.einsum("h,ij->hij", -slopes, torch.cdist(t, t, p=1))


def alibi_numpy(num_heads, num_steps):
    i, j = np.indices((num_steps, num_steps))
    return np.multiply.outer(np.exp2(-8 * np.arange(1, num_heads + 1) / num_heads), np.minimum(i - j, j - i))


def halves_view(W, num_heads):
    d = W.shape[0]
    return W.view(num_heads, d // num_heads // 2, 2, W.shape[1]).transpose(1, 2).reshape(d, W.shape[1])


def halves_loop(W, num_heads):
    rows, head = [], len(W) // num_heads
    for h in range(num_heads):
        block = W[h * head : (h + 1) * head]
        rows += [*block[0::2], *block[1::2]]
    return torch.stack(rows)


def halves_permutation(W, num_heads):
    """Multiplied with a permutation matrix, in float64."""
    head = len(W) // num_heads
    order = sorted(range(head), key=lambda c: c % 2)
    return torch.kron(torch.eye(num_heads), torch.eye(head)[order]).double() @ W.double()


# Lesson 6
def operations_loop(n, d):
    total = 0
    for rows, inner, columns in [(n, d, d)] * 4 + [(n, d, n), (n, n, d)]:
        total += 2 * rows * inner * columns
    return total


def operations_tensor(n, d):
    shapes = torch.tensor([[n, d, d]] * 4 + [[n, d, n], [n, n, d]], dtype=torch.float64)
    return 2 * shapes.prod(dim=1).sum()


def layers_grow(n, kernel):
    seen, layers = 1, 0
    while seen < n:
        seen, layers = seen + kernel // 2, layers + 1
    return layers


def layers_search(n, kernel):
    """Convolutions of ones, until something of the last word arrives at the first."""
    X, layers = F.one_hot(torch.tensor([[n - 1]]), n).float(), 0
    while X[0, 0, 0] == 0:
        X = F.conv1d(X, torch.ones(1, 1, kernel), padding=kernel // 2).clamp(max=1)
        layers += 1
    return layers


def merge_lse(one, other):
    (m, a, x), (n, b, y) = one, other
    logs = torch.tensor([m + math.log(a), n + math.log(b)], dtype=torch.float64)
    largest = max(m, n)
    return [largest, math.exp(logs.logsumexp(0) - largest), logs.softmax(0) @ torch.tensor([x, y]).double()]


def merge_cases(one, other):
    if one[0] < other[0]:
        one, other = other, one
    shrunk = other[1] * math.exp(other[0] - one[0])
    total = one[1] + shrunk
    return torch.tensor([one[0], total, one[2] + (other[2] - one[2]) * shrunk / total], dtype=torch.float64)


def merge_tensors(one, other):
    M, totals, means = torch.tensor([one, other], dtype=torch.float64).T
    totals = totals * (M - M.max()).exp()
    return torch.stack([M.max(), totals.sum(), (totals * means).sum() / totals.sum()]).requires_grad_()


def mask_loop(valid_lens, num_keys):
    mask = torch.zeros(len(valid_lens), 1, 1, num_keys, dtype=torch.bool)
    for b, length in enumerate(valid_lens):
        mask[b, ..., :length] = True
    return mask


def mask_list(valid_lens, num_keys):
    return [[[[k < length for k in range(num_keys)]]] for length in valid_lens.tolist()]


def mask_numpy(valid_lens, num_keys):
    return np.less.outer(np.arange(num_keys), valid_lens.numpy()).T.reshape(-1, 1, 1, num_keys)


def mask_tril(valid_lens, num_keys):
    return torch.ones(num_keys + 1, num_keys).tril(-1).bool()[valid_lens].unsqueeze(1).unsqueeze(1)


# Lesson 7
def lens_expand(batch, num_steps):
    return torch.arange(1, num_steps + 1).expand(batch, -1)


def lens_int32(batch, num_steps):
    return torch.ones(batch, num_steps, dtype=torch.int32).cumsum(1, dtype=torch.int32)


def lens_list(batch, num_steps):
    return [list(range(1, num_steps + 1)) for _ in range(batch)]


def lens_numpy(batch, num_steps):
    return np.tile(np.arange(num_steps) + 1, (batch, 1))


def chance_loop(X):
    rows = []
    for row in X.tolist():
        others = [row[:t] + row[t + 1 :] for t in range(len(row))]
        rows.append([max(map(rest.count, rest)) / len(rest) for rest in others])
    return rows


def chance_compared(X):
    """From a matrix that says which places hold the same letter."""
    same, apart = (X[:, :, None] == X[:, None]).double(), 1 - torch.eye(X.shape[1])
    # For place t: how many of the places k share the letter of j, where neither j nor k is t itself.
    counts = torch.einsum("bjk,tj,tk->btj", same, apart.double(), apart.double())
    return counts.amax(-1) / apart[0].sum()


def chance_mode(X):
    n = X.shape[1]
    rest = torch.stack([torch.cat([X[:, :t], X[:, t + 1 :]], dim=1) for t in range(n)], dim=1)
    return (rest == rest.mode(dim=-1, keepdim=True).values).float().mean(-1)


def chance_bincount(X):
    out = np.zeros(X.shape)
    for b, row in enumerate(X.numpy()):
        for t in range(len(row)):
            out[b, t] = np.bincount(np.delete(row, t)).max() / (len(row) - 1)
    return out


def mirror_loop(model, X):
    for row in X:
        one, other = model(row[None]), model(torch.tensor(row.tolist()[::-1])[None])
        if (one - other).abs().max() > 1e-4:
            return False
    return True


def mirror_tensor(model, X):
    return torch.isclose(model(X), model(torch.fliplr(X)), atol=1e-4).all()


def mirror_numpy(model, X):
    backwards = torch.from_numpy(X.numpy()[:, ::-1].copy())
    return np.allclose(model(X).numpy(), model(backwards).numpy(), atol=1e-3)


def mirror_rounded(model, X):
    one, other = (model(Y).mul(1000).round() for Y in (X, X[:, torch.arange(X.shape[1] - 1, -1, -1)]))
    return torch.equal(one, other)


def places_loop(guesses, X):
    right = [0] * guesses.shape[1]
    for guess, text in zip(guesses.tolist(), X.tolist(), strict=True):
        for t, letter in enumerate(guess):
            right[t] += letter == text[t]
    return [100 * count / len(X) for count in right]


def places_sum(guesses, X):
    return torch.sum(guesses.eq(X[:, : guesses.shape[1]]), 0) / X.size(0) * 100


def places_difference(guesses, X):
    return 100 - 100 * (guesses - X.narrow(1, 0, X.shape[1] - 1)).ne(0).float().mean(0)


def places_numpy(guesses, X):
    return np.mean(guesses.numpy() == X.numpy()[:, :-1], axis=0) * 100.0


def before_search(letters, counts):
    out = []
    for mine in counts:
        found = [int(letters[s]) for s, its in enumerate(counts) if its.sum() == mine.sum() - 1]
        out.append(found[0] if found else -1)
    return out


def before_difference(letters, counts):
    """My neighbour's counts are mine without my own letter."""
    without = counts - F.one_hot(letters, counts.shape[1])
    match = (without[:, None] == counts).all(-1)
    return torch.where(match.any(1), (match * letters).sum(1), -1)


def before_sorted(letters, counts):
    places = counts.sum(1) - 1
    text = letters[places.argsort()]
    return F.pad(text, (1, 0), value=-1)[places]


def before_attention(letters, counts):
    """A softmax over places so sharp that it picks one, and a first place that sees none."""
    seen = counts.sum(1).double()
    weights = (-1e3 * (seen[:, None] - 1 - seen).square()).softmax(-1)
    return (weights @ letters.double()).masked_fill(seen == 1, -1)


# Lesson 8
def norm_fused(X, weight, bias):
    return F.layer_norm(X, X.shape[-1:], weight, bias)


def norm_tiny_epsilon(X, weight, bias):
    variance, mean = torch.var_mean(X.double(), -1, keepdim=True, correction=0)
    return torch.rsqrt(variance + 1e-12) * (X - mean) * weight + bias


def norm_numpy(X, weight, bias):
    X = X.numpy()
    return (X - X.mean(-1, keepdims=True)) / X.std(-1, keepdims=True) * weight.numpy() + bias.numpy()


def norm_loop(X, weight, bias):
    out = torch.empty(X.shape)
    for place, row in enumerate(X.flatten(0, -2).tolist()):
        mean = sum(row) / len(row)
        size = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row))
        for c, x in enumerate(row):
            out.view(-1, len(row))[place, c] = (x - mean) / size * weight[c] + bias[c]
    return out


def norm_module(X, weight, bias):
    norm = nn.LayerNorm(len(weight), eps=1e-12)
    norm.load_state_dict({"weight": weight, "bias": bias})
    return norm(X)


def vectors_loop(H, valid_lens):
    means = [tokens[:length].mean(0) for tokens, length in zip(H, valid_lens.tolist(), strict=True)]
    return [mean / mean.norm() for mean in means]


def vectors_einsum(H, valid_lens):
    """A sum is enough: the length is made 1 anyway."""
    allowed = torch.arange(H.shape[1])[None] < valid_lens[:, None]
    return F.normalize(torch.einsum("bnd,bn->bd", H.double(), allowed.double()), dim=-1)


def vectors_cumsum(H, valid_lens):
    total = H.cumsum(1)[torch.arange(len(H)), valid_lens - 1]
    mean = total / valid_lens[:, None]
    return mean / mean.square().sum(-1, keepdim=True).sqrt()


def vectors_numpy(H, valid_lens):
    means = np.stack([tokens[: int(length)].mean(0) for tokens, length in zip(H.numpy(), valid_lens, strict=True)])
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def vectors_masked(H, valid_lens):
    padding = (torch.arange(H.shape[1]) >= valid_lens.unsqueeze(1)).unsqueeze(-1)
    mean = H.masked_fill(padding, torch.nan).nanmean(1)
    return (mean.T / mean.norm(dim=1)).T


def cosines_fused(V):
    return F.cosine_similarity(V[:, None], V[None], dim=-1)


def cosines_loop(V):
    return [[float(a @ b) / math.sqrt(float(a @ a) * float(b @ b)) for b in V] for a in V]


def cosines_outer(V):
    lengths = V.norm(dim=1)
    return V @ V.T / torch.outer(lengths, lengths)


def cosines_numpy(V):
    V = V.numpy().astype(np.float64)
    V /= np.linalg.norm(V, axis=1)[:, None]
    return np.einsum("id,jd->ij", V, V)


def cosines_distances(V):
    unit = (V / V.pow(2).sum(1, keepdim=True).sqrt()).double()
    return 1 - torch.cdist(unit, unit, compute_mode="donot_use_mm_for_euclid_dist").square() / 2


def back_loop(weights):
    return [sum(float(head[i, i - 1]) for i in range(1, len(head))) / (len(head) - 1) for head in weights]


def back_index(weights):
    i = torch.arange(1, weights.shape[-1])
    return weights[:, i, i - 1].double().mean(1)


def back_masked(weights):
    n = weights.shape[-1]
    below = torch.eye(n).roll(1, 0).tril()
    return torch.einsum("hij,ij->h", weights, below) / (n - 1)


def back_numpy(weights):
    return np.trace(weights.numpy(), offset=-1, axis1=1, axis2=2) / (weights.shape[1] - 1)


def back_without_first(weights):
    return weights[:, 1:, :-1].diagonal(dim1=-2, dim2=-1).mean(-1).requires_grad_()


def turn_trace(M):
    return 2 * math.pi / math.acos(M.trace() / 2 / math.sqrt(torch.linalg.det(M)))


def turn_numpy(M):
    return 2 * np.pi / np.abs(np.angle(np.linalg.eigvals(M.numpy())))[0]


def turn_polar(M):
    value = torch.linalg.eig(M.double()).eigenvalues[1]
    return 2 * torch.pi / torch.atan2(value.imag, value.real).abs()


def turn_logarithm(M):
    value = torch.linalg.eigvals(M)
    return 2 * torch.pi / value.log().imag.max()


def turn_formula(M):
    """The zeros of the characteristic polynomial, by hand."""
    (a, b), (c, d) = M.tolist()
    half, det = (a + d) / 2, a * d - b * c
    return 360 / math.degrees(math.atan2(math.sqrt(det - half**2), half))


# Lesson 9
def cross_loop(X, Y, W_q, W_k, W_v):
    out = torch.zeros(X.shape)
    for b in range(len(X)):
        keys, values = [y @ W_k for y in Y[b]], [y @ W_v for y in Y[b]]
        for i, x in enumerate(X[b]):
            exps = [math.exp(x @ W_q @ key / math.sqrt(len(key))) for key in keys]
            out[b, i] = sum(e / sum(exps) * value for e, value in zip(exps, values, strict=True))
    return out


def cross_fused(X, Y, W_q, W_k, W_v):
    return F.scaled_dot_product_attention(X @ W_q, Y @ W_k, Y @ W_v)


def cross_einsum(X, Y, W_q, W_k, W_v):
    scores = torch.einsum("bid,de,fe,bjf->bij", X, W_q, W_k, Y) * len(W_q) ** -0.5
    return torch.einsum("bij,bjd,de->bie", scores.softmax(2), Y, W_v)


def cross_linear(X, Y, W_q, W_k, W_v):
    q, k, v = F.linear(X, W_q.T), F.linear(Y, W_k.T), F.linear(Y, W_v.T)
    e = (q @ k.transpose(1, 2) / math.sqrt(X.size(2))).exp()
    return torch.bmm(e / e.sum(2, keepdim=True), v)


def targets_narrow(ids):
    n = ids.shape[1] - 1
    return ids.narrow(1, 0, n), ids.narrow(1, 1, n)


def targets_windows(ids):
    return tuple(ids.unfold(1, 2, 1).unbind(2))


def targets_list(ids):
    return [[row[:-1] for row in ids.tolist()], [row[1:] for row in ids.tolist()]]


def targets_stacked(ids):
    return torch.stack([ids.roll(-shift, 1)[:, :-1] for shift in (0, 1)])


def tempered_power(scores, temperature):
    weights = scores.softmax(-1) ** (1 / temperature)
    return weights / weights.sum(-1, keepdim=True)


def tempered_loop(scores, temperature):
    rows = [[math.exp(score / temperature) for score in row] for row in scores.tolist()]
    return [[e / sum(row) for e in row] for row in rows]


def tempered_categorical(scores, temperature):
    return torch.distributions.Categorical(logits=scores * temperature**-1).probs


def step_fused(query, key, value, keys, values):
    return F.scaled_dot_product_attention(query, torch.cat([keys, key], -2), torch.cat([values, value], -2))


def step_new_first(query, key, value, keys, values):
    """In which order the words stand does not matter, so long as it is the same for both."""
    keys, values = torch.hstack([key, keys]), torch.hstack([value, values])
    return (query @ keys.mT / query.shape[-1] ** 0.5).softmax(2) @ values


def step_merged(query, key, value, keys, values):
    """The past and the new word as two blocks (lesson 6)."""
    past = (query @ keys.mT / math.sqrt(query.shape[-1])).exp()
    new = (query @ key.mT / math.sqrt(query.shape[-1])).exp()
    return (past @ values + new @ value) / (past.sum(-1, keepdim=True) + new)


def step_whole(query, key, value, keys, values):
    """The last row of the whole."""
    k, v = torch.cat([keys, key], 1), torch.cat([values, value], 1)
    q = torch.cat([torch.zeros_like(keys), query], 1)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)[:, -1:]


def past_compared(past, new):
    return torch.arange(past + new) <= past + torch.arange(new)[:, None]


def past_rows(past, new):
    return torch.ones(past + new, past + new).tril().bool()[past:]


def past_joined(past, new):
    return torch.cat([torch.ones(new, past, dtype=torch.bool), torch.ones(new, new).tril().bool()], dim=1)


def past_numpy(past, new):
    return np.tri(new, past + new, past, dtype=bool)


def grouped_fused(queries, keys, values, num_kv_heads):
    return F.scaled_dot_product_attention(queries, keys, values, enable_gqa=True)


def grouped_loop(queries, keys, values, num_kv_heads):
    size, out = queries.shape[1] // num_kv_heads, torch.empty(queries.shape)
    for h in range(queries.shape[1]):
        scores = queries[:, h] @ keys[:, h // size].transpose(1, 2) / math.sqrt(queries.shape[-1])
        out[:, h] = scores.softmax(-1) @ values[:, h // size]
    return out


def grouped_view(queries, keys, values, num_kv_heads):
    groups = queries.unflatten(1, (num_kv_heads, -1))
    scores = groups @ keys[:, :, None].mT / math.sqrt(queries.shape[-1])
    return (scores.softmax(-1) @ values[:, :, None]).flatten(1, 2)


def grouped_einsum(queries, keys, values, num_kv_heads):
    groups = queries.unflatten(1, (num_kv_heads, -1)) * queries.shape[-1] ** -0.5
    weights = torch.einsum("bgrnd,bgmd->bgrnm", groups, keys).softmax(-1)
    return torch.einsum("bgrnm,bgmd->bgrnd", weights, values).reshape(queries.shape)


# Lesson 10
def pressed_loop(positions, trained, wanted):
    return [position.item() * trained / wanted for position in positions]


def pressed_divided(positions, trained, wanted):
    return positions.double() / (wanted / trained)


def pressed_numpy(positions, trained, wanted):
    return np.asarray(positions) * np.float64(trained / wanted)


def larger_base_solved(base, factor, head_dim):
    """From the speed that the last pair shall have."""
    speed = base ** (-(head_dim - 2) / head_dim) / factor
    return speed ** (-head_dim / (head_dim - 2))


def larger_base_logarithm(base, factor, head_dim):
    return math.exp(math.log(base) + math.log(factor) / (1 - 2 / head_dim))


def larger_base_tensor(base, factor, head_dim):
    return torch.tensor(float(base)) * torch.tensor(float(factor)).pow(head_dim / (head_dim - 2))


def parts_loop(speeds, trained, factor):
    turns = [trained * speed.item() / (2 * math.pi) for speed in speeds]
    return [speed.item() if turn >= 1 else speed.item() / factor for speed, turn in zip(speeds, turns, strict=True)]


def parts_wavelength(speeds, trained, factor):
    return speeds / (1 + (factor - 1) * (2 * math.pi / speeds > trained))


def parts_numpy(speeds, trained, factor):
    speeds = np.array(speeds)
    speeds[speeds * trained < 2 * np.pi] /= factor
    return speeds


def window_loop(n, width):
    return torch.tensor([[i - width < j <= i for j in range(n)] for i in range(n)])


def window_triangles(n, width):
    everything = torch.ones(n, n, dtype=torch.bool)
    return everything.tril() & everything.triu(1 - width)


def window_numpy(n, width):
    return np.tri(n, dtype=bool) & ~np.tri(n, k=-width, dtype=bool)


def window_steps(n, width):
    """Whatever is reached in width - 1 single steps back."""
    step = torch.eye(n) + torch.ones(n - 1).diag(-1)
    return torch.linalg.matrix_power(step, width - 1) > 0.5


def _clock(t, half):
    return [f(t / 10000 ** (2 * i / half)) for i in range(half // 2) for f in (math.sin, math.cos)]


def plane_loop(height, width, num_hiddens):
    half = num_hiddens // 2
    return torch.tensor([[_clock(r, half) + _clock(c, half) for c in range(width)] for r in range(height)])


def plane_filled(height, width, num_hiddens):
    P, half = torch.empty(height, width, num_hiddens), num_hiddens // 2
    P[..., :half] = PositionalEncoding(half, 0).P[0, :height, None]
    P[..., half:] = PositionalEncoding(half, 0).P[:, :width]
    return P


def plane_by_patch(height, width, num_hiddens):
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    table = PositionalEncoding(num_hiddens // 2, 0).P[0]
    return torch.cat([table[rows], table[columns]], dim=-1)


def plane_numpy(height, width, num_hiddens):
    r, c = np.indices((height, width))[..., None]
    speeds = 10000.0 ** (-np.arange(0, num_hiddens // 2, 2) / (num_hiddens // 2))
    waves = [np.stack([np.sin(p * speeds), np.cos(p * speeds)], -1).reshape(height, width, -1) for p in (r, c)]
    return np.concatenate(waves, axis=-1)


def rotary_twice(X, rows, columns):
    half = X.shape[-1] // 2
    return torch.cat([rotary_complex(X[..., :half], rows), rotary_complex(X[..., half:], columns)], dim=-1)


def rotary_2d_angles(X, rows, columns):
    """One rotation of the whole vector, with the angles of both axes side by side."""
    quarter = X.shape[-1] // 4
    speeds = 10000.0 ** (-torch.arange(quarter) / quarter)
    angles = torch.cat([torch.outer(rows, speeds), torch.outer(columns, speeds)], dim=-1).double()
    x, y = X.unflatten(-1, (-1, 2)).double().unbind(-1)
    return torch.stack([x * angles.cos() - y * angles.sin(), y * angles.cos() + x * angles.sin()], -1).flatten(-2)


def rotary_2d_loop(X, rows, columns):
    out, half = X.double().clone(), X.shape[-1] // 2
    for n, places in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        for axis, t in enumerate(places):
            for c in range(0, half, 2):
                b, first = t / 10000 ** (c / half), axis * half + c
                x, y = X[..., n, first], X[..., n, first + 1]
                out[..., n, first] = x * math.cos(b) - y * math.sin(b)
                out[..., n, first + 1] = x * math.sin(b) + y * math.cos(b)
    return out


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
    "shift_matrix": [shift_loop, shift_exponential, shift_solved, shift_numpy],
    "rotary": [rotary_complex, rotary_loop, rotary_matrices, rotary_neighbours],
    "alibi_bias": [alibi_loop, alibi_product, alibi_numpy],
    "to_halves": [halves_view, halves_loop, halves_permutation],
    "layer_operations": [operations_loop, operations_tensor, lambda n, d: 4 * n * d * (2 * d + n)],
    "layers_to_see": [layers_grow, layers_search, lambda n, kernel: -((1 - n) // (kernel // 2))],
    "merge": [merge_lse, merge_cases, merge_tensors],
    "key_mask": [mask_loop, mask_list, mask_numpy, mask_tril],
    "causal_valid_lens": [lens_expand, lens_int32, lens_list, lens_numpy],
    "best_chance": [chance_loop, chance_compared, chance_mode, chance_bincount],
    "same_to_mirror": [mirror_loop, mirror_tensor, mirror_numpy, mirror_rounded],
    "accuracy_by_place": [places_loop, places_sum, places_difference, places_numpy],
    "letter_before": [before_search, before_difference, before_sorted, before_attention],
    "layer_norm": [norm_fused, norm_tiny_epsilon, norm_numpy, norm_loop, norm_module],
    "sentence_vectors": [vectors_loop, vectors_einsum, vectors_cumsum, vectors_numpy, vectors_masked],
    "cosines": [cosines_fused, cosines_loop, cosines_outer, cosines_numpy, cosines_distances],
    "one_back": [back_loop, back_index, back_masked, back_numpy, back_without_first],
    "tokens_a_turn": [turn_trace, turn_numpy, turn_polar, turn_logarithm, turn_formula],
    "cross_attention": [cross_loop, cross_fused, cross_einsum, cross_linear],
    "causal_targets": [targets_narrow, targets_windows, targets_list, targets_stacked],
    "sampling_weights": [tempered_power, tempered_loop, tempered_categorical],
    "cached_step": [step_fused, step_new_first, step_merged, step_whole],
    "mask_with_past": [past_compared, past_rows, past_joined, past_numpy],
    "grouped_query_attention": [grouped_fused, grouped_loop, grouped_view, grouped_einsum],
    "interpolate_positions": [pressed_loop, pressed_divided, pressed_numpy],
    "ntk_base": [larger_base_solved, larger_base_logarithm, larger_base_tensor],
    "by_parts": [parts_loop, parts_wavelength, parts_numpy],
    "window_mask": [window_loop, window_triangles, window_numpy, window_steps],
    "sinusoids_2d": [plane_loop, plane_filled, plane_by_patch, plane_numpy],
    "rotary_2d": [rotary_twice, rotary_2d_angles, rotary_2d_loop],
}
