// Arguments of a call. Maps are laid out as batch, rows, columns, channels; weights as 9 taps, inputs, outputs.
#pragma once
#include <stdint.h>

extern "C" {

// 3×3 convolution with padding of one position, with operations on its input as it is read and on its output as it is
// written. `rows` and `columns` are those of the convolved map. Masks have one bit for each position and channel.
struct Layer {
    int64_t batch, rows, columns, inputs, outputs;
    int32_t tile;        // 4 or 6: outputs of a Winograd tile along a side
    int32_t border;      // 0: zeros, 1: mirrored, 2: the adjoint of mirrored
    int32_t rectify;     // write max(0, x)
    int32_t pool;        // write 0: the map, 1: maxima, 2: averages of 2×2 positions
    int32_t unpool;      // pooling of the input: 0: none, 1: maximum, 2: average
    int32_t turned;      // the weights are those of the forward pass: outputs before inputs, taps in reverse order
    int32_t threads;
    int32_t bfloat16;    // round values and weights to bfloat16, in variants with matrix units
    int64_t pooled_rows, pooled_columns;      // of the map written with `pool`, or read with `unpool`
    int64_t first, last;  // rows of the convolved map to compute: all, or for one image a range whose neighbors are present
    const float* input;
    const void* input_mask;      // null: all positions pass
    const float* weight;
    const float* bias;           // null: none
    const float* add;            // null: none; a map that is added to the output
    float* output;
    void* mask;                  // null: none; marks where the gradient passes
    float* rim;                  // adjoint of mirrored: values outside, 2 rows and 2 columns around each map
    float* scratch;
    int64_t scratch_size;        // floats
};

}
