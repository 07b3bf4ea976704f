// Sums over the cells of a map that lies as batch, cells, channels.
#pragma once
#include <stdint.h>

extern "C" {

struct Sums {
    int64_t batch, cells, channels;
    int64_t blocks;       // into which the cells are cut; fixes the order of summation
    int32_t threads;
    const float* map;
    const float* given;   // back: what the map is multiplied by; spread: the shift
    const float* added;   // spread_back: what is added
    float* partial;       // room for the blocks' own sums
    float* result;
};

}
