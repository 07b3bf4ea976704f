// The threads are torch's own, from the OpenMP runtime that it has loaded, so that two pools never compete. Without that
// runtime, and in a process forked from one that used it, new threads are started for each piece of work.
#include "threads.hpp"

#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

namespace {

using Parallel = void (*)(void (*)(void*), void*, unsigned, unsigned);

Parallel parallel = nullptr;
std::atomic<long> owner{0};

struct Shift {
    const brushwork::Work* work;
    std::atomic<int64_t> next{0};
    std::atomic<int> workers{0};
};

void take_items(void* given) {
    auto& shift = *static_cast<Shift*>(given);
    const int worker = shift.workers++;
    for (int64_t index; (index = shift.next++) < shift.work->items;)
        shift.work->item(shift.work->context, index, worker);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // what was written past the caches is seen by the next reader
}

bool owns_runtime() {
    long nobody = 0;
    const long process = getpid();
    return owner.compare_exchange_strong(nobody, process) || nobody == process;
}

void start_and_join(Shift& shift, int threads) {
    std::vector<std::thread> others;
    for (int count = 1; count < threads; ++count) others.emplace_back(take_items, &shift);
    take_items(&shift);
    for (auto& other : others) other.join();
}

}  // namespace

namespace brushwork {

void share(const Work& work, int threads) {
    Shift shift;
    shift.work = &work;
    const int64_t useful = threads < work.items ? threads : work.items;
    if (useful <= 1) take_items(&shift);
    else if (parallel && owns_runtime()) parallel(take_items, &shift, unsigned(useful), 0);
    else start_and_join(shift, int(useful));
}

}  // namespace brushwork

// `GOMP_parallel` of the loaded OpenMP runtime.
extern "C" void brushwork_use_threads(void* address) { parallel = reinterpret_cast<Parallel>(address); }
