#include "share/routes_map.hpp"

#include <sys/stat.h>

#include <bit>
#include <functional>
#include <string>

namespace lars::share {
namespace {

constexpr std::uint64_t most_reserve = std::uint64_t{1} << 40;

}  // namespace

result<routes_map> routes_map::open(int fd) {
  struct stat about {};
  if (::fstat(fd, &about) != 0 || !cannot_shrink(fd) || about.st_size < static_cast<off_t>(sizeof(routes_header)))
    return {errc::bad_message, "that is no memory of an agent"};
  auto head = mapping::of(fd, sizeof(routes_header), mapping::access::read);
  if (!head) return head.error();
  const auto& header = *reinterpret_cast<const routes_header*>(head->data());
  if (header.magic.load(std::memory_order_acquire) != routes_magic)
    return {errc::bad_message, "that is no memory of an agent"};
  if (const auto layout = header.layout.load(std::memory_order_relaxed); !balance::is_readable_layout(layout))
    return {errc::schema_mismatch, "the agent's memory has layout " + balance::text_of_layout(layout) +
                                       ", this library reads layout " + std::to_string(balance::layout_major)};
  const auto reserve = header.reserve.load(std::memory_order_relaxed);
  if (reserve < sizeof(routes_header) || reserve > most_reserve) return {errc::bad_message, "its length is absurd"};
  auto pages = mapping::of(fd, reserve, mapping::access::read);
  if (!pages) return pages.error();
  routes_map made;
  made.pages_ = *std::move(pages);
  return made;
}

balance::module_view routes_map::find(route_key key) const {
  const balance::region memory(pages_.data(), header().end, pages_.size());
  const auto at = header().index.load(std::memory_order_acquire);
  const auto* const index = memory.find<index_header>(at);
  if (index == nullptr) return {};
  const auto room = index->room.load(std::memory_order_relaxed);
  const auto stride = index->stride.load(std::memory_order_relaxed);
  const auto* const first = memory.find<index_entry>(index->entries.load(std::memory_order_relaxed), room, stride);
  if (first == nullptr || !std::has_single_bit(room)) return {};
  const auto wanted = balance::join(static_cast<std::uint32_t>(key.modid), static_cast<std::uint32_t>(key.cmdid));
  auto place = std::hash<route_key>()(key) & (room - 1);
  for (std::uint64_t looked_at = 0; looked_at < room; ++looked_at, place = (place + 1) & (room - 1)) {
    const auto& entry = *balance::element(first, place, stride);
    const auto record = entry.record.load(std::memory_order_acquire);
    if (record == 0) return {};
    if (entry.key.load(std::memory_order_relaxed) == wanted)
      return {memory, memory.find<balance::module_record>(record), wanted};
  }
  return {};
}

}  // namespace lars::share
