#include "share/routes_memory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace lars::share {
namespace {

constexpr std::uint64_t first_room = 64;         // entries of the first index
constexpr std::uint64_t least_step = 64u << 10;  // bytes by which the file grows
constexpr std::uint64_t most_step = 4u << 20;

std::uint64_t name_of(route_key key) {
  return balance::join(static_cast<std::uint32_t>(key.modid), static_cast<std::uint32_t>(key.cmdid));
}

std::uint64_t hash_of(std::uint64_t key) {
  return std::hash<route_key>()(
      {static_cast<std::int32_t>(balance::high_of(key)), static_cast<std::int32_t>(balance::low_of(key))});
}

}  // namespace

result<std::unique_ptr<routes_memory>> routes_memory::create(std::uint64_t limit, std::uint64_t incarnation,
                                                             base::tick_rate rate) {
  auto file = make_memory_file("lars-routes");
  if (!file) return file.error();
  limit = std::max(limit, 2 * least_step) / least_step * least_step;
  // The file gets its largest length at once, without pages, and is sealed against growth: nobody who gets hold of it
  // can allocate more than the limit.
  if (!resize(file->get(), limit) || !share::allocate(file->get(), 0, least_step))
    return {errc::system_error, "no memory for routes"};
  auto pages = mapping::of(file->get(), limit, mapping::access::write);
  if (!pages) return pages.error();
  // Our own mapping was made before and stays writable; no later one can be.
  if (!add_seals(file->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  auto given = read_only(file->get());
  if (!given) return given.error();
  std::unique_ptr<routes_memory> made(new routes_memory(*std::move(file), *std::move(given), *std::move(pages), limit));
  auto& header = *made->header_;
  header.incarnation.store(incarnation, std::memory_order_relaxed);
  header.tick_rate.store(rate.units(), std::memory_order_relaxed);
  header.tick.store(1, std::memory_order_relaxed);
  header.epoch.store(1, std::memory_order_relaxed);
  header.beat.store(rate.now(), std::memory_order_relaxed);
  if (!made->renew_index()) return {errc::system_error, "no memory for routes"};
  header.layout.store(balance::layout_version, std::memory_order_relaxed);
  header.magic.store(routes_magic, std::memory_order_release);
  return made;
}

routes_memory::routes_memory(descriptor file, descriptor given, mapping pages, std::uint64_t limit)
    : file_(std::move(file)),
      given_(std::move(given)),
      pages_(std::move(pages)),
      header_(reinterpret_cast<routes_header*>(pages_.data())),
      limit_(limit) {
  header_->reserve.store(limit, std::memory_order_relaxed);
  header_->end.store(least_step, std::memory_order_release);
  set_memory(pages_.data(), header_->end);
}

routes_memory::~routes_memory() { end(); }

std::uint64_t routes_memory::allocate(std::uint64_t bytes) {
  const auto rounded = (bytes + alignment - 1) / alignment * alignment;
  if (rounded < bytes || rounded > limit_ - used_ || !extend(used_ + rounded)) return 0;
  return std::exchange(used_, used_ + rounded);
}

// Pages are allocated before readers can reach them: a machine without memory fails here and nowhere later.
bool routes_memory::extend(std::uint64_t to) {
  const auto end = header_->end.load(std::memory_order_relaxed);
  if (to <= end) return true;
  const auto step = std::clamp(end / 4 / least_step * least_step, least_step, most_step);
  const auto wanted = std::min(limit_, std::max(end + step, (to + least_step - 1) / least_step * least_step));
  if (!share::allocate(file_.get(), end, wanted - end)) return false;
  header_->end.store(wanted, std::memory_order_release);
  return true;
}

bool routes_memory::add(route_key key, std::uint64_t record) {
  if (2 * (entries_used_ + 1) > room_of(index()) && !renew_index()) return false;
  ++modules_;
  if (put(index(), name_of(key), record)) ++entries_used_;
  return true;
}

// The entry becomes a tombstone: searches for other keys go on past it.
void routes_memory::remove(route_key key) {
  const auto name = name_of(key);
  const auto mask = room_of(index()) - 1;
  auto* const entries = entries_of(index());
  for (auto place = hash_of(name) & mask; entries[place].record.load(std::memory_order_relaxed) != 0;
       place = (place + 1) & mask) {
    if (entries[place].key.load(std::memory_order_relaxed) != name ||
        entries[place].record.load(std::memory_order_relaxed) == tombstone)
      continue;
    entries[place].record.store(tombstone, std::memory_order_release);
    --modules_;
    return;
  }
}

// True where the entry was free. Tombstones are reused: a concurrent reader finds nothing, or a record with another
// key.
bool routes_memory::put(std::uint64_t index, std::uint64_t key, std::uint64_t record) {
  const auto mask = room_of(index) - 1;
  auto* const entries = entries_of(index);
  auto place = hash_of(key) & mask;
  while (entries[place].record.load(std::memory_order_relaxed) > tombstone) place = (place + 1) & mask;
  const bool fresh = entries[place].record.load(std::memory_order_relaxed) == 0;
  entries[place].key.store(key, std::memory_order_relaxed);
  entries[place].record.store(record, std::memory_order_release);
  return fresh;
}

// Replaces the index by a larger one where the modules need it, else by one of the same size without tombstones.
bool routes_memory::renew_index() {
  const auto old = index();
  const auto old_room = old == 0 ? 0 : room_of(old);
  const auto room = old_room == 0 ? first_room : 4 * (modules_ + 1) > old_room ? 2 * old_room : old_room;
  const auto bytes_of = [](std::uint64_t entries) { return sizeof(index_header) + entries * sizeof(index_entry); };
  const auto next = allocate_block(balance::block_use::index, bytes_of(room));
  if (next == 0) return false;
  auto& header = *at<index_header>(next);
  header.room.store(room, std::memory_order_relaxed);
  header.entries.store(next + sizeof(index_header), std::memory_order_relaxed);
  header.stride.store(sizeof(index_entry), std::memory_order_relaxed);
  for (std::uint64_t i = 0; i < room; ++i) entries_of(next)[i].record.store(0, std::memory_order_relaxed);
  for (std::uint64_t i = 0; i < old_room; ++i)
    if (const auto& one = entries_of(old)[i]; one.record.load(std::memory_order_relaxed) > tombstone)
      put(next, one.key.load(std::memory_order_relaxed), one.record.load(std::memory_order_relaxed));
  header_->index.store(next, std::memory_order_release);
  entries_used_ = modules_;
  if (old != 0) free_block(balance::block_use::index, {old, bytes_of(old_room)});
  return true;
}

}  // namespace lars::share
