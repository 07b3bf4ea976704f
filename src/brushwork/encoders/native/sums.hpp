// Sums over the cells of a map that lies as batch, rows, columns, channels, or of a window of such a map.
#pragma once
#include <stdint.h>

extern "C" {

struct Sums {
    int64_t batch, rows, columns, channels;
    int64_t row, picture; // numbers from one row of the map to the next, from one picture to the next
    int64_t to_row, to_picture;        // the same of the result, where it is a map
    int64_t other_row, other_picture;  // the same of the other map
    int64_t blocks;       // into which the cells are cut; fixes the order of summation
    int32_t threads;
    int32_t adds;         // distance_back: to what the result holds
    const float* map;
    const float* other;   // distance: a map of the same size
    const float* given;   // back: what the map is multiplied by; spread: the shift
    const float* added;   // gram_back, spread_back: what is added to each channel
    float* partial;       // room for the blocks' own sums; gram_back in place: for the cells that each thread is at
    float* result;        // back: a map, which may be the one that is read
};

}
