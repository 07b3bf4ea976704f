// Winograd's minimal filtering of 3×3 kernels: tiles of M×M outputs from (M+2)×(M+2) inputs (1509.09308).
// Interpolation points: 0, ±p for PAIRS values p, ∞. Even and odd parts of a polynomial at ±p are computed once.
#pragma once
#include "vector.hpp"

namespace VARIANT {

template <int PAIRS>
struct Points;

// Chosen for the least rounding error among the sets {c, 1/c} and {1, c, 1/c}.
template <>
struct Points<2> {
    static constexpr float at[2] = {0.70710678f, 1.41421356f};
};

template <>
struct Points<3> {
    static constexpr float at[3] = {1, 0.45f, 1 / 0.45f};
};

template <int PAIRS>
constexpr float square(int pair) {
    return Points<PAIRS>::at[pair] * Points<PAIRS>::at[pair];
}

// 1 / Π over the other points: the factor of the kernel's transform at ±p.
template <int PAIRS>
constexpr float share(int pair) {
    float found = 2 * square<PAIRS>(pair);
    for (int other = 0; other < PAIRS; ++other)
        if (other != pair) found *= square<PAIRS>(pair) - square<PAIRS>(other);
    return 1 / found;
}

// Values d at M+2 positions → the transform at 0, +p, −p …, ∞. Strides count in vectors.
template <int PAIRS>
INLINE void transform_values(const Floats* d, int step, Floats* t, int t_step) {
    if constexpr (PAIRS == 2) {
        constexpr float a = square<2>(0), b = square<2>(1);
        const Floats d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step];
        t[0] = d4 - (a + b) * d2 + a * b * d[0];
        t[5 * t_step] = d[5 * step] - (a + b) * d3 + a * b * d[step];
        for (int pair = 0; pair < 2; ++pair) {
            const float other = square<2>(1 - pair), p = Points<2>::at[pair];
            const Floats even = d4 - other * d2, odd = (d3 - other * d[step]) * p;
            t[(1 + 2 * pair) * t_step] = even + odd;
            t[(2 + 2 * pair) * t_step] = even - odd;
        }
    } else {
        constexpr float a = square<3>(0), b = square<3>(1), c = square<3>(2);
        constexpr float one = a + b + c, two = a * b + a * c + b * c, three = a * b * c;
        t[0] = d[6 * step] - one * d[4 * step] + two * d[2 * step] - three * d[0];
        t[7 * t_step] = d[7 * step] - one * d[5 * step] + two * d[3 * step] - three * d[step];
        for (int pair = 0; pair < 3; ++pair) {
            const float u = square<3>((pair + 1) % 3), v = square<3>((pair + 2) % 3), p = Points<3>::at[pair];
            const Floats even = d[6 * step] - (u + v) * d[4 * step] + u * v * d[2 * step];
            const Floats odd = d[5 * step] - (u + v) * d[3 * step] + u * v * d[step];
            t[(1 + 2 * pair) * t_step] = even + p * odd;
            t[(2 + 2 * pair) * t_step] = even - p * odd;
        }
    }
}

// The transform's result m at 0, +p, −p …, ∞ → M outputs y.
template <int PAIRS>
INLINE void transform_back(const Floats* m, int step, Floats* y, int y_step) {
    constexpr int M = 2 * PAIRS;
    Floats sums[PAIRS], differences[PAIRS];
    for (int pair = 0; pair < PAIRS; ++pair) {
        sums[pair] = m[(1 + 2 * pair) * step] + m[(2 + 2 * pair) * step];
        differences[pair] = m[(1 + 2 * pair) * step] - m[(2 + 2 * pair) * step];
    }
    for (int cell = 0; cell < M; ++cell) {
        Floats found = cell == 0 ? m[0] : cell == M - 1 ? m[(M + 1) * step] : Floats{};
        for (int pair = 0; pair < PAIRS; ++pair) {
            float power = 1;
            for (int factor = 0; factor < cell; ++factor) power *= Points<PAIRS>::at[pair];
            found += power * (cell % 2 ? differences[pair] : sums[pair]);
        }
        y[cell * y_step] = found;
    }
}

// Three taps g of a kernel → one of its M+2 transformed values.
template <int PAIRS>
INLINE Floats transform_taps(Floats g0, Floats g1, Floats g2, int place) {
    if (place == 0) {
        float product = 1;
        for (int pair = 0; pair < PAIRS; ++pair) product *= -square<PAIRS>(pair);
        return g0 * (1 / product);
    }
    if (place == 2 * PAIRS + 1) return g2;
    const int pair = (place - 1) / 2;
    const float p = place % 2 ? Points<PAIRS>::at[pair] : -Points<PAIRS>::at[pair];
    return (g0 + p * g1 + p * p * g2) * share<PAIRS>(pair);
}

}  // namespace VARIANT
