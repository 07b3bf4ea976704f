// Matrix product in registers: C (rows × 64) = A (rows × depth) · B (depth × 64), with B in row-major order.
#pragma once
#include "vector.hpp"

namespace VARIANT {

constexpr Index PANEL = 64;  // contiguous columns of B

#if defined(__AVX512F__)
constexpr int LANES = 16, ACROSS = 4, DOWN = 6;
#elif defined(__AVX2__)
constexpr int LANES = 8, ACROSS = 2, DOWN = 6;
#elif defined(__aarch64__)
constexpr int LANES = 4, ACROSS = 4, DOWN = 6;
#else
constexpr int LANES = 4, ACROSS = 2, DOWN = 6;
#endif

constexpr Index STRIP = ACROSS * LANES;  // columns of B that one pass over the rows of A takes

typedef float Lanes __attribute__((vector_size(LANES * 4), aligned(4)));

// ROWS × COLUMNS vectors of sums stay in registers during the loop over depth. With ADDS they are added to C.
// Rows of A are `a_row` apart, its columns `a_column`.
template <int ROWS, int COLUMNS, bool ADDS>
INLINE void block(const float* a, Index a_row, Index a_column, const float* b, Index b_row, Index depth, float* c,
                  Index c_row) {
    Lanes sums[ROWS][COLUMNS];
    for (int row = 0; row < ROWS; ++row)
        for (int column = 0; column < COLUMNS; ++column)
            sums[row][column] = ADDS ? *(const Lanes*)(c + row * c_row + column * LANES) : Lanes{};
    for (Index k = 0; k < depth; ++k, b += b_row) {
        Lanes across[COLUMNS];
        for (int column = 0; column < COLUMNS; ++column) across[column] = *(const Lanes*)(b + column * LANES);
        for (int row = 0; row < ROWS; ++row) {
            const Lanes one = a[row * a_row + k * a_column] - Lanes{};
            for (int column = 0; column < COLUMNS; ++column) sums[row][column] += one * across[column];
        }
    }
    for (int row = 0; row < ROWS; ++row)
        for (int column = 0; column < COLUMNS; ++column)
            *(Lanes*)(c + row * c_row + column * LANES) = sums[row][column];
}

// `panel`: depth × SIZE, row-major; if IN_STRIPS: SIZE / STRIP times depth × STRIP. A strip then lies in one piece, and
// uses all sets of the nearest cache.
template <bool ADDS, Index SIZE = PANEL, bool IN_STRIPS = false>
inline void product(const float* a, Index a_row, Index rows, const float* panel, Index depth, float* c, Index c_row) {
    constexpr int COLUMNS = SIZE / LANES < ACROSS ? SIZE / LANES : ACROSS;
    constexpr Index b_row = IN_STRIPS ? STRIP : SIZE;
    for (Index at = 0; at < SIZE; at += COLUMNS * LANES) {
        const float* b = panel + (IN_STRIPS ? at * depth : at);
        Index row = 0;
        for (; row + DOWN <= rows; row += DOWN)
            block<DOWN, COLUMNS, ADDS>(a + row * a_row, a_row, 1, b, b_row, depth, c + row * c_row + at, c_row);
        const float* rest = a + row * a_row;
        float* end = c + row * c_row + at;
        switch (rows - row) {
            case 1: block<1, COLUMNS, ADDS>(rest, a_row, 1, b, b_row, depth, end, c_row); break;
            case 2: block<2, COLUMNS, ADDS>(rest, a_row, 1, b, b_row, depth, end, c_row); break;
            case 3: block<3, COLUMNS, ADDS>(rest, a_row, 1, b, b_row, depth, end, c_row); break;
            case 4: block<4, COLUMNS, ADDS>(rest, a_row, 1, b, b_row, depth, end, c_row); break;
            case 5: block<5, COLUMNS, ADDS>(rest, a_row, 1, b, b_row, depth, end, c_row); break;
        }
    }
}

}  // namespace VARIANT
