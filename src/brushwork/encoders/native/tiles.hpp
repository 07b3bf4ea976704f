// Tiles of a map: the places from which their positions are read, and to which they are written.
#pragma once
#include "layer.hpp"
#include "winograd.hpp"

namespace VARIANT {

INLINE Bits* mask_of(const Layer& layer) { return (Bits*)layer.mask; }
INLINE const Bits* input_mask_of(const Layer& layer) { return (const Bits*)layer.input_mask; }

// Addresses of one tile's inputs; at most 8 along a side.
struct Sources {
    const float* at[64];
    const Bits* mask[64];
    float scale[64];
};

struct Tile {
    Index picture, row, column;  // of its first output
};

alignas(64) inline const float NOTHING[8192] = {};
inline const Bits NONE[8192 / WIDTH] = {};

// The adjoint of mirroring covers one more position on each side; above and below only at the ends of the map.
INLINE Index ring(const Layer& layer) { return layer.border == 2 ? 1 : 0; }
INLINE Index ring_above(const Layer& layer) { return layer.first == 0 ? ring(layer) : 0; }
INLINE Index ring_below(const Layer& layer) { return layer.last == layer.rows ? ring(layer) : 0; }

struct Grid {
    Index tile, top, left, high, wide, count;

    explicit Grid(const Layer& layer) {
        tile = layer.tile;
        top = layer.first - ring_above(layer);
        left = -ring(layer);
        high = (layer.last + ring_below(layer) - top + tile - 1) / tile;
        wide = (layer.columns + 2 * ring(layer) + tile - 1) / tile;
        count = layer.batch * high * wide;
    }

    Tile operator[](Index index) const {
        const Index picture = index / (high * wide), place = index % (high * wide);
        return {picture, top + place / wide * tile, left + place % wide * tile};
    }
};

// The position to read at `at`; −1 for none.
INLINE Index seen(Index at, Index size, bool mirrored) {
    if (mirrored) at = at < 0 ? -at : at >= size ? 2 * size - 2 - at : at;
    return at < 0 || at >= size ? -1 : at;
}

// Weight of a position in a mean over a window that may extend over the border.
INLINE float part(Index at, Index size) { return at % 2 == 0 && at == size - 1 ? 1.0f : 0.5f; }

template <int SIDE>
inline void find_sources(const Layer& layer, const Tile& tile, Sources& found) {
    const bool mirrored = layer.border == 1;
    const Index halved = layer.unpool ? 1 : 0;
    const Index high = halved ? layer.pooled_rows : layer.rows, wide = halved ? layer.pooled_columns : layer.columns;
    const float* picture = layer.input + tile.picture * high * wide * layer.inputs;
    for (int i = 0; i < SIDE; ++i)
        for (int j = 0; j < SIDE; ++j) {
            const int place = i * SIDE + j;
            const Index row = seen(tile.row - 1 + i, layer.rows, mirrored);
            const Index column = seen(tile.column - 1 + j, layer.columns, mirrored);
            const bool none = row < 0 || column < 0 || row >> halved >= high || column >> halved >= wide;
            found.at[place] = none ? NOTHING : picture + ((row >> halved) * wide + (column >> halved)) * layer.inputs;
            found.scale[place] = layer.unpool == 2 ? part(row, layer.rows) * part(column, layer.columns) : 1.0f;
            if (layer.input_mask) {
                const Index cell = (tile.picture * layer.rows + row) * layer.columns + column;
                found.mask[place] = none ? NONE : input_mask_of(layer) + cell * (layer.inputs / WIDTH);
            }
        }
}

// Prefetches the additional inputs of the tile to the right while this one is computed.
template <int SIDE>
INLINE void fetch_ahead(const Sources& sources, Index channels, Index channel) {
    for (int row = 0; row < SIDE; ++row) {
        const float* last = sources.at[row * SIDE + SIDE - 1] + channel;
        for (int column = 1; column <= SIDE - 2; ++column) __builtin_prefetch(last + column * channels);
    }
}

// MASKED: 0: all inputs; 1: inputs selected by the mask; 2: the same, times a scale.
template <int PAIRS, int MASKED>
inline void transform_tile(const Sources& sources, Index channels, float* values, Index place_step) {
    constexpr int SIDE = 2 * PAIRS + 2;
    for (Index channel = 0; channel < channels; channel += WIDTH) {
        Floats half[SIDE * SIDE];
        fetch_ahead<SIDE>(sources, channels, channel);
        for (int column = 0; column < SIDE; ++column) {
            Floats cells[SIDE];
            for (int row = 0; row < SIDE; ++row) {
                const int place = row * SIDE + column;
                if (MASKED == 0) cells[row] = load(sources.at[place] + channel);
                else cells[row] = load_where(sources.mask[place][channel / WIDTH], sources.at[place] + channel);
                if (MASKED == 2) cells[row] *= sources.scale[place];
            }
            transform_values<PAIRS>(cells, 1, half + column, SIDE);
        }
        for (int row = 0; row < SIDE; ++row) {
            Floats whole[SIDE];
            transform_values<PAIRS>(half + row * SIDE, 1, whole, 1);
            for (int column = 0; column < SIDE; ++column)
                store(values + (row * SIDE + column) * place_step + channel, whole[column]);
        }
    }
}

}  // namespace VARIANT
