// Every module's answers, in 4,096 immutable shards that successive tables share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <vector>

#include "dns/route_shard.hpp"
#include "dns/shard_order.hpp"

namespace lars::dns {

// A module whose content differs between two tables.
struct route_change {
  route_key key;
  bool plain_differs = false;  // peers already in the field see the difference too
};

// Immutable after construction. Threads: any thread. Lifetime: shared by the contexts that answer from it.
class route_table {
public:
  using shard_list = std::vector<std::shared_ptr<const route_shard>>;

  // What replacing some modules led to.
  struct update {
    std::shared_ptr<const route_table> table;
    std::vector<route_change> changed;  // only modules whose content really differs
  };

  // Without modules.
  route_table() : shards_(shard_count) {}

  // REQUIRES: shard_count shards, null where empty, each module in the shard that shard_of names.
  explicit route_table(shard_list shards);

  // False when the module has no hosts. The views live as long as the table.
  bool find(route_key key, stored_answer& out) const;

  // The digest an agent with the right route of this module has.
  std::uint64_t digest(route_key key) const;

  // The table with these modules replaced; shards without changes are shared. When nothing differs, `table` is null.
  // Of several answers for one module the last counts.
  update with(std::vector<module_answer> answers) const;

  std::size_t modules() const { return modules_; }
  std::size_t hosts() const { return hosts_; }

  // Null where it holds no module.
  const std::shared_ptr<const route_shard>& shard(std::size_t i) const { return shards_[i]; }

private:
  bool differs(const module_answer& answer, route_change& change) const;

  shard_list shards_;
  std::size_t modules_ = 0;
  std::size_t hosts_ = 0;
};

}  // namespace lars::dns
