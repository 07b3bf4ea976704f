// Squared distance of two maps, and its gradient with respect to the first.
#pragma once
#include "moments.hpp"

namespace VARIANT {

INLINE const float* in_other(const Sums& sums, Index picture, Index row, Index number) {
    return sums.other + picture * sums.other_picture + row * sums.other_row + number;
}

// Σ (map − other)² over some positions. Short runs are summed in float32, and their sums in float64.
inline double distance_cells(const float* map, const float* other, Index values) {
    constexpr Index FEW = 4096;
    double found = 0;
    for (Index begin = 0; begin < values; begin += FEW) {
        Floats sums{};
        for (Index value = begin; value < least(begin + FEW, values); value += WIDTH) {
            const Floats away = load(map + value) - load(other + value);
            sums += away * away;
        }
        for (int lane = 0; lane < WIDTH; ++lane) found += sums[lane];
    }
    return found;
}

// `partial`: batch, blocks. `result`: batch.
inline void distance(const Sums& sums) {
    const Index cells = sums.rows * sums.columns, length = (cells + sums.blocks - 1) / sums.blocks;
    const auto part = [&](Index item, int) {
        const Index picture = item / sums.blocks, begin = least(item % sums.blocks * length, cells);
        double found = 0;
        along(sums, begin, least(begin + length, cells), [&](Index row, Index number, Index count) {
            found += distance_cells(in_map(sums, picture, row, number), in_other(sums, picture, row, number),
                                    count * sums.channels);
        });
        sums.partial[item] = float(found);
    };
    SHARE(part, sums.batch * sums.blocks, sums.threads);
    for (Index picture = 0; picture < sums.batch; ++picture) {
        double found = 0;
        for (Index block = 0; block < sums.blocks; ++block) found += sums.partial[picture * sums.blocks + block];
        sums.result[picture] = float(found);
    }
}

// result = given · (map − other), with one factor for each image; with `adds`, this is added to the result instead.
inline void distance_back(const Sums& sums) {
    const Index cells = sums.rows * sums.columns, parts = (cells + CELLS_TOGETHER - 1) / CELLS_TOGETHER;
    const auto part = [&](Index item, int) {
        const Index picture = item / parts, begin = item % parts * CELLS_TOGETHER;
        const Floats given = sums.given[picture] - Floats{};
        along(sums, begin, least(begin + CELLS_TOGETHER, cells), [&](Index row, Index number, Index count) {
            const float *map = in_map(sums, picture, row, number), *other = in_other(sums, picture, row, number);
            float* result = in_result(sums, picture, row, number);
            for (Index value = 0; value < count * sums.channels; value += WIDTH) {
                const Floats away = given * (load(map + value) - load(other + value));
                store(result + value, sums.adds ? load(result + value) + away : away);
            }
        });
    };
    SHARE(part, sums.batch * parts, sums.threads);
}

}  // namespace VARIANT
