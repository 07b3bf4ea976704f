// Vectors of floats as wide as the registers, and bit masks of the same length. If registers are narrower than eight
// floats, compilers split the vectors. A map's mask has the same bytes for each width, except on big-endian processors.
#pragma once
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE inline __attribute__((always_inline))

namespace VARIANT {

using Index = int64_t;

#if defined(__AVX512F__)
constexpr int WIDTH = 16;
using Bits = uint16_t;
#else
constexpr int WIDTH = 8;
using Bits = uint8_t;
#endif

typedef float Floats __attribute__((vector_size(WIDTH * 4)));
typedef float LooseFloats __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int32_t Ints __attribute__((vector_size(WIDTH * 4)));

INLINE Floats load(const float* at) { return *(const LooseFloats*)at; }
INLINE void store(float* at, Floats value) { *(LooseFloats*)at = value; }
INLINE Index least(Index a, Index b) { return a < b ? a : b; }

#if defined(__AVX512F__)

INLINE Bits greater(Floats a, Floats b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ); }
INLINE Bits equal(Floats a, Floats b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
INLINE Floats load_where(Bits bits, const float* at) { return (Floats)_mm512_maskz_loadu_ps(bits, at); }
// Writes to memory, past the caches.
INLINE void stream(float* at, Floats value) {
    if ((uintptr_t)at % sizeof(Floats)) store(at, value);
    else _mm512_stream_ps(at, (__m512)value);
}
INLINE Floats larger(Floats a, Floats b) { return (Floats)_mm512_max_ps((__m512)a, (__m512)b); }

#elif defined(__AVX2__)

INLINE Bits greater(Floats a, Floats b) {
    return Bits(_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ)));
}
INLINE Bits equal(Floats a, Floats b) {
    return Bits(_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)b, _CMP_EQ_OQ)));
}
INLINE void stream(float* at, Floats value) {
    if ((uintptr_t)at % sizeof(Floats)) store(at, value);
    else _mm256_stream_ps(at, (__m256)value);
}
INLINE Floats larger(Floats a, Floats b) { return (Floats)_mm256_max_ps((__m256)a, (__m256)b); }

#else

INLINE Bits bits_of(Ints truth) {
    int32_t found = 0;
    for (int lane = 0; lane < WIDTH; ++lane) found |= truth[lane] & 1 << lane;
    return Bits(found);
}

INLINE void stream(float* at, Floats value) { store(at, value); }
INLINE Bits greater(Floats a, Floats b) { return bits_of(a > b); }
INLINE Bits equal(Floats a, Floats b) { return bits_of(a == b); }
INLINE Floats larger(Floats a, Floats b) { return a > b ? a : b; }

#endif

#if !defined(__AVX512F__)
INLINE Floats load_where(Bits bits, const float* at) {
    const Ints lanes = {1, 2, 4, 8, 16, 32, 64, 128};
    const Ints chosen = ((Ints{} + int32_t(bits)) & lanes) == lanes;
    return (Floats)(chosen & (Ints)load(at));
}
#endif

}  // namespace VARIANT
