// What a call asks for. Maps lie as batch, rows, columns, channels; weights as 9 taps, inputs, outputs.
#pragma once
#include <stdint.h>

extern "C" {

// 3×3 convolution with a border of one cell, what is done to its input while it is read, and to its output while it is
// written. `rows` and `columns` are those of the convolved map. Masks have one bit for each cell and channel.
struct Layer {
    int64_t batch, rows, columns, inputs, outputs;
    int32_t tile;        // 4 or 6: outputs of a Winograd tile along a side
    int32_t border;      // 0: zeros, 1: mirrored, 2: the adjoint of mirrored
    int32_t rectify;     // write max(0, x)
    int32_t pool;        // write 0: the map, 1: maxima, 2: averages of 2×2 cells
    int32_t unpool;      // the input was pooled: 0: no, 1: by maximum, 2: by average
    int32_t turned;      // the weights are those of the way forward: outputs before inputs, taps in the opposite order
    int32_t threads;
    int64_t pooled_rows, pooled_columns;      // of the map written with `pool`, or read with `unpool`
    int64_t first, last;  // rows of the convolved map that are computed: all, or of one picture some whose neighbors are there
    const float* input;
    const uint16_t* input_mask;  // null: all cells pass
    const float* weight;
    const float* bias;           // null: none
    const float* add;            // null: none; a map that is added to what is written
    float* output;
    uint16_t* mask;              // null: none; where the gradient will pass
    float* rim;                  // adjoint of mirrored: what falls outside, 2 rows and 2 columns around each map
    float* scratch;
    int64_t scratch_size;        // floats
};

}
