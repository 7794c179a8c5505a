#include "bench/route_churn.hpp"
#include "storage/sql/open_storage.hpp"

#include <algorithm>
#include <thread>

namespace lars::bench {
namespace {

constexpr std::int32_t most_modules = 4;

// Makes the n-th change. Odd changes undo even ones.
result<void> change(storage::route_editor& routes, table_size size, std::int32_t n) {
  const auto modules = std::min(size.modules, most_modules);
  const route_key key{1 + n % modules, 1};
  const bool undo = n / modules % 2 != 0;
  const auto where = filled_host(key.modid, size.hosts - 1);
  if (size.hosts == 1) return routes.set(key, where, {.weight = undo ? default_weight : default_weight / 2});
  if (!undo) return routes.remove(key, where);
  return routes.add({0, key, {where, default_weight, host_state::up}});
}

}  // namespace

result<std::unique_ptr<child_task>> start_route_churn(const storage::storage_config& storage, table_size size,
                                                      std::chrono::milliseconds pause) {
  return child_task::start([&] {
    const auto routes = storage::open_route_editor(storage);
    for (std::int32_t n = 0;; ++n) {
      std::this_thread::sleep_for(pause);
      // dns reads meanwhile and may hold a lock; a later change makes up for one that failed.
      (void)change(*routes, size, n);
    }
    return 0;
  });
}

}  // namespace lars::bench
