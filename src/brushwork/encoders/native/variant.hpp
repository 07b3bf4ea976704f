// The functions of a variant.
#pragma once
#include "layer.hpp"
#include "sums.hpp"

struct Table {
    void (*convolve)(const Layer&);
    void (*convolve_first)(const Layer&);
    void (*convolve_first_back)(const Layer&);
    void (*pool)(const Layer&);
    void (*unpool)(const Layer&);
    int64_t (*scratch)(const Layer&);
    void (*gram)(const Sums&);
    void (*gram_back)(const Sums&);
    void (*spread)(const Sums&);
    void (*spread_back)(const Sums&);
    void (*distance)(const Sums&);
    void (*distance_back)(const Sums&);
    // With matrix units for bfloat16; else null.
    void (*convolve_bfloat16)(const Layer&);
    int64_t (*scratch_bfloat16)(const Layer&);
};
