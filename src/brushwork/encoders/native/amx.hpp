// Tiles of the processor's matrix units (AMX): 16 rows of 32 values in bfloat16, in pairs of neighbors.
#pragma once
#include "layer.hpp"
#include "threads.hpp"
#include "vector.hpp"

namespace VARIANT {

using Half = uint16_t;

constexpr Index PAIRED = 32;              // values in a row of a tile
constexpr Index TILE = WIDTH * PAIRED;    // values in a tile
constexpr Index ACROSS_TILES = 2 * WIDTH;  // outputs computed together

INLINE __m512i narrow(Floats first, Floats second) { return (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first); }

INLINE void store_row(Half* at, __m512i row) { _mm512_storeu_si512(at, row); }

// Pairs up the values at the same place in two vectors.
INLINE __m512i narrow_pairs(Floats first, Floats second) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,  //
                                           23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, narrow(first, second));
}

// Transposes a tile whose cells are pairs.
INLINE void transpose_pairs(__m512i* rows) {
    __m512i half[WIDTH];
    for (int i = 0; i < WIDTH; i += 2) {
        half[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        half[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < WIDTH; i += 4)
        for (int j = 0; j < 2; ++j) {
            rows[i + 2 * j] = _mm512_unpacklo_epi64(half[i + j], half[i + j + 2]);
            rows[i + 2 * j + 1] = _mm512_unpackhi_epi64(half[i + j], half[i + j + 2]);
        }
    for (int i = 0; i < WIDTH; i += 8)
        for (int j = 0; j < 4; ++j) {
            half[i + j] = _mm512_shuffle_i32x4(rows[i + j], rows[i + j + 4], 0x88);
            half[i + j + 4] = _mm512_shuffle_i32x4(rows[i + j], rows[i + j + 4], 0xDD);
        }
    for (int j = 0; j < 8; ++j) {
        rows[j] = _mm512_shuffle_i32x4(half[j], half[j + 8], 0x88);
        rows[j + 8] = _mm512_shuffle_i32x4(half[j], half[j + 8], 0xDD);
    }
}

// Configures this thread's eight tiles as 16 rows of 64 bytes during its own lifetime.
struct Tiles {
    Tiles() {
        struct {
            uint8_t palette = 1, start = 0, reserved[14] = {};
            uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
            uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
        } shape;
        _tile_loadconfig(&shape);
    }
    ~Tiles() { _tile_release(); }
    Tiles(const Tiles&) = delete;
};

// Kernels as tiles, in the order in which they are read: halves of panels, rows of taps, inputs, taps, 16 outputs.
inline Half* kernel_tile(const Layer& layer, Index tap, Index input, Index output, Half* tiles) {
    const Index deep = layer.inputs / PAIRED, step = (tap / 3 * deep + input / PAIRED) * 3 + tap % 3;
    return tiles + ((output / ACROSS_TILES * 9 * deep + step) * 2 + output / WIDTH % 2) * TILE;
}

inline void store_tile(const __m512i* rows, Half* to) {
    for (int row = 0; row < WIDTH; ++row) store_row(to + row * PAIRED, rows[row]);
}

// Weights are read in the order in which they lie in memory.
inline void pack_kernels(const Layer& layer, Half* tiles) {
    const Index inputs = layer.inputs, outputs = layer.outputs;
    const auto pack = [&](Index item, int) {
        const Index tap = item % 9, input = item / 9 * PAIRED;
        const float* from = layer.weight + (tap * inputs + input) * outputs;
        for (Index output = 0; output < outputs; output += WIDTH) {
            __m512i rows[WIDTH];
            for (int row = 0; row < WIDTH; ++row)
                rows[row] = narrow_pairs(load(from + 2 * row * outputs + output), load(from + (2 * row + 1) * outputs + output));
            store_tile(rows, kernel_tile(layer, tap, input, output, tiles));
        }
    };
    const auto pack_turned = [&](Index item, int) {
        const Index tap = item % 9, output = item / 9 * WIDTH;
        const float* from = layer.weight + ((8 - tap) * outputs + output) * inputs;
        for (Index input = 0; input < inputs; input += PAIRED) {
            __m512i rows[WIDTH];
            for (int row = 0; row < WIDTH; ++row)
                rows[row] = narrow(load(from + row * inputs + input), load(from + row * inputs + input + WIDTH));
            transpose_pairs(rows);
            store_tile(rows, kernel_tile(layer, tap, input, output, tiles));
        }
    };
    if (layer.turned) SHARE(pack_turned, 9 * outputs / WIDTH, layer.threads);
    else SHARE(pack, 9 * inputs / PAIRED, layer.threads);
}

}  // namespace VARIANT
