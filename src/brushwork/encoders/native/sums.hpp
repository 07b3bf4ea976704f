// Sums over the positions of a map laid out as batch, rows, columns, channels, or of a window of such a map.
#pragma once
#include <stdint.h>

extern "C" {

struct Sums {
    int64_t batch, rows, columns, channels;
    int64_t row, picture; // strides of the map in floats, from one row and from one image to the next
    int64_t to_row, to_picture;        // the same for the result, if it is a map
    int64_t other_row, other_picture;  // the same for the other map
    int64_t blocks;       // number of blocks of positions; fixes the order of summation
    int32_t threads;
    int32_t adds;         // distance_back: add to the result instead of overwriting it
    const float* map;
    const float* other;   // distance: a map of the same size
    const float* given;   // back: factor of the map; spread: the shift
    const float* added;   // gram_back, spread_back: constant added to each channel
    float* partial;       // buffer for the blocks' sums; gram_back in place: for each thread's current positions
    float* result;        // back: a map, which may be the input map
};

}
