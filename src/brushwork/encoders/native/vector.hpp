// Vectors of sixteen floats, and bit masks of sixteen. Compilers split them where registers are narrower.
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE inline __attribute__((always_inline))

namespace VARIANT {

using Index = int64_t;
using Bits = uint16_t;

constexpr int WIDTH = 16;
typedef float Floats __attribute__((vector_size(64)));
typedef float LooseFloats __attribute__((vector_size(64), aligned(4)));
typedef int32_t Ints __attribute__((vector_size(64)));

INLINE Floats load(const float* at) { return *(const LooseFloats*)at; }
INLINE void store(float* at, Floats value) { *(LooseFloats*)at = value; }
INLINE Index least(Index a, Index b) { return a < b ? a : b; }

#if defined(__AVX512F__)

INLINE Bits greater(Floats a, Floats b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ); }
INLINE Bits equal(Floats a, Floats b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
INLINE Floats load_where(Bits bits, const float* at) { return (Floats)_mm512_maskz_loadu_ps(bits, at); }
// Writes to memory past the caches.
INLINE void stream(float* at, Floats value) {
    if ((uintptr_t)at % sizeof(Floats)) store(at, value);
    else _mm512_stream_ps(at, (__m512)value);
}
INLINE Floats larger(Floats a, Floats b) { return (Floats)_mm512_max_ps((__m512)a, (__m512)b); }

#else

INLINE Ints lane_bits() {
    return Ints{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
}

INLINE Bits bits_of(Ints truth) {
#if defined(__AVX2__)
    union { Ints all; __m256 half[2]; } both = {truth};
    return Bits(_mm256_movemask_ps(both.half[0]) | _mm256_movemask_ps(both.half[1]) << 8);
#else
    const Ints set = truth & lane_bits();
    int32_t found = 0;
    for (int lane = 0; lane < WIDTH; ++lane) found |= set[lane];
    return Bits(found);
#endif
}

INLINE void stream(float* at, Floats value) { store(at, value); }
INLINE Bits greater(Floats a, Floats b) { return bits_of(a > b); }
INLINE Bits equal(Floats a, Floats b) { return bits_of(a == b); }
INLINE Floats larger(Floats a, Floats b) { return a > b ? a : b; }

INLINE Floats load_where(Bits bits, const float* at) {
    const Ints chosen = (((Ints{} + int32_t(bits)) & lane_bits()) != 0);
    return (Floats)(chosen & (Ints)load(at));
}

#endif

}  // namespace VARIANT
