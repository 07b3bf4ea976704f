// Output of transformed tiles to the map: bias, rectification, masks, pooling, and the ring of mirrored padding's adjoint.
#pragma once
#include "tiles.hpp"

namespace VARIANT {

// Number of vectors in a cache line. They are written one after another, so that a line of a map that is written past the
// caches goes to memory once.
constexpr int VECTORS = 64 / sizeof(Floats);

// Rows and columns of a tile that are requested.
struct Part {
    Index rows, columns;
};

// Maps larger than the caches are written past them, so that what they replace is not read, and nothing is displaced.
INLINE void put(const Layer& layer, float* at, Floats value) {
    constexpr Index LARGE = 1'000'000;
    if (layer.rows * layer.columns * layer.outputs > LARGE) stream(at, value);
    else store(at, value);
}

// Outputs y of a tile: M × M positions of each vector.
template <int M>
using Outputs = const Floats (*)[M * M];

template <int M>
INLINE void write_map(const Layer& layer, const Tile& tile, Part part, Index channel, Outputs<M> y) {
    for (Index i = 0; i < part.rows; ++i)
        for (Index j = 0; j < part.columns; ++j) {
            const Index cell = (tile.picture * layer.rows + tile.row + i) * layer.columns + tile.column + j;
            for (int vector = 0; vector < VECTORS; ++vector) {
                const Index at = cell * layer.outputs + channel + vector * WIDTH;
                Floats value = y[vector][i * M + j];
                if (layer.add) value += load(layer.add + at);
                if (layer.mask) mask_of(layer)[at / WIDTH] = greater(value, Floats{});
                if (layer.rectify) value = larger(value, Floats{});
                put(layer, layer.output + at, value);
            }
        }
}

// Adjoint of mirroring: positions outside go to the rim, in the order above, below, left, right.
template <int M>
INLINE void write_ring(const Layer& layer, const Tile& tile, Index channel, Outputs<M> y) {
    const Index long_side = layer.columns + 2, around = 2 * (long_side + layer.rows);
    float* rim = layer.rim + tile.picture * around * layer.outputs + channel;
    for (Index i = 0; i < M && tile.row + i < layer.last + ring_below(layer); ++i)
        for (Index j = 0; j < M && tile.column + j <= layer.columns; ++j) {
            const Index row = tile.row + i, column = tile.column + j;
            float* outside = nullptr;
            if (row < 0 || row == layer.rows) {
                outside = rim + ((row < 0 ? 0 : long_side) + column + 1) * layer.outputs;
            } else if (column < 0 || column == layer.columns) {
                const Index side = 2 * long_side + (column < 0 ? 0 : layer.rows);
                outside = rim + (side + row) * layer.outputs;
            }
            const Index at = ((tile.picture * layer.rows + row) * layer.columns + column) * layer.outputs + channel;
            for (int vector = 0; vector < VECTORS; ++vector) {
                const Index there = at + vector * WIDTH;
                const Floats value = y[vector][i * M + j];
                if (outside) store(outside + vector * WIDTH, value);
                else put(layer, layer.output + there, layer.add ? value + load(layer.add + there) : value);
            }
        }
}

// Pools the positions of a tile that begin at (i, j): at most 2 × 2 of them.
template <int M, bool MAXIMUM>
INLINE void write_pool(const Layer& layer, const Tile& tile, Part part, Index i, Index j, Index channel, const Floats* y) {
    const Index words = layer.outputs / WIDTH, map = tile.picture * layer.rows;
    const Index down = least(2, part.rows - i), across = least(2, part.columns - j);
    const Index row = (tile.row + i) / 2, column = (tile.column + j) / 2;
    const bool kept = row < layer.pooled_rows && column < layer.pooled_columns;
    Floats best{};
    for (Index a = 0; a < down; ++a)
        for (Index b = 0; b < across; ++b) {
            const Floats one = larger(y[(i + a) * M + j + b], Floats{});
            best = MAXIMUM ? larger(best, one) : best + one;
        }
    if (!MAXIMUM) best *= 1.0f / float(down * across);
    if (layer.mask) {
        Bits open = MAXIMUM ? greater(best, Floats{}) : Bits(~0);
        if (!kept) open = 0;
        for (Index a = 0; a < down; ++a)
            for (Index b = 0; b < across; ++b) {
                const Floats one = y[(i + a) * M + j + b];
                const Bits passes = open & (MAXIMUM ? equal(one, best) : greater(one, Floats{}));
                if (MAXIMUM) open &= Bits(~passes);  // the first of equal values
                const Index cell = (map + tile.row + i + a) * layer.columns + tile.column + j + b;
                mask_of(layer)[cell * words + channel / WIDTH] = passes;
            }
    }
    if (!kept) return;
    const Index cell = (tile.picture * layer.pooled_rows + row) * layer.pooled_columns + column;
    put(layer, layer.output + cell * layer.outputs + channel, best);
}

template <int M, bool MAXIMUM>
INLINE void write_pooled(const Layer& layer, const Tile& tile, Part part, Index channel, Outputs<M> y) {
    for (Index i = 0; i < part.rows; i += 2)
        for (Index j = 0; j < part.columns; j += 2)
            for (int vector = 0; vector < VECTORS; ++vector)
                write_pool<M, MAXIMUM>(layer, tile, part, i, j, channel + vector * WIDTH, y[vector]);
}

// Transforms the products of one tile and a vector of output channels back, and adds the channels' bias.
template <int PAIRS>
INLINE void transform_products(const float* products, Index place_step, Floats bias, Floats* y) {
    constexpr int M = 2 * PAIRS, SIDE = M + 2;
    Floats half[M * SIDE];
    for (int column = 0; column < SIDE; ++column) {
        Floats cells[SIDE];
        for (int row = 0; row < SIDE; ++row) cells[row] = load(products + (row * SIDE + column) * place_step);
        transform_back<PAIRS>(cells, 1, half + column, SIDE);
    }
    for (int row = 0; row < M; ++row) {
        Floats cells[M];
        transform_back<PAIRS>(half + row * SIDE, 1, cells, 1);
        for (int column = 0; column < M; ++column) y[row * M + column] = cells[column] + bias;
    }
}

// `products`: of one tile and 64 output channels, with its points `place_step` apart.
template <int PAIRS>
inline void finish_tile(const Layer& layer, const Tile& tile, const float* products, Index place_step, Index first) {
    constexpr int M = 2 * PAIRS;
    const Part part = {least(M, layer.last - tile.row), least(M, layer.columns - tile.column)};
    for (Index channel = 0; channel < 64; channel += VECTORS * WIDTH) {
        Floats y[VECTORS][M * M];
        for (int vector = 0; vector < VECTORS; ++vector) {
            const Index at = channel + vector * WIDTH;
            const Floats bias = layer.bias ? load(layer.bias + first + at) : Floats{};
            transform_products<PAIRS>(products + at, place_step, bias, y[vector]);
        }
        if (layer.border == 2) write_ring<M>(layer, tile, first + channel, y);
        else if (layer.pool == 1) write_pooled<M, true>(layer, tile, part, first + channel, y);
        else if (layer.pool == 2) write_pooled<M, false>(layer, tile, part, first + channel, y);
        else write_map<M>(layer, tile, part, first + channel, y);
    }
}

// Adds values outside the map to the positions that they mirror.
inline void fold_rim(const Layer& layer) {
    const Index c = layer.outputs, long_side = layer.columns + 2, around = 2 * (long_side + layer.rows);
    const auto add = [&](float* to, const float* from) {
        for (Index channel = 0; channel < c; channel += WIDTH)
            store(to + channel, load(to + channel) + load(from + channel));
    };
    for (Index picture = 0; picture < layer.batch; ++picture) {
        const float* rim = layer.rim + picture * around * c;
        float* map = layer.output + picture * layer.rows * layer.columns * c;
        for (Index side = 0; side < 2; ++side) {
            if (!(side ? ring_below(layer) : ring_above(layer))) continue;
            float* row = map + (side ? layer.rows - 2 : 1) * layer.columns * c;
            const float* from = rim + side * long_side * c;
            for (Index column = -1; column <= layer.columns; ++column)
                add(row + seen(column, layer.columns, true) * c, from + (column + 1) * c);
        }
        for (Index side = 0; side < 2; ++side) {
            const float* from = rim + (2 * long_side + side * layer.rows) * c;
            const Index column = side ? layer.columns - 2 : 1;
            for (Index row = layer.first; row < layer.last; ++row) add(map + (row * layer.columns + column) * c, from + row * c);
        }
    }
}

}  // namespace VARIANT
