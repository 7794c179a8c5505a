#include "dns/table/route_shard.hpp"

#include <algorithm>

namespace lars::dns {
namespace {

stored_answer view_of(const module_answer& answer) {
  return {answer.key, answer.digest, answer.hosts, answer.plain, answer.extended};
}

// The modules that the new shard will hold, in order, as views of where they are now.
std::vector<stored_answer> merged(const route_shard* old, std::span<const module_answer> changes) {
  std::vector<stored_answer> all;
  const std::size_t old_count = old == nullptr ? 0 : old->modules();
  all.reserve(old_count + changes.size());
  std::size_t i = 0;
  for (const module_answer& change : changes) {
    for (; i < old_count && old->at(i).key < change.key; ++i) all.push_back(old->at(i));
    if (i < old_count && old->at(i).key == change.key) ++i;
    if (change.has_hosts()) all.push_back(view_of(change));
  }
  for (; i < old_count; ++i) all.push_back(old->at(i));
  return all;
}

}  // namespace

route_shard::route_shard(std::span<const module_answer> answers) : route_shard(nullptr, answers) {}

route_shard::route_shard(const route_shard* old, std::span<const module_answer> changes) {
  const auto all = merged(old, changes);
  std::size_t size = 0;
  for (const auto& answer : all) size += answer.plain.size() + answer.extended.size();
  // Both are reserved exactly: a million rows leave no room for growth by doubling.
  entries_.reserve(all.size());
  bytes_.reserve(size);
  for (const auto& answer : all) append(answer);
}

bool route_shard::find(route_key key, stored_answer& out) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key, [](const entry& e, route_key k) { return e.key < k; });
  if (found == entries_.end() || found->key != key) return false;
  out = at(static_cast<std::size_t>(found - entries_.begin()));
  return true;
}

stored_answer route_shard::at(std::size_t i) const {
  const entry& e = entries_[i];
  const std::string_view all(bytes_);
  return {e.key, e.digest, e.hosts, all.substr(e.offset, e.plain_size),
          all.substr(e.offset + e.plain_size, e.extended_size)};
}

void route_shard::append(const stored_answer& answer) {
  entries_.push_back({answer.key, answer.digest, bytes_.size(), static_cast<std::uint32_t>(answer.plain.size()),
                      static_cast<std::uint32_t>(answer.extended.size()), answer.hosts});
  bytes_.append(answer.plain);
  bytes_.append(answer.extended);
  hosts_ += answer.hosts;
}

}  // namespace lars::dns
