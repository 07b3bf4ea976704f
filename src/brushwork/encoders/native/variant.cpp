// All functions in one instruction set. This file is compiled once for each set, with another VARIANT.
#include "variant.hpp"

#include "convolve.hpp"
#include "distance.hpp"
#include "first.hpp"
#include "moments.hpp"
#include "pool.hpp"
#if defined(__AMX_BF16__)
#include "convolve_bfloat16.hpp"
#define IN_BFLOAT16(name) VARIANT::name
#else
#define IN_BFLOAT16(name) nullptr
#endif

#define NAME_OF(variant) table_##variant
#define NAME(variant) NAME_OF(variant)

extern "C" const Table NAME(VARIANT) = {
    VARIANT::convolve,    VARIANT::convolve_first, VARIANT::convolve_first_back, VARIANT::pool_map,
    VARIANT::unpool_map,  VARIANT::scratch_for,    VARIANT::gram,                VARIANT::gram_back,
    VARIANT::spread,      VARIANT::spread_back,    VARIANT::distance,            VARIANT::distance_back,
    IN_BFLOAT16(convolve_bfloat16), IN_BFLOAT16(scratch_for_bfloat16),
};
