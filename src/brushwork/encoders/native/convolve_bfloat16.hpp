// Convolution with the matrix units: values and weights are rounded to bfloat16; sums and maps stay in float32.
//
// Rows of the input are rounded into a band, with a border around them. In it, the inputs of consecutive outputs at one tap
// are consecutive too, so they can be read as tiles without a copy for each tap, and from one row to the next.
#pragma once
#include "amx.hpp"
#include "output.hpp"
#include "product.hpp"

namespace VARIANT {

constexpr Index BAND = 1'000'000, SUMS = 128'000;  // bytes for each worker: of a band, and of the sums that it writes at a time
constexpr Index LONGEST = 512;                     // columns that a worker computes at a time
constexpr Index SPARE = 2 * WIDTH;                 // positions that the last tile may read beyond the band

// How a layer is split: bands of rows, which all workers fill together; in a band, groups of rows, parts of their columns,
// and panels of 64 outputs.
struct BandPlan {
    Index inputs, panels, top, high, left, wide, pitch, band, group, length;

    explicit BandPlan(const Layer& layer) {
        inputs = layer.inputs;
        panels = layer.outputs / PANEL;
        top = layer.first - ring_above(layer);
        high = layer.last + ring_below(layer) - top;
        left = -ring(layer);
        wide = layer.columns + 2 * ring(layer);
        pitch = wide + 2;
        band = even(layer.threads * BAND / (pitch * inputs * 2) - 2, high);
        length = pitch > LONGEST ? LONGEST : pitch;
        group = even(SUMS / (length * PANEL * 4), band);
        while (group > 2 && (band + group - 1) / group * parts() * panels < 4 * layer.threads) group = even(group / 2, band);
    }

    static Index even(Index count, Index most) { return count < 2 ? 2 : least(count, most + 1) / 2 * 2; }

    Index parts() const { return (wide + length - 1) / length; }
    Index kernels() const { return 9 * inputs * panels * PANEL / 2; }  // sizes in floats
    Index values() const { return ((band + 2) * pitch + SPARE) * inputs / 2; }
    Index sums() const { return (group * length + SPARE) * PANEL; }
    Index scratch(int threads) const { return kernels() + values() + threads * sums(); }
};

// Rounds one position's inputs. MASKED as for `transform_tile`.
template <int MASKED>
INLINE void round_position(const float* from, const Bits* mask, float scale, Index channels, Half* to) {
    for (Index channel = 0; channel < channels; channel += PAIRED) {
        Floats both[2];
        for (int half = 0; half < 2; ++half) {
            const float* at = from + channel + half * WIDTH;
            both[half] = MASKED ? load_where(mask[channel / WIDTH + half], at) : load(at);
            if (MASKED == 2) both[half] *= scale;
        }
        store_row(to + channel, narrow(both[0], both[1]));
    }
}

// Rounds a row of the input, with the border on both sides; rows outside the map are zeros, or mirrored.
template <int MASKED>
inline void round_row(const Layer& layer, const BandPlan& plan, Index picture, Index at, Half* to) {
    const bool mirrored = layer.border == 1;
    const Index halved = layer.unpool ? 1 : 0;
    const Index high = halved ? layer.pooled_rows : layer.rows, wide = halved ? layer.pooled_columns : layer.columns;
    const Index row = seen(at, layer.rows, mirrored);
    for (Index place = 0; place < plan.pitch; ++place, to += plan.inputs) {
        const Index column = seen(plan.left - 1 + place, layer.columns, mirrored);
        if (row < 0 || column < 0 || row >> halved >= high || column >> halved >= wide) {
            for (Index channel = 0; channel < plan.inputs; channel += PAIRED) store_row(to + channel, __m512i{});
            continue;
        }
        const Index cell = (picture * layer.rows + row) * layer.columns + column;
        const Index from = (picture * high + (row >> halved)) * wide + (column >> halved);
        const float scale = MASKED == 2 ? part(row, layer.rows) * part(column, layer.columns) : 1.0f;
        round_position<MASKED>(layer.input + from * plan.inputs, input_mask_of(layer) + cell * (plan.inputs / WIDTH), scale,
                               plan.inputs, to);
    }
}

// Sums of 16 or 32 positions and 32 outputs.
template <int DOWN_TILES>
INLINE void sum_tiles(const Half* values, const Half* kernels, const BandPlan& plan, float* sums) {
    const Index step = plan.inputs * 2;
    _tile_zero(0);
    _tile_zero(1);
    if (DOWN_TILES == 2) {
        _tile_zero(2);
        _tile_zero(3);
    }
    for (Index row = 0; row < 3; ++row)
        for (Index input = 0; input < plan.inputs; input += PAIRED)
            for (Index tap = 0; tap < 3; ++tap, kernels += 2 * TILE) {
                const Half* at = values + (row * plan.pitch + tap) * plan.inputs + input;
                _tile_loadd(6, kernels, 64);
                _tile_loadd(4, at, step);
                _tile_loadd(7, kernels + TILE, 64);
                _tile_dpbf16ps(0, 4, 6);
                _tile_dpbf16ps(1, 4, 7);
                if (DOWN_TILES == 2) {
                    _tile_loadd(5, at + WIDTH * plan.inputs, step);
                    _tile_dpbf16ps(2, 5, 6);
                    _tile_dpbf16ps(3, 5, 7);
                }
            }
    _tile_stored(0, sums, PANEL * 4);
    _tile_stored(1, sums + WIDTH, PANEL * 4);
    if (DOWN_TILES == 2) {
        _tile_stored(2, sums + WIDTH * PANEL, PANEL * 4);
        _tile_stored(3, sums + WIDTH * PANEL + WIDTH, PANEL * 4);
    }
}

// Sums of `count` positions and a panel of outputs.
inline void sum_positions(const Half* values, const Half* kernels, const BandPlan& plan, Index count, float* sums) {
    for (Index half = 0; half < PANEL; half += ACROSS_TILES, kernels += 9 * plan.inputs * ACROSS_TILES)
        for (Index at = 0; at < count; at += 2 * WIDTH) {
            const Half* from = values + at * plan.inputs;
            float* to = sums + at * PANEL + half;
            if (count - at > WIDTH) sum_tiles<2>(from, kernels, plan, to);
            else sum_tiles<1>(from, kernels, plan, to);
        }
}

// Writes sums of some rows and columns to the map, by tiles of 2×2 outputs.
inline void finish_sums(const Layer& layer, const BandPlan& plan, Tile first, Index rows, Index columns, Index panel,
                        const float* sums) {
    for (Index i = 0; i < rows; i += 2)
        for (Index j = 0; j < columns; j += 2) {
            const Tile tile = {first.picture, first.row + i, first.column + j};
            const Part part = {least(2, layer.last - tile.row), least(2, layer.columns - tile.column)};
            const float* at = sums + (i * plan.length + j) * PANEL;
            for (Index channel = 0; channel < PANEL; channel += WIDTH) {
                const Index output = panel * PANEL + channel;
                const Floats bias = layer.bias ? load(layer.bias + output) : Floats{};
                Floats y[VECTORS][4];  // VECTORS is 1 here
                for (Index place = 0; place < 4; ++place)
                    y[0][place] = load(at + (place / 2 * plan.length + place % 2) * PANEL + channel) + bias;
                if (layer.border == 2) write_ring<2>(layer, tile, output, y);
                else if (layer.pool == 1) write_pooled<2, true>(layer, tile, part, output, y);
                else if (layer.pool == 2) write_pooled<2, false>(layer, tile, part, output, y);
                else write_map<2>(layer, tile, part, output, y);
            }
        }
}

// Computes the outputs of a band of rows, starting at `begin`.
inline void convolve_band(const Layer& layer, const BandPlan& plan, Index picture, Index begin) {
    const Half* kernels = (const Half*)layer.scratch;
    Half* values = (Half*)(layer.scratch + plan.kernels());
    float* own = layer.scratch + plan.kernels() + plan.values();
    const Index count = least(plan.band, plan.high - begin), groups = (count + plan.group - 1) / plan.group;
    const auto fill = [&](Index row, int) {
        Half* to = values + row * plan.pitch * plan.inputs;
        const Index at = plan.top + begin + row - 1;
        if (!layer.input_mask) round_row<0>(layer, plan, picture, at, to);
        else if (layer.unpool == 2) round_row<2>(layer, plan, picture, at, to);
        else round_row<1>(layer, plan, picture, at, to);
    };
    SHARE(fill, count + 2, layer.threads);
    const auto compute = [&](Index item, int worker) {
        const Tiles tiles;
        const Index panel = item / (groups * plan.parts()), row = item / plan.parts() % groups * plan.group;
        const Index column = item % plan.parts() * plan.length, rows = least(plan.group, count - row);
        const Index columns = least(plan.length, plan.wide - column);
        const Half* from = values + (row * plan.pitch + column) * plan.inputs;
        const Half* weights = kernels + panel * 9 * plan.inputs * PANEL;
        float* sums = own + worker * plan.sums();
        if (plan.length == plan.pitch) sum_positions(from, weights, plan, (rows - 1) * plan.pitch + columns, sums);
        else
            for (Index line = 0; line < rows; ++line)
                sum_positions(from + line * plan.pitch * plan.inputs, weights, plan, columns, sums + line * plan.length * PANEL);
        finish_sums(layer, plan, {picture, plan.top + begin + row, plan.left + column}, rows, columns, panel, sums);
    };
    SHARE(compute, plan.panels * groups * plan.parts(), layer.threads);
}

inline void convolve_bfloat16(const Layer& layer) {
    const BandPlan plan(layer);
    pack_kernels(layer, (Half*)layer.scratch);
    for (Index picture = 0; picture < layer.batch; ++picture)
        for (Index begin = 0; begin < plan.high; begin += plan.band) convolve_band(layer, plan, picture, begin);
    if (layer.border == 2) fold_rim(layer);
}

// Size of the scratch memory that a layer needs, in floats.
inline Index scratch_for_bfloat16(const Layer& layer) { return BandPlan(layer).scratch(layer.threads); }

}  // namespace VARIANT
