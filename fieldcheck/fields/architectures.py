"""Blocks of real networks, built from potentials where they have one.

Shapes: tokens X are N x C (one a row); the heads' Q and K are stacked, H x C x r; U is C x m and b
has m entries; a signal of a convolution is c x n (channels by places), its kernel k x c x w with
odd w.  Sources: A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019);
L. Ruthotto and E. Haber, "Deep Neural Networks Motivated by Partial Differential Equations" (2018);
W. Peebles and S. Xie, "Scalable Diffusion Models with Transformers" (2022).
"""

from __future__ import annotations

from typing import Any


def weights(xp, X, Q, K, root_r, causal: bool = False) -> Any:
    """Attention weights of each head, N x N; zero above the diagonal if causal."""
    S = X @ Q @ K.T @ X.T / root_r
    if not causal:
        return xp.softmax(S, axis=-1)
    n, heads = X.shape[0], S.shape[:-2]
    rows = [
        xp.concat([xp.softmax(S[..., j, : j + 1], axis=-1), xp.zeros(*heads, n - 1 - j)], axis=-1)
        if j < n - 1
        else xp.softmax(S[..., j, :], axis=-1)
        for j in range(n)
    ]
    return xp.stack(rows, axis=-2)


def free_energy(xp, X, Q, K, root_r, causal: bool = False) -> Any:
    """√r Σ_j log Σ_k exp⟨x_j Q, x_k K⟩/√r of all heads, over the keys that j may see."""
    S = X @ Q @ K.T @ X.T / root_r
    if not causal:
        return root_r * xp.sum(xp.logsumexp(S, axis=-1))
    rows = [xp.logsumexp(S[..., j, : j + 1], axis=-1) for j in range(X.shape[0])]
    return root_r * xp.sum(xp.stack(rows))


def mlp_energy(xp, X, U, b) -> Any:
    """½‖(XU + b)_+‖²."""
    return xp.sum(xp.relu(X @ U + b) ** 2) / 2


def block_energy(xp, X, Q, K, U, b, root_r, causal: bool = False) -> Any:
    """The potential of a whole block: the heads' free energies and the MLP's half square."""
    return mlp_energy(xp, X, U, b) + free_energy(xp, X, Q, K, root_r, causal)


def attention(xp, X, Q, K, V, O, root_r, causal: bool = False) -> Any:
    """Σ_h Softmax(X Q_h K_h^T X^T/√r) X V_h O_h^T, as in the engineering literature."""
    return xp.sum(weights(xp, X, Q, K, root_r, causal) @ X @ V @ O.T, axis=0)


def centre(xp, x) -> Any:
    """x minus the mean of its last axis."""
    return x - xp.expand(xp.sum(x, axis=-1), -1) / x.shape[-1]


def layer_norm(xp, x, eps) -> Any:
    """Centred and divided by sqrt(variance + eps), along the last axis; no gain, no bias."""
    y = centre(xp, x)
    variance = xp.sum(y * y, axis=-1) / x.shape[-1]
    return y / xp.expand(xp.sqrt(variance + eps), -1)


def tanh_gelu(xp, t, s, c) -> Any:
    """½ t (1 + tanh(s (t + c t³))); GPT-2 has s = sqrt(2/π), c = 0.044715."""
    return t * (1 + xp.tanh(s * (t + c * t * t * t))) / 2


def convolve(xp, x, kernel) -> Any:
    """y_a(i) = Σ_b Σ_d kernel[a, b, d] x_b(i + d - w//2), zero outside; c x n to k x n."""
    n, w = x.shape[1], kernel.shape[2]
    pad = xp.zeros(x.shape[0], w // 2)
    wide = x if w == 1 else xp.concat([pad, x, pad], axis=1)
    terms = [kernel[:, :, d] @ wide[:, d : d + n] for d in range(w)]
    return sum(terms[1:], terms[0])


def convolve_back(xp, y, kernel) -> Any:
    """The transpose: x_b(i) = Σ_a Σ_d kernel[a, b, d] y_a(i - d + w//2); k x n to c x n."""
    n, w = y.shape[1], kernel.shape[2]
    pad = xp.zeros(y.shape[0], w // 2)
    wide = y if w == 1 else xp.concat([pad, y, pad], axis=1)
    terms = [kernel[:, :, w - 1 - d].T @ wide[:, d : d + n] for d in range(w)]
    return sum(terms[1:], terms[0])


def posterior_mean(xp, x, Y, variance) -> Any:
    """E[y | x] for y uniform over the rows of Y (M x d) and x = y + noise of that variance."""
    density = xp.exp(-xp.sum((x[None, :] - Y) ** 2, axis=1) / (2 * variance))
    return density @ Y / xp.sum(density)


def data_attention(xp, x, Y, variance) -> Any:
    """Softmax attention: query x, keys and values Y, temperature σ², key bias -‖y_i‖²/(2σ²)."""
    return xp.softmax((Y @ x - xp.sum(Y * Y, axis=1) / 2) / variance, axis=-1) @ Y
