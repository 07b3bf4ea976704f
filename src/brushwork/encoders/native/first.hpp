// The first convolution, computed directly (three planes in, a multiple of 64 channels out), and its input's gradient.
#pragma once
#include "product.hpp"
#include "threads.hpp"
#include "tiles.hpp"

namespace VARIANT {

constexpr Index PLANES = 3, TAPS = 9 * PLANES, TAPS_ROOM = 32;
constexpr Index ROWS_TOGETHER = 8;

// Gathers the inputs of a row of outputs, as columns × 27 values; taps as rows, columns, planes.
inline void gather_row(const Layer& layer, const float* planes, Index row, float* seen_values) {
    for (Index tap = 0; tap < TAPS; ++tap) {
        const Index plane = tap % PLANES;
        const Index from = seen(row + tap / 9 - 1, layer.rows, layer.border == 1);
        const float* at = planes + (plane * layer.rows + (from < 0 ? 0 : from)) * layer.columns;
        const Index shift = tap / PLANES % 3 - 1;
        for (Index column = 0; column < layer.columns; ++column) {
            Index there = column + shift;
            if (there < 0 || there >= layer.columns) there = seen(there, layer.columns, layer.border == 1);
            seen_values[column * TAPS + tap] = from < 0 || there < 0 ? 0.0f : at[there];
        }
    }
}

inline void rectify_row(const Layer& layer, Index panel, float* row, Bits* mask) {
    for (Index column = 0; column < layer.columns; ++column)
        for (Index channel = panel * PANEL; channel < (panel + 1) * PANEL; channel += WIDTH) {
            const Index at = column * layer.outputs + channel;
            const Floats value = load(row + at) + load(layer.bias + channel);
            if (mask) mask[at / WIDTH] = greater(value, Floats{});
            store(row + at, larger(value, Floats{}));
        }
}

// `weight`: panels of 27 × 64.
inline void convolve_first(const Layer& layer) {
    const Index high = layer.last - layer.first;
    const auto row_of = [&](Index item, int worker) {
        float* values = layer.scratch + worker * layer.columns * TAPS_ROOM;
        const Index picture = item / high, row = layer.first + item % high;
        gather_row(layer, layer.input + picture * PLANES * layer.rows * layer.columns, row, values);
        const Index at = (picture * layer.rows + row) * layer.columns * layer.outputs;
        for (Index panel = 0; panel < layer.outputs / PANEL; ++panel) {
            product<false>(values, TAPS, layer.columns, layer.weight + panel * TAPS * PANEL, TAPS,
                           layer.output + at + panel * PANEL, layer.outputs);
            rectify_row(layer, panel, layer.output + at, layer.mask ? mask_of(layer) + at / WIDTH : nullptr);
        }
    };
    SHARE(row_of, layer.batch * high, layer.threads);
}

// Here `inputs` is the map's number of channels, and `output` is the planes. `weight`: channels × 32, 27 of them taps.
inline void scatter_row(const Layer& layer, const float* taps, Index row, Index begin, Index end, float* planes) {
    const bool mirrored = layer.border == 2;
    for (Index tap = 0; tap < TAPS; ++tap) {
        const Index beside = row + tap / 9 - 1, shift = tap / PLANES % 3 - 1;
        const bool turns = beside < 0 ? ring_above(layer) : beside == layer.rows ? ring_below(layer) : false;
        const Index to = turns ? seen(beside, layer.rows, true) : beside;
        if (to < begin || to >= end) continue;
        float* at = planes + (tap % PLANES * layer.rows + to) * layer.columns;
        const Index first = shift < 0 ? 1 : 0, last = layer.columns - (shift > 0 ? 1 : 0);
        for (Index column = first; column < last; ++column) at[column + shift] += taps[column * TAPS_ROOM + tap];
        if (shift && mirrored) {
            const Index edge = shift < 0 ? 0 : layer.columns - 1;
            at[seen(edge + shift, layer.columns, true)] += taps[edge * TAPS_ROOM + tap];
        }
    }
}

inline void convolve_first_back(const Layer& layer) {
    const Index blocks = (layer.last - layer.first + ROWS_TOGETHER - 1) / ROWS_TOGETHER, channels = layer.inputs;
    const auto rows_of = [&](Index item, int worker) {
        float* values = layer.scratch + worker * layer.columns * (channels + TAPS_ROOM);
        float* taps = values + layer.columns * channels;
        const Index picture = item / blocks, begin = layer.first + item % blocks * ROWS_TOGETHER;
        const Index end = least(begin + ROWS_TOGETHER, layer.last), size = layer.rows * layer.columns;
        float* planes = layer.output + picture * PLANES * size;
        for (Index plane = 0; plane < PLANES; ++plane)
            for (Index at = begin * layer.columns; at < end * layer.columns; ++at) planes[plane * size + at] = 0;
        for (Index row = begin > 0 ? begin - 1 : 0; row < least(end + 1, layer.rows); ++row) {
            const Index at = (picture * layer.rows + row) * layer.columns * channels;
            for (Index value = 0; value < layer.columns * channels; value += WIDTH)
                store(values + value, load_where(input_mask_of(layer)[(at + value) / WIDTH], layer.input + at + value));
            product<false, TAPS_ROOM>(values, channels, layer.columns, layer.weight, channels, taps, TAPS_ROOM);
            scatter_row(layer, taps, row, begin, end, planes);
        }
    };
    SHARE(rows_of, layer.batch * blocks, layer.threads);
}

}  // namespace VARIANT
