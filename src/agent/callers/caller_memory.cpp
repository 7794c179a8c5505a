#include "agent/callers/caller_memory.hpp"

#include <algorithm>
#include <utility>

#include "share/counters_format.hpp"

namespace lars::agent {
namespace {

using share::attach_status;

constexpr std::uint64_t most_segment = 16u << 20;

memory_grant full(memory_limit exceeded) { return {.status = attach_status::full, .exceeded = exceeded}; }

void add_files(memory_grant& grant, share::segment_files segment) {
  grant.files = {segment.counters.get(), segment.checkpoint.get()};
  grant.segments.push_back(std::move(segment));
}

}  // namespace

std::uint64_t caller_memory::bytes_besides(const caller& peer, base::time_point now) const {
  auto bytes = peer.account().left_memory(now);
  for (const auto& other : callers_)
    if (other.get() != &peer && other->attached && &other->account() == &peer.account())
      bytes += other->counters.bytes();
  return bytes;
}

// The part of the returned memory that the account counts already, for an ended or abandoned connection.
std::uint64_t caller_memory::bytes_had_before(const caller& returned) const {
  auto bytes = returned.account().left_memory_of(returned.counters.name());
  for (const auto& other : callers_)
    if (other.get() != &returned && other->attached && &other->account() == &returned.account() &&
        other->counters.name() == returned.counters.name())
      bytes += other->counters.bytes();
  return std::min(bytes, returned.counters.bytes());
}

memory_grant caller_memory::admit(caller& newcomer, std::vector<share::descriptor> files, base::time_point now) {
  if (!files.empty()) return readmit(newcomer, std::move(files), now);
  if (bytes_besides(newcomer, now) + share::allocated_bytes(share::first_segment) > most_of_process())
    return full(memory_limit::process);
  auto segment = share::make_segment(share::first_segment);
  if (!segment || !newcomer.counters.add(*segment, most_of_connection_)) return {.status = attach_status::no_memory};
  memory_grant granted;
  add_files(granted, *std::move(segment));
  return granted;
}

memory_grant caller_memory::readmit(caller& returned, std::vector<share::descriptor> files, base::time_point now) {
  if (files.size() % 2 != 0) return {.status = attach_status::refused};
  for (std::size_t i = 0; i < files.size(); i += 2)
    if (!returned.counters.add({std::move(files[i]), std::move(files[i + 1])}, most_of_connection_))
      return {.status = attach_status::refused};
  if (bytes_besides(returned, now) - bytes_had_before(returned) + returned.counters.bytes() > most_of_process())
    return full(memory_limit::process);
  if (!returned.counters.is_covered()) return {.status = attach_status::refused};
  return {};
}

// Doubles the caller's memory, so that a caller of many modules asks only a few times; at least `requested`.
memory_grant caller_memory::add_segment(caller& to, std::uint64_t requested, base::time_point now) {
  const auto allocated = to.counters.bytes();
  const auto besides = bytes_besides(to, now);
  const auto left_of_connection = most_of_connection_ - std::min(allocated, most_of_connection_);
  const auto left_of_process = most_of_process() - std::min(allocated + besides, most_of_process());
  const auto most = share::segment_within(std::min(left_of_connection, left_of_process));
  auto bytes = std::min(to.counters.counters_bytes(), most_segment);
  while (bytes < most && bytes - std::min<std::uint64_t>(bytes, 4096) < requested) bytes *= 2;
  bytes = std::min(bytes, most) / share::first_segment * share::first_segment;
  // Subtract instead of adding to `requested`, which may be any number and could overflow.
  if (bytes < 4096 || bytes - 4096 < requested)
    return full(left_of_process < left_of_connection ? memory_limit::process : memory_limit::connection);
  auto segment = share::make_segment(bytes);
  if (!segment || !to.counters.add(*segment, most_of_connection_)) return {.status = attach_status::no_memory};
  memory_grant granted{.bytes = bytes};
  add_files(granted, *std::move(segment));
  return granted;
}

memory_grant caller_memory::adopt(caller& from, std::vector<share::descriptor> files, base::time_point now) {
  constexpr auto refused = attach_status::refused;
  memory_grant granted;
  auto bytes = from.counters.bytes();
  for (auto& file : files) {
    const auto size = share::sealed_size(file.get());
    auto checkpoint = adopted_.checkpoint_of(file.get());
    if (!size || !checkpoint) return {.status = refused};
    bytes += share::allocated_bytes(*size);
    granted.segments.push_back({std::move(file), *std::move(checkpoint)});
  }
  if (bytes > most_of_connection_) return full(memory_limit::connection);
  if (bytes + bytes_besides(from, now) > most_of_process()) return full(memory_limit::process);
  for (const auto& segment : granted.segments) {
    if (!from.counters.add(segment, most_of_connection_) || !from.counters.is_covered()) return {.status = refused};
    granted.files.push_back(segment.checkpoint.get());
  }
  return granted;
}

void caller_memory::release(caller& leaving, base::time_point now) {
  leaving.account().add_left_memory(leaving.counters.name(), leaving.counters.bytes(), now);
}

void caller_memory::reclaim(caller& returned) {
  returned.account().reclaim_memory(returned.counters.name(), returned.counters.bytes());
}

}  // namespace lars::agent
