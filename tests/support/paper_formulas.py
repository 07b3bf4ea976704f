"""The formulas of the papers in float64 numpy, written from the papers, not from brushwork.

Features are F[i, p]: filter i at position p, as the papers index them.
"""

from __future__ import annotations

import numpy as np


def content(features, target):
    """L_content = ½ Σ (F − P)². Source: CVPR 2016, eq. 1."""
    return 0.5 * sum(
        (features[i, p] - target[i, p]) ** 2 for i in range(features.shape[0]) for p in range(features.shape[1])
    )


def content_gradient(features, target):
    """∂L/∂F = F − P where F > 0, else 0. Source: CVPR 2016, eq. 2."""
    return np.where(features > 0, features - target, 0.0)


def gram(features):
    """G_ij = Σ_k F_ik F_jk. Source: CVPR 2016, eq. 3."""
    filters = features.shape[0]
    found = np.zeros((filters, filters))
    for i in range(filters):
        for j in range(filters):
            found[i, j] = sum(a * b for a, b in zip(features[i], features[j], strict=True))
    return found


def style_layer(features, painting):
    """E_l = 1/(4 N² M²) Σ (G − A)². Source: CVPR 2016, eq. 4 (both pictures of one size)."""
    filters, positions = features.shape
    return ((gram(features) - gram(painting)) ** 2).sum() / (4 * filters**2 * positions**2)


def style_layer_gradient(features, painting):
    """∂E/∂F_ij = 1/(N² M²) (Fᵀ(G − A))_ji where F > 0, else 0. Source: CVPR 2016, eq. 6.

    1505.07376 prints the other sign; that is a misprint.
    """
    filters, positions = features.shape
    inner = (features.T @ (gram(features) - gram(painting))).T / (filters**2 * positions**2)
    return np.where(features > 0, inner, 0.0)


def spread_layer(features, painting):
    """1/N ‖μ − μ*‖² + 1/N ‖σ − σ*‖², σ² = G_ii/M − μ². Source: 2212.13459 and its program."""

    def moments(f):
        mean = f.sum(1) / f.shape[1]
        return mean, np.sqrt(np.diag(gram(f)) / f.shape[1] - mean**2)

    (mean, std), (mean_target, std_target) = moments(features), moments(painting)
    return ((mean - mean_target) ** 2).mean() + ((std - std_target) ** 2).mean()


def spread_layer_gradient(features, painting):
    """2/(N M) (μ − μ*) + 2/(N M) (F − μ)(σ − σ*)/σ. Source: the program of 2212.13459."""
    filters, positions = features.shape
    mean, std = features.mean(1, keepdims=True), features.std(1, keepdims=True)
    mean_target, std_target = painting.mean(1, keepdims=True), painting.std(1, keepdims=True)
    means = np.broadcast_to(mean - mean_target, features.shape)
    return 2 / (filters * positions) * (means + (features - mean) * (std - std_target) / std)
