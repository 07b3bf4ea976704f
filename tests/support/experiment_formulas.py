"""The formulas of the experiments' papers in float64 numpy, in their naive forms, written from the papers.

Features are f[i, y, x]: channel i at row y and column x.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg


def cells(features):
    """Every position of a map."""
    return np.ndindex(features.shape[1:])


def local_gram(features, y, x, weights):
    """𝒢_ij(x, y) = Σ w(dx, dy) F_i(x+dx, y+dy) F_j(x+dx, y+dy). Source: 1602.07188, localized style."""
    half, found = len(weights) // 2, np.zeros((len(features),) * 2)
    for dy in range(-half, half + 1):
        for dx in range(-half, half + 1):
            if 0 <= y + dy < features.shape[1] and 0 <= x + dx < features.shape[2]:
                vector = features[:, y + dy, x + dx]
                found += weights[dy + half, dx + half] * np.outer(vector, vector)
    return found


def localized(features, painting, weights):
    """Σ_xy ‖𝒢(x, y) − A(x, y)‖². Source: 1602.07188."""
    return sum(
        ((local_gram(features, *p, weights) - local_gram(painting, *p, weights)) ** 2).sum() for p in cells(features)
    )


def covariance_sums(features, content, weights):
    """Σ_xy 𝓕_k(x, y) 𝒢_ij(x, y). Source: 1602.07188, style-content covariance."""
    found = np.zeros((len(content), len(features), len(features)))
    for p in cells(features):
        found += content[:, *p][:, None, None] * local_gram(features, *p, weights)
    return found


def guided_gram(features, mask):
    """G = (T∘F)(T∘F)ᵀ/M, T scaled so that mean(T²) = 1. Source: 1611.07865 and its program."""
    scaled = mask / np.sqrt((mask**2).mean())
    masked = (features * scaled).reshape(len(features), -1)
    return masked @ masked.T / masked.shape[1]


def gaussian(features):
    """Mean and biased covariance."""
    columns = features.reshape(len(features), -1)
    return columns.mean(1), np.cov(columns, bias=True)


def wasserstein_of_gaussians(one, other):
    """‖μ − μ*‖² + tr(Σ + Σ* − 2(Σ*^½ Σ Σ*^½)^½). Source: Dowson & Landau 1982."""
    (mean, covariance), (mean_target, target) = one, other
    root = scipy.linalg.sqrtm(target).real
    crossed = scipy.linalg.sqrtm(root @ covariance @ root).real
    return ((mean - mean_target) ** 2).sum() + np.trace(covariance + target - 2 * crossed)


def wasserstein_on_a_line(one, other):
    """Mean squared difference of sorted numbers, each repeated to a common number. Source: 2006.07229, eq. 3."""
    common = np.lcm(len(one), len(other))
    repeated = (np.repeat(np.sort(numbers), common // len(numbers)) for numbers in (one, other))
    return ((next(repeated) - next(repeated)) ** 2).mean()


def patches(features, side, stride):
    """All patches of side × side that lie in the map, every `stride` cells."""
    rows, columns = ((length - side) // stride + 1 for length in features.shape[1:])
    return [
        features[:, y * stride : y * stride + side, x * stride : x * stride + side].ravel()
        for y in range(rows)
        for x in range(columns)
    ]


def nearest_patches(features, paintings, side=3, stride=1):
    """Σ ‖Ψ_i − Ψ_NN(i)‖², NN by normalized cross-correlation. Source: 1601.04589, eq. 2 and 3."""
    known = [patch for painting in paintings for patch in patches(painting, side, stride)]
    total = 0.0
    for patch in patches(features, side, stride):
        correlations = [patch @ other / (np.linalg.norm(patch) * np.linalg.norm(other)) for other in known]
        total += ((patch - known[int(np.argmax(correlations))]) ** 2).sum()
    return total
