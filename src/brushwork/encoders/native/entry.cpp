// Functions of the library, in the best variant that this processor supports.
#include <cstdlib>
#include <cstring>
#if defined(WITH_amx)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif
#include "variant.hpp"

extern "C" {
extern const Table table_generic;
#if defined(__x86_64__)
extern const Table table_avx2;
extern const Table table_avx512;
#endif
#if defined(WITH_amx)
extern const Table table_amx;
#endif
}

namespace {

struct Named {
    const char* name;
    const Table* table;
};

// BRUSHWORK_KERNELS selects a lesser variant (avx512, avx2, generic), to test it or to work around a fault.
bool is_asked(const char* name) {
    const char* asked = std::getenv("BRUSHWORK_KERNELS");
    return asked && std::strcmp(asked, name) == 0;
}

#if defined(WITH_amx)
// Linux saves the tiles' registers only for processes that ask for it.
bool may_use_tiles() {
    constexpr unsigned REQUEST = 0x1023, TILES = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a, b, c, d;
    const bool has_tiles = __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> 24 & d >> 22 & 1;
    const bool converts = __get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 5 & 1;
    return has_tiles && converts && syscall(SYS_arch_prctl, REQUEST, TILES) == 0;
}
#endif

Named best() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool has_512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512vl");
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#if defined(WITH_amx)
    if (has_512 && !is_asked("avx512") && !is_asked("avx2") && !is_asked("generic") && may_use_tiles())
        return {"amx", &table_amx};
#endif
    if (has_512 && !is_asked("avx2") && !is_asked("generic")) return {"avx512", &table_avx512};
    if (has_avx2 && !is_asked("generic")) return {"avx2", &table_avx2};
#endif
    return {"generic", &table_generic};
}

Named chosen = best();

bool in_bfloat16(const Layer& layer) { return layer.bfloat16 && chosen.table->convolve_bfloat16; }

}  // namespace

extern "C" {

// Lets the caller detect a library built from other sources, with other field offsets.
int64_t brushwork_sizes() { return int64_t(sizeof(Layer)) * 1000 + int64_t(sizeof(Sums)); }

const char* brushwork_variant() { return chosen.name; }

void brushwork_convolve(const Layer* layer) {
    if (layer->inputs == 3) chosen.table->convolve_first(*layer);
    else if (layer->outputs == 3) chosen.table->convolve_first_back(*layer);
    else if (in_bfloat16(*layer)) chosen.table->convolve_bfloat16(*layer);
    else chosen.table->convolve(*layer);
}

void brushwork_pool(const Layer* layer) { chosen.table->pool(*layer); }

void brushwork_unpool(const Layer* layer) { chosen.table->unpool(*layer); }

void brushwork_gram(const Sums* sums) { chosen.table->gram(*sums); }

void brushwork_gram_back(const Sums* sums) { chosen.table->gram_back(*sums); }

void brushwork_spread(const Sums* sums) { chosen.table->spread(*sums); }

void brushwork_spread_back(const Sums* sums) { chosen.table->spread_back(*sums); }

void brushwork_distance(const Sums* sums) { chosen.table->distance(*sums); }

void brushwork_distance_back(const Sums* sums) { chosen.table->distance_back(*sums); }

int64_t brushwork_scratch(const Layer* layer) {
    const bool is_deep = layer->inputs != 3 && layer->outputs != 3;
    return is_deep && in_bfloat16(*layer) ? chosen.table->scratch_bfloat16(*layer) : chosen.table->scratch(*layer);
}

}
