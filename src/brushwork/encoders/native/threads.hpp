// Work shared among threads. Each takes the next item; the result does not depend on which thread takes which item.
#pragma once
#include <stdint.h>

namespace brushwork {

struct Work {
    void (*item)(const void* context, int64_t index, int worker);
    const void* context;
    int64_t items;
};

void share(const Work& work, int threads);

}  // namespace brushwork

#define SHARE(body, items, threads)                                                                        \
    brushwork::share({[](const void* context, int64_t index, int worker) {                                 \
                          (*static_cast<const decltype(body)*>(context))(index, worker);                   \
                      }, &body, items}, threads)
