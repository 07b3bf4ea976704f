// Pooling of a map that is itself needed, and its gradient. (Elsewhere pooling is fused into the output of the map.)
#pragma once
#include "output.hpp"
#include "threads.hpp"

namespace VARIANT {

// Here `input` and `output` have `outputs` channels.
inline void pool_map(const Layer& layer) {
    const Index high = (layer.last - layer.first + 1) / 2;
    const auto row_of = [&](Index item, int) {
        const Index picture = item / high, row = layer.first + item % high * 2;
        for (Index column = 0; column < layer.columns; column += 2) {
            const Tile tile = {picture, row, column};
            const Part part = {least(2, layer.last - row), least(2, layer.columns - column)};
            for (Index channel = 0; channel < layer.outputs; channel += VECTORS * WIDTH) {
                Floats y[VECTORS][4] = {};
                for (Index i = 0; i < part.rows; ++i)
                    for (Index j = 0; j < part.columns; ++j) {
                        const Index cell = (picture * layer.rows + row + i) * layer.columns + column + j;
                        const float* at = layer.input + cell * layer.outputs + channel;
                        for (int vector = 0; vector < VECTORS; ++vector) y[vector][2 * i + j] = load(at + vector * WIDTH);
                    }
                if (layer.pool == 1) write_pooled<2, true>(layer, tile, part, channel, y);
                else write_pooled<2, false>(layer, tile, part, channel, y);
            }
        }
    };
    SHARE(row_of, layer.batch * high, layer.threads);
}

inline void unpool_map(const Layer& layer) {
    const Index words = layer.outputs / WIDTH, high = layer.last - layer.first;
    const auto row_of = [&](Index item, int) {
        const Index picture = item / high, row = layer.first + item % high;
        for (Index column = 0; column < layer.columns; ++column) {
            const Index cell = (picture * layer.rows + row) * layer.columns + column;
            const bool kept = row / 2 < layer.pooled_rows && column / 2 < layer.pooled_columns;
            const Index from = (picture * layer.pooled_rows + row / 2) * layer.pooled_columns + column / 2;
            const float scale = layer.unpool == 2 ? part(row, layer.rows) * part(column, layer.columns) : 1.0f;
            for (Index word = 0; word < words; ++word) {
                Floats value = layer.add ? load(layer.add + (cell * words + word) * WIDTH) : Floats{};
                if (kept)
                    value += scale * load_where(input_mask_of(layer)[cell * words + word],
                                                layer.input + (from * words + word) * WIDTH);
                store(layer.output + (cell * words + word) * WIDTH, value);
            }
        }
    };
    SHARE(row_of, layer.batch * high, layer.threads);
}

}  // namespace VARIANT
