// Gram matrices as symmetric products, sums and squares about a shift, and their gradients with respect to the map.
#pragma once
#include "product.hpp"
#include "sums.hpp"
#include "threads.hpp"

namespace VARIANT {

constexpr Index CELLS_TOGETHER = 128;  // summed in registers, then added to the total

// Iterates over the positions `begin` to `end` of an image by rows: the row, the offset within it, and the count.
template <class Each>
INLINE void along(const Sums& sums, Index begin, Index end, Each each) {
    while (begin < end) {
        const Index row = begin / sums.columns, column = begin % sums.columns;
        const Index count = least(sums.columns - column, end - begin);
        each(row, column * sums.channels, count);
        begin += count;
    }
}

INLINE const float* in_map(const Sums& sums, Index picture, Index row, Index number) {
    return sums.map + picture * sums.picture + row * sums.row + number;
}

INLINE float* in_result(const Sums& sums, Index picture, Index row, Index number) {
    return sums.result + picture * sums.to_picture + row * sums.to_row + number;
}

// Rows `row` … of the product of two panels; vectors of columns left of `from` are not needed.
template <int ROWS>
INLINE void gram_rows(const float* left, const float* right, Index channels, Index cells, Index row, float* sums) {
    constexpr Index STEP = ACROSS * LANES;
    const Index from = left == right ? row / STEP * STEP : 0;
    for (Index at = from; at < PANEL; at += STEP) {
        float* to = sums + row * PANEL + at;
        const bool half = left == right && at == from && ACROSS > 1 && row - at >= STEP / 2;
        if (half)
            block<ROWS, ACROSS / 2, true>(left + row, 1, channels, right + at + STEP / 2, channels, cells,
                                          to + STEP / 2, PANEL);
        else block<ROWS, ACROSS, true>(left + row, 1, channels, right + at, channels, cells, to, PANEL);
    }
}

// Adds the product of two panels of 64 channels over some positions to `sums` (64 × 64).
inline void gram_panels(const float* left, const float* right, Index channels, Index cells, float* sums) {
    for (Index begin = 0; begin < cells; begin += CELLS_TOGETHER) {
        const Index count = least(CELLS_TOGETHER, cells - begin), at = begin * channels;
        Index row = 0;
        for (; row + DOWN <= PANEL; row += DOWN)
            gram_rows<DOWN>(left + at, right + at, channels, count, row, sums);
        gram_rows<PANEL % DOWN>(left + at, right + at, channels, count, row, sums);
    }
}

// `partial`: batch, blocks, pairs, 64 × 64. `result`: batch, channels, channels.
inline void gram(const Sums& sums) {
    const Index panels = sums.channels / PANEL, pairs = panels * (panels + 1) / 2, size = PANEL * PANEL;
    const Index cells = sums.rows * sums.columns, length = (cells + sums.blocks - 1) / sums.blocks;
    const auto place = [=](Index pair, Index& left, Index& right) {
        for (left = 0; pair >= panels - left; ++left) pair -= panels - left;
        right = left + pair;
    };
    const auto part = [&](Index item, int) {
        Index left, right;
        place(item % pairs, left, right);
        const Index block = item / pairs % sums.blocks, picture = item / pairs / sums.blocks;
        const Index begin = least(block * length, cells), end = least(begin + length, cells);
        float* to = sums.partial + item * size;
        for (Index value = 0; value < size; ++value) to[value] = 0;
        along(sums, begin, end, [&](Index row, Index number, Index count) {
            const float* at = in_map(sums, picture, row, number);
            gram_panels(at + left * PANEL, at + right * PANEL, sums.channels, count, to);
        });
    };
    SHARE(part, sums.batch * sums.blocks * pairs, sums.threads);
    const auto gather = [&](Index item, int) {
        Index left, right;
        place(item % pairs, left, right);
        const Index picture = item / pairs;
        const float* from = sums.partial + (picture * sums.blocks * pairs + item % pairs) * size;
        float* matrix = sums.result + picture * sums.channels * sums.channels;
        for (Index row = 0; row < PANEL; ++row)
            for (Index column = left == right ? row : 0; column < PANEL; ++column) {
                float found = 0;
                for (Index block = 0; block < sums.blocks; ++block)
                    found += from[block * pairs * size + row * PANEL + column];
                const Index i = left * PANEL + row, j = right * PANEL + column;
                matrix[i * sums.channels + j] = matrix[j * sums.channels + i] = found;
            }
    };
    SHARE(gather, sums.batch * pairs, sums.threads);
}

// Product of some positions and the panels `given`, plus `added`; in place, it is computed from a copy.
inline void gram_back_cells(const Sums& sums, Index picture, const float* at, float* result, Index count, float* copy) {
    const Index channels = sums.channels;
    if (at == result) {
        for (Index value = 0; value < count * channels; value += WIDTH) store(copy + value, load(at + value));
        at = copy;
    }
    for (Index panel = 0; panel < channels / PANEL; ++panel)
        product<false>(at, channels, count, sums.given + (picture * channels + panel * PANEL) * channels, channels,
                       result + panel * PANEL, channels);
    if (!sums.added) return;
    const float* added = sums.added + picture * channels;
    for (Index cell = 0; cell < count; ++cell, result += channels)
        for (Index channel = 0; channel < channels; channel += WIDTH)
            store(result + channel, load(result + channel) + load(added + channel));
}

// result = map · given + added, `given` as panels: batch, channels / 64, channels, 64.
inline void gram_back(const Sums& sums) {
    constexpr Index CELLS = 96;
    const Index channels = sums.channels, cells = sums.rows * sums.columns, parts = (cells + CELLS - 1) / CELLS;
    const auto part = [&](Index item, int worker) {
        const Index picture = item / parts, begin = item % parts * CELLS;
        float* copy = sums.partial + worker * CELLS * channels;
        along(sums, begin, least(begin + CELLS, cells), [&](Index row, Index number, Index count) {
            gram_back_cells(sums, picture, in_map(sums, picture, row, number), in_result(sums, picture, row, number),
                            count, copy);
        });
    };
    SHARE(part, sums.batch * parts, sums.threads);
}

// Adds the differences between some positions and the shift to `to`, and the squares of these after them.
inline void spread_cells(const float* map, const float* shift, Index channels, Index cells, float* to) {
    for (Index channel = 0; channel < channels; channel += WIDTH) {
        const Floats away = load(shift + channel);
        const float* at = map + channel;
        Floats once{}, twice{};
        for (Index cell = cells; cell > 0; --cell, at += channels) {
            const Floats value = load(at) - away;
            once += value;
            twice += value * value;
        }
        store(to + channel, load(to + channel) + once);
        store(to + channels + channel, load(to + channels + channel) + twice);
    }
}

// `given`: the shift, batch, channels. `partial`: batch, blocks, 2, channels. `result`: batch, 2, channels.
inline void spread(const Sums& sums) {
    const Index channels = sums.channels, cells = sums.rows * sums.columns;
    const Index length = (cells + sums.blocks - 1) / sums.blocks;
    const auto part = [&](Index item, int) {
        const Index picture = item / sums.blocks, block = item % sums.blocks;
        const Index begin = least(block * length, cells), end = least(begin + length, cells);
        float* to = sums.partial + item * 2 * channels;
        for (Index value = 0; value < 2 * channels; ++value) to[value] = 0;
        for (Index first = begin; first < end; first += CELLS_TOGETHER)
            along(sums, first, least(first + CELLS_TOGETHER, end), [&](Index row, Index number, Index count) {
                spread_cells(in_map(sums, picture, row, number), sums.given + picture * channels, channels, count, to);
            });
    };
    SHARE(part, sums.batch * sums.blocks, sums.threads);
    for (Index picture = 0; picture < sums.batch; ++picture)
        for (Index value = 0; value < 2 * channels; ++value) {
            float found = 0;
            for (Index block = 0; block < sums.blocks; ++block)
                found += sums.partial[(picture * sums.blocks + block) * 2 * channels + value];
            sums.result[picture * 2 * channels + value] = found;
        }
}

// result = map · given + added, channel by channel.
inline void spread_back(const Sums& sums) {
    const Index channels = sums.channels, cells = sums.rows * sums.columns;
    const Index parts = (cells + CELLS_TOGETHER - 1) / CELLS_TOGETHER;
    const auto part = [&](Index item, int) {
        const Index picture = item / parts, begin = item % parts * CELLS_TOGETHER;
        const float *given = sums.given + picture * channels, *added = sums.added + picture * channels;
        const Index end = least(begin + CELLS_TOGETHER, cells);
        along(sums, begin, end, [&](Index row, Index number, Index count) {
            const float* from = in_map(sums, picture, row, number);
            float* to = in_result(sums, picture, row, number);
            for (Index cell = 0; cell < count; ++cell, from += channels, to += channels)
                for (Index channel = 0; channel < channels; channel += WIDTH)
                    store(to + channel, load(from + channel) * load(given + channel) + load(added + channel));
        });
    };
    SHARE(part, sums.batch * parts, sums.threads);
}

}  // namespace VARIANT
