// Kernels for the backward pass: flipped, with inputs and outputs exchanged.
#pragma once
#include "layer.hpp"
#include "threads.hpp"
#include "vector.hpp"

namespace VARIANT {

// `weight`: 9 taps, outputs, inputs (of this layer); `to`: the taps in reverse order, inputs, outputs.
inline void turn_kernels(const Layer& layer, float* to) {
    const Index rows = layer.outputs, columns = layer.inputs, strips = rows / WIDTH;
    const auto strip = [&](Index item, int) {
        const Index tap = item / strips, row = item % strips * WIDTH;
        const float* from = layer.weight + (tap * rows + row) * columns;
        float* at = to + (8 - tap) * rows * columns + row;
        for (Index column = 0; column < columns; column += WIDTH) {
            float cells[WIDTH][WIDTH];
            for (int i = 0; i < WIDTH; ++i) store(cells[i], load(from + i * columns + column));
            for (int j = 0; j < WIDTH; ++j) {
                Floats turned;
                for (int i = 0; i < WIDTH; ++i) turned[i] = cells[i][j];
                store(at + (column + j) * rows, turned);
            }
        }
    };
    SHARE(strip, 9 * strips, layer.threads);
}

}  // namespace VARIANT
