// Winograd convolution: transform the values, one matrix product for each point of a tile, transform back.
#pragma once
#include "first.hpp"
#include "output.hpp"
#include "product.hpp"
#include "threads.hpp"
#include "turn.hpp"

namespace VARIANT {

constexpr Index GAP = 16;  // floats between points, so that they do not map to the same cache sets

// In bytes, measured on a core with 1 MB of private cache. With less, more data comes from the next cache level.
constexpr Index SHALLOW_KERNELS = 5'000'000, SHALLOW_VALUES = 700'000, DEEP_VALUES = 8'000'000;

// How a layer is split. Shallow layers: each worker takes a few tiles through all three stages, within its cache, and
// transformed kernels are shared. Deep layers, with kernels too large for that: each worker computes 64 output channels
// of all tiles.
struct Plan {
    Index places, inputs, panels, tiles;
    bool deep;

    Plan(const Layer& layer, Index count) {
        places = (layer.tile + 2) * (layer.tile + 2);
        inputs = layer.inputs;
        panels = layer.outputs / PANEL;
        deep = places * inputs * layer.outputs * 4 > SHALLOW_KERNELS;
        tiles = deep ? DEEP_VALUES / (places * inputs * 4) : SHALLOW_VALUES / (places * (inputs + PANEL) * 4);
        tiles = tiles / DOWN * DOWN;
        if (tiles < 2 * DOWN) tiles = 2 * DOWN;
        if (tiles > count) tiles = count;
    }

    Index values_step() const { return tiles * inputs + GAP; }
    Index products_step() const { return tiles * PANEL + GAP; }
    Index values() const { return places * values_step(); }
    Index products() const { return places * products_step(); }
    Index side() const { return places == 36 ? 6 : 8; }
    Index kernels() const { return places * inputs * panels * PANEL; }
    Index kernel_row() const { return side() * inputs * PANEL; }  // of one output panel

    Index scratch(int threads) const {
        return deep ? values() + threads * (products() + kernel_row()) : kernels() + threads * (values() + products());
    }
};

// Row `row` of the transformed kernels of a panel of outputs, laid out as points of that row, strips, inputs, STRIP.
template <int PAIRS>
inline void transform_kernel_row(const Layer& layer, Index panel, int row, Index begin, Index end, float* to, Index step) {
    constexpr int SIDE = 2 * PAIRS + 2;
    const Index tap = layer.inputs * layer.outputs;
    for (Index input = begin; input < end; ++input)
        for (Index channel = 0; channel < PANEL; channel += WIDTH) {
            const float* at = layer.weight + input * layer.outputs + panel * PANEL + channel;
            float* place = to + (channel / STRIP * layer.inputs + input) * STRIP + channel % STRIP;
            Floats half[3];
            for (int x = 0; x < 3; ++x)
                half[x] = transform_taps<PAIRS>(load(at + x * tap), load(at + (3 + x) * tap), load(at + (6 + x) * tap), row);
            for (int column = 0; column < SIDE; ++column)
                store(place + column * step, transform_taps<PAIRS>(half[0], half[1], half[2], column));
        }
}

template <int PAIRS>
inline void transform_tiles(const Layer& layer, const Plan& plan, const Grid& grid, Index begin, Index end, float* values) {
    Sources sources;
    for (Index index = begin; index < end; ++index, values += plan.inputs) {
        find_sources<2 * PAIRS + 2>(layer, grid[index], sources);
        if (!layer.input_mask) transform_tile<PAIRS, 0>(sources, plan.inputs, values, plan.values_step());
        else if (layer.unpool == 2) transform_tile<PAIRS, 2>(sources, plan.inputs, values, plan.values_step());
        else transform_tile<PAIRS, 1>(sources, plan.inputs, values, plan.values_step());
    }
}

template <int PAIRS>
inline void convolve_shallow(const Layer& layer, const Plan& plan, const Grid& grid) {
    constexpr int SIDE = 2 * PAIRS + 2;
    float* kernels = layer.scratch;
    float* own = layer.scratch + plan.kernels();
    const Index panel_size = plan.places * plan.inputs * PANEL, place_size = plan.inputs * PANEL;
    const auto prepare = [&](Index item, int) {
        const Index panel = item / SIDE;
        const int row = int(item % SIDE);
        transform_kernel_row<PAIRS>(layer, panel, row, 0, plan.inputs,
                                    kernels + panel * panel_size + row * SIDE * place_size, place_size);
    };
    SHARE(prepare, plan.panels * SIDE, layer.threads);
    const auto chunk = [&](Index item, int worker) {
        float* values = own + worker * (plan.values() + plan.products());
        float* products = values + plan.values();
        const Index begin = item * plan.tiles, end = least(begin + plan.tiles, grid.count);
        transform_tiles<PAIRS>(layer, plan, grid, begin, end, values);
        for (Index panel = 0; panel < plan.panels; ++panel) {
            for (Index place = 0; place < plan.places; ++place)
                product<false, PANEL, true>(values + place * plan.values_step(), plan.inputs, end - begin,
                                            kernels + panel * panel_size + place * place_size, plan.inputs,
                                            products + place * plan.products_step(), PANEL);
            for (Index index = begin; index < end; ++index)
                finish_tile<PAIRS>(layer, grid[index], products + (index - begin) * PANEL, plan.products_step(),
                                   panel * PANEL);
        }
    };
    SHARE(chunk, (grid.count + plan.tiles - 1) / plan.tiles, layer.threads);
}

template <int PAIRS>
inline void convolve_deep(const Layer& layer, const Plan& plan, const Grid& grid) {
    constexpr int SIDE = 2 * PAIRS + 2;
    constexpr Index FEW = 8;
    float* values = layer.scratch;
    float* own = layer.scratch + plan.values();
    for (Index begin = 0; begin < grid.count; begin += plan.tiles) {
        const Index count = least(plan.tiles, grid.count - begin);
        const auto prepare = [&](Index item, int) {
            const Index first = item * FEW, last = least(first + FEW, count);
            transform_tiles<PAIRS>(layer, plan, grid, begin + first, begin + last, values + first * plan.inputs);
        };
        SHARE(prepare, (count + FEW - 1) / FEW, layer.threads);
        const auto panel_of = [&](Index panel, int worker) {
            float* products = own + worker * (plan.products() + plan.kernel_row());
            float* kernels = products + plan.products();
            const Index place_size = plan.inputs * PANEL;
            for (int row = 0; row < SIDE; ++row) {
                transform_kernel_row<PAIRS>(layer, panel, row, 0, plan.inputs, kernels, place_size);
                for (int column = 0; column < SIDE; ++column) {
                    const Index place = row * SIDE + column;
                    product<false, PANEL, true>(values + place * plan.values_step(), plan.inputs, count,
                                                kernels + column * place_size, plan.inputs,
                                                products + place * plan.products_step(), PANEL);
                }
            }
            for (Index index = 0; index < count; ++index)
                finish_tile<PAIRS>(layer, grid[begin + index], products + index * PANEL, plan.products_step(),
                                   panel * PANEL);
        };
        SHARE(panel_of, plan.panels, layer.threads);
    }
}

template <int PAIRS>
inline void convolve_by(const Layer& layer) {
    const Grid grid(layer);
    const Plan plan(layer, grid.count);
    if (plan.deep) convolve_deep<PAIRS>(layer, plan, grid);
    else convolve_shallow<PAIRS>(layer, plan, grid);
    if (layer.border == 2) fold_rim(layer);
}

inline void convolve(const Layer& given) {
    Layer layer = given;
    if (given.turned) {
        turn_kernels(given, given.scratch);
        layer.weight = given.scratch;
        layer.scratch = given.scratch + 9 * given.inputs * given.outputs;
    }
    if (layer.tile == 4) convolve_by<2>(layer);
    else convolve_by<3>(layer);
}

// Size of the scratch memory that a layer needs, in floats.
inline Index scratch_for(const Layer& layer) {
    if (layer.inputs == PLANES) return layer.threads * layer.columns * TAPS_ROOM;
    if (layer.outputs == PLANES) return layer.threads * layer.columns * (layer.inputs + TAPS_ROOM);
    const Index turned = layer.turned ? 9 * layer.inputs * layer.outputs : 0;
    return turned + Plan(layer, Grid(layer).count).scratch(layer.threads);
}

}  // namespace VARIANT
