#include "share/caller_counters.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/fetch_ahead.hpp"

namespace lars::share {
namespace {

constexpr std::uint64_t most_a_look = 1u << 30;  // calls of one slot that one look accepts, whatever the memory says
constexpr std::uint64_t most_dirty = 1u << 15;   // entries that one look follows; sweeps find the rest
constexpr std::uint64_t most_owed = 1u << 15;    // slots that one look sweeps after an overrun
constexpr std::uint64_t most_loads_a_look = 4096;

// How far a count has grown; 0 where it went backwards.
template <class T>
std::uint64_t progress(T now, T& seen, std::uint64_t& rejected) {
  const auto before = std::exchange(seen, now);
  if (now >= before) return std::min<std::uint64_t>(now - before, most_a_look);
  ++rejected;
  return 0;
}

std::uint64_t file_name(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 ? about.st_ino : 0;
}

// The bucket with the most calls.
std::size_t fullest(const counter_slot& of) {
  std::size_t most = 0;
  for (std::size_t i = 0; i < of.latency.size(); ++i)
    if (of.latency[i].load(std::memory_order_relaxed) > of.latency[most].load(std::memory_order_relaxed)) most = i;
  return most;
}

// Drains the latency buckets of `into.ends` calls. Buckets are raised before `ends`: what they hold beyond that belongs
// to the next look. Most looks find one call, whose bucket its latency tells.
void take_latencies(const counter_slot& own, checkpoint_entry& seen, counted_calls& into) {
  std::uint64_t told = 0;
  const auto take = [&](std::size_t bucket) {
    const auto now = static_cast<std::uint16_t>(own.latency[bucket].load(std::memory_order_relaxed));
    const auto more = static_cast<std::uint16_t>(now - std::exchange(seen.latency[bucket], now));
    into.latency[bucket] += more;
    told += more;
  };
  if (into.ends == 1) take(base::latency_bucket_of(into.latency_us));
  for (std::size_t i = 0; i < into.latency.size() && told < into.ends; ++i) take(i);
  // More than 65,535 calls to one host since the last look: the 16-bit counts wrapped. Add the missing multiples of
  // 65,536 to the fullest bucket.
  if (told + 65536 <= into.ends) [[unlikely]]
    into.latency[fullest(own)] += static_cast<std::uint32_t>((into.ends - told) / 65536 * 65536);
}

// Calls that began and have not been seen to end.
std::int32_t under_way(const checkpoint_entry& seen) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(seen.picks - seen.ends) - seen.dropped);
}

bool covers(const counter_slot& own, const checkpoint_entry& seen) {
  if (seen.picks > own.picks.load(std::memory_order_relaxed) || seen.ends > own.ends.load(std::memory_order_relaxed))
    return false;
  return under_way(seen) == 0 || seen.where == own.where.load(std::memory_order_relaxed);
}

endpoint endpoint_of(std::uint64_t name) { return {balance::high_of(name), balance::low_of(name)}; }

}  // namespace

result<descriptor> make_checkpoint(std::uint64_t segment_bytes) {
  auto checkpoint = make_memory_file("lars-checkpoint");
  if (!checkpoint) return checkpoint.error();
  if (!resize(checkpoint->get(), checkpoint_bytes(segment_bytes)))
    return {errc::system_error, "no memory for counters"};
  if (!add_seals(checkpoint->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  // The caller only keeps it for the next agent, which runs as this user and makes it writable again.
  return read_only(checkpoint->get());
}

result<segment_files> make_segment(std::uint64_t bytes) {
  auto counters = make_memory_file("lars-counters");
  if (!counters) return counters.error();
  if (!allocate(counters->get(), 0, bytes)) return {errc::system_error, "no memory for counters"};
  if (!add_seals(counters->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  auto checkpoint = make_checkpoint(bytes);
  if (!checkpoint) return checkpoint.error();
  return segment_files{*std::move(counters), *std::move(checkpoint)};
}

result<void> caller_counters::add(const segment_files& files, std::uint64_t most_bytes) {
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
                       std::vector<std::uint32_t>(place_of(*size / block_alignment) + 1)});
  return {};
}

void caller_counters::parse() {
  for (std::uint32_t segment = 0; segment < segments_.size() && sound_; ++segment) {
    auto& in = segments_[segment];
    const auto& header = *reinterpret_cast<const segment_header*>(in.counters.data());
    const auto used = header.used.load(std::memory_order_acquire);
    if (used > in.counters.size()) sound_ = false;
    while (sound_ && in.parsed + sizeof(block_header) <= used) sound_ = parse_block(segment, in);
  }
}

// Reads each header once, checks it and keeps a copy: later changes of the memory have no effect.
bool caller_counters::parse_block(std::uint32_t segment, pages& in) {
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
    rings_.push_back({segment, at, 0});
    // The entries of a ring that was handed back were for an earlier agent; look_at_all() finds what they name.
    rings_.back().tail = header.head.load(std::memory_order_acquire);
    overrun_ = true;
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
    steps_ += std::max<std::uint64_t>(count, 1);
    in.block_at[place_of(block)] = static_cast<std::uint32_t>(blocks_.size());
  } else if (kind == static_cast<std::uint64_t>(block_kind::loads)) {
    if (count != load_places || room < load_places * sizeof(load_entry)) return false;
    loads_.emplace_back(header);
  } else {
    return false;
  }
  in.parsed += bytes;
  return true;
}

const counter_slot& caller_counters::slot(const counter_block& block, std::uint32_t number) const {
  return reinterpret_cast<const counter_slot*>(segments_[block.segment].counters.data() + block.slots_at())[number];
}

checkpoint_entry& caller_counters::entry(const counter_block& block, std::uint32_t number) const {
  return reinterpret_cast<checkpoint_entry*>(
      segments_[block.segment].checkpoint.data())[block.slots_at() / sizeof(counter_slot) + number];
}

void caller_counters::look(bool whole, calls_sink& each) {
  parse();
  if (!sound_) return;
  auto left = most_dirty;
  for (auto& one : rings_) follow(one, left, each);
  if (!whole) return;
  if (std::exchange(overrun_, false)) owed_ = steps_;
  const auto now = std::min(owed_, most_owed);
  owed_ -= now;
  sweep(now, each);
}

void caller_counters::look_at(const counter_block& block, std::uint32_t number, calls_sink& each) {
  if (look_at(block, number, each.room())) each.keep();
}

void caller_counters::look_at_loads(const load_sink& each) {
  if (!sound_ || loads_.empty()) return;
  std::uint64_t left = most_loads_a_look;
  for (std::size_t i = 0; i < loads_.size() && left > 0; ++i)
    left -= loads_[(first_loads_ + i) % loads_.size()].read(left, each);
  first_loads_ = (first_loads_ + 1) % loads_.size();
}

void caller_counters::skip_loads() {
  parse();
  for (auto& one : loads_) one.skip();
}

void caller_counters::follow(ring& one, std::uint64_t& left, calls_sink& each) {
  const auto& header = *reinterpret_cast<const block_header*>(segments_[one.segment].counters.data() + one.at);
  const auto* const places = reinterpret_cast<const shared_word*>(&header + 1);
  const auto head = header.head.load(std::memory_order_acquire);
  if (head - one.tail > std::min(dirty_ring_entries, left)) {
    overrun_ = true;
    one.tail = head;
    return;
  }
  left -= head - one.tail;
  std::array<place, batch> found;
  while (one.tail != head) {
    const auto count = std::min(head - one.tail, batch);
    find_places(one, places, count, found);
    for (std::uint64_t i = 0; i < count; ++i)
      if (found[i].block != 0) look_at(blocks_[found[i].block - 1], found[i].slot, each);
    one.tail += count;
    each.hand_over();
  }
}

// Resolves a batch of dirty entries and prefetches what they lead to. Entries point anywhere in memory: each step is
// done for the whole batch before the next one, so that cache misses overlap.
void caller_counters::find_places(const ring& one, const shared_word* entries, std::uint64_t count,
                                  std::array<place, batch>& found) const {
  std::array<const std::uint32_t*, batch> blocks;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto told = unpack_dirty(entries[(one.tail + i) % dirty_ring_entries].load(std::memory_order_relaxed));
    found[i].slot = told.slot;
    blocks[i] = nullptr;
    if (told.segment >= segments_.size()) continue;
    const auto& block_at = segments_[told.segment].block_at;
    if (place_of(told.block) >= block_at.size()) continue;
    blocks[i] = &block_at[place_of(told.block)];
    base::fetch_ahead(blocks[i]);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    found[i].block = blocks[i] == nullptr ? 0 : *blocks[i];
    if (found[i].block != 0) base::fetch_ahead(&blocks_[found[i].block - 1]);
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    if (found[i].block == 0) continue;
    const auto& block = blocks_[found[i].block - 1];
    if (found[i].slot >= block.slots) {
      found[i].block = 0;
      continue;
    }
    base::fetch_ahead(&slot(block, found[i].slot));
    base::fetch_ahead(&entry(block, found[i].slot));
  }
}

void caller_counters::look_at_all(calls_sink& each) {
  parse();
  for (const auto& block : blocks_)
    for (std::uint32_t number = 0; number < block.slots; ++number) look_at(block, number, each);
  each.hand_over();
}

void caller_counters::sweep(std::size_t slots, calls_sink& each) {
  for (; slots > 0 && !blocks_.empty(); --slots) {
    if (sweep_block_ >= blocks_.size()) sweep_block_ = 0;
    const auto& block = blocks_[sweep_block_];
    if (sweep_slot_ < block.slots) look_at(block, sweep_slot_, each);
    if (++sweep_slot_ < block.slots) continue;
    sweep_slot_ = 0;
    ++sweep_block_;
  }
  each.hand_over();
}

bool caller_counters::look_at(const counter_block& block, std::uint32_t number, counted_calls& into) {
  const auto& own = slot(block, number);
  auto& seen = entry(block, number);
  // Read ends before picks, so that no call is seen to end before it began.
  const auto ends = own.ends.load(std::memory_order_acquire);
  const auto dropped = own.dropped.load(std::memory_order_acquire);
  const auto picks = own.picks.load(std::memory_order_acquire);
  if (picks == seen.picks && ends == seen.ends && dropped == seen.dropped) return false;
  const auto name = own.where.load(std::memory_order_acquire);
  if (name == 0) return false;
  // Our libraries never reuse a slot with calls in flight: these would be given back to another host.
  if (name != seen.where && under_way(seen) != 0) {
    sound_ = false;
    return false;
  }
  // Our libraries count a host at the index of its slot where that is free.
  if (std::exchange(seen.where, name) != name) seen.hint = number;
  into.key = block.key;
  into.owner = &block.owner;
  into.owner_since = &block.owner_since;
  into.where = endpoint_of(name);
  into.hint = &seen.hint;
  into.picks = progress(picks, seen.picks, rejected_);
  into.ends = progress(ends, seen.ends, rejected_);
  // Failures are raised before ends: a failure whose end has not been seen yet belongs to the next look.
  const auto failures = own.failures.load(std::memory_order_relaxed);
  if (failures < seen.failures) ++rejected_;
  into.failures = failures < seen.failures ? 0 : std::min(failures - seen.failures, into.ends);
  seen.failures = failures < seen.failures ? failures : seen.failures + into.failures;
  into.latency_us = progress(own.latency_us.load(std::memory_order_relaxed), seen.latency_us, rejected_);
  into.cost = progress(own.cost.load(std::memory_order_relaxed), seen.cost, rejected_);
  into.dropped = std::min<std::uint64_t>(dropped - seen.dropped, most_a_look);  // modulo 2^32
  seen.dropped = dropped;
  into.run = own.run.load(std::memory_order_relaxed);
  into.peak_us = own.peak_us.load(std::memory_order_relaxed);
  into.latency = {};
  take_latencies(own, seen, into);
  return true;
}

bool caller_counters::is_covered() {
  parse();
  for (const auto& block : blocks_)
    for (std::uint32_t number = 0; number < block.slots; ++number)
      if (!covers(slot(block, number), entry(block, number))) return false;
  return sound_;
}

void caller_counters::for_each_under_way(const std::function<void(route_key, endpoint, std::uint64_t)>& each) {
  parse();
  std::map<std::pair<route_key, std::uint64_t>, std::int64_t> sums;
  for (const auto& block : blocks_)
    for (std::uint32_t number = 0; number < block.slots; ++number) {
      const auto& seen = entry(block, number);
      if (const auto calls = under_way(seen); calls != 0) sums[{block.key, seen.where}] += calls;
    }
  for (const auto& [name, calls] : sums)
    if (calls > 0) each(name.first, endpoint_of(name.second), static_cast<std::uint64_t>(calls));
}

}  // namespace lars::share
