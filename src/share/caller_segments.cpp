#include "share/caller_segments.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "base/fetch_ahead.hpp"

namespace lars::share {
namespace {

std::uint64_t file_name(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 ? about.st_ino : 0;
}

}  // namespace

result<void> caller_segments::add(const segment_files& files, std::uint64_t most_bytes) {
  const auto size = sealed_size(files.counters.get());
  if (!size) return size.error();
  const auto checkpoint_size = sealed_size(files.checkpoint.get());
  if (!checkpoint_size) return checkpoint_size.error();
  if (*size < first_segment || *size % block_alignment != 0 || *checkpoint_size != checkpoint_bytes(*size))
    return {errc::bad_message, "a segment of a strange size"};
  if (segments_.empty()) name_ = file_name(files.counters.get());
  const auto whole = allocated_bytes(*size);
  if (whole > most_bytes - std::min(bytes_, most_bytes) || segments_.size() >= most_segments)
    return {errc::too_large, "more counters than a caller may have"};
  auto counters = mapping::of(files.counters.get(), *size, mapping::access::read);
  if (!counters) return counters.error();
  const auto own = writable_again(files.checkpoint.get());
  if (!own) return own.error();
  auto checkpoint = mapping::of(own->get(), *checkpoint_size, mapping::access::write);
  if (!checkpoint) return checkpoint.error();
  bytes_ += whole;
  counters_bytes_ += *size;
  segments_.push_back({*std::move(counters), *std::move(checkpoint), sizeof(segment_header),
                       std::vector<std::uint32_t>(index_of(*size / block_alignment) + 1)});
  return {};
}

bool caller_segments::parse() {
  for (std::uint32_t segment = 0; segment < segments_.size() && sound_; ++segment) {
    auto& in = segments_[segment];
    const auto& header = *reinterpret_cast<const segment_header*>(in.counters.data());
    const auto used = header.used.load(std::memory_order_acquire);
    if (used > in.counters.size()) sound_ = false;
    while (sound_ && in.parsed + sizeof(block_header) <= used) sound_ = parse_block(segment, in);
  }
  return sound_;
}

bool caller_segments::parse_block(std::uint32_t segment, pages& in) {
  const auto at = in.parsed;
  const auto& header = *reinterpret_cast<const block_header*>(in.counters.data() + at);
  const auto bytes = header.bytes.load(std::memory_order_relaxed);
  const auto count = header.count.load(std::memory_order_relaxed);
  const auto key = header.key.load(std::memory_order_relaxed);
  const auto kind = header.kind.load(std::memory_order_relaxed);
  if (bytes < sizeof(block_header) || bytes % block_alignment != 0 || bytes > in.counters.size() - at) return false;
  const auto room = bytes - sizeof(block_header);
  if (kind == static_cast<std::uint64_t>(block_kind::dirty_ring)) {
    if (count != dirty_ring_entries || room < dirty_ring_entries * sizeof(shared_word)) return false;
    dirty_rings_.emplace_back(header);
  } else if (kind == static_cast<std::uint64_t>(block_kind::counters)) {
    if (count > room / sizeof(counter_slot) || count > most_slots) return false;
    const auto block = at / block_alignment;
    blocks_.push_back(
        {{static_cast<std::int32_t>(balance::high_of(key)), static_cast<std::int32_t>(balance::low_of(key))},
         nullptr,
         segment,
         static_cast<std::uint32_t>(block),
         static_cast<std::uint32_t>(count),
         0});
    slots_ += std::max<std::uint64_t>(count, 1);
    in.block_at[index_of(block)] = static_cast<std::uint32_t>(blocks_.size());
  } else if (kind == static_cast<std::uint64_t>(block_kind::loads)) {
    if (count != load_places || room < load_places * sizeof(load_entry)) return false;
    load_rings_.emplace_back(header);
  }  // a later library may have other kinds
  in.parsed += bytes;
  return true;
}

// Entries lead anywhere in memory: each step is done for the whole batch before the next one, so that cache misses
// overlap.
void caller_segments::locate(std::span<const dirty_entry> entries,
                             std::array<location, dirty_ring_reader::batch>& found) const {
  std::array<const std::uint32_t*, dirty_ring_reader::batch> numbers;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    numbers[i] = nullptr;
    if (entries[i].segment >= segments_.size()) continue;
    const auto& block_at = segments_[entries[i].segment].block_at;
    if (index_of(entries[i].block) >= block_at.size()) continue;
    numbers[i] = &block_at[index_of(entries[i].block)];
    base::fetch_ahead(numbers[i]);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    found[i] = {numbers[i] == nullptr || *numbers[i] == 0 ? nullptr : &blocks_[*numbers[i] - 1], entries[i].slot};
    if (found[i].block != nullptr) base::fetch_ahead(found[i].block);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (found[i].block == nullptr) continue;
    if (found[i].slot >= found[i].block->slots) {
      found[i].block = nullptr;
      continue;
    }
    base::fetch_ahead(&slot(*found[i].block, found[i].slot));
    base::fetch_ahead(&entry(*found[i].block, found[i].slot));
  }
}

}  // namespace lars::share
