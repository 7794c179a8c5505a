// One shard of the route table: the answers of its modules in one block of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dns/table/module_answer.hpp"

namespace lars::dns {

// A module in the table. Views are borrowed from the shard.
struct stored_answer {
  route_key key;
  std::uint64_t digest = 0;
  std::uint32_t hosts = 0;
  std::string_view plain;  // whole frames
  std::string_view extended;
};

// Immutable after construction; replaced whole. Threads: any thread.
// Invariant: modules are sorted and have hosts.
class route_shard {
public:
  // Exactly these modules. REQUIRES: sorted by key, each once, with hosts.
  explicit route_shard(std::span<const module_answer> answers);

  // The modules of `old` (may be null) with `changes` in place of theirs; changes without hosts remove.
  // REQUIRES: changes sorted by key, each once.
  route_shard(const route_shard* old, std::span<const module_answer> changes);

  // False when the module has no hosts.
  bool find(route_key key, stored_answer& out) const;

  std::size_t modules() const { return entries_.size(); }
  std::size_t hosts() const { return hosts_; }
  stored_answer at(std::size_t i) const;

private:
  struct entry {
    route_key key;
    std::uint64_t digest;
    std::uint64_t offset;  // of the plain answer; the extended one follows it
    std::uint32_t plain_size;
    std::uint32_t extended_size;
    std::uint32_t hosts;
  };

  void append(const stored_answer& answer);

  std::vector<entry> entries_;
  std::string bytes_;
  std::size_t hosts_ = 0;
};

}  // namespace lars::dns
