// The answers of all modules, in 4,096 immutable shards that successive tables share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <unordered_set>
#include <vector>

#include "dns/table/route_shard.hpp"
#include "dns/table/shard_order.hpp"

namespace lars::dns {

// A module whose content differs between two tables.
struct route_change {
  route_key key;
  bool plain_differs = false;  // the answer for old agents differs too
};

// Immutable after construction. Threads: any thread. Lifetime: shared by the contexts that answer from it.
class route_table {
public:
  using shard_list = std::vector<std::shared_ptr<const route_shard>>;

  // The result of replacing modules.
  struct update {
    std::shared_ptr<const route_table> table;
    std::vector<route_change> changed;  // modules whose content differs
  };

  // Without modules.
  route_table() : route_table(shard_list(shard_count)) {}

  // `unusable`: modules as of is_unusable(). REQUIRES: shard_count shards, null where empty, each module in the shard
  // that shard_of names; no unusable module is in one.
  explicit route_table(shard_list shards, std::unordered_set<route_key> unusable = {});

  // False when the module has no hosts. The views live as long as the table.
  bool find(route_key key, stored_answer& out) const;

  // The module has rows in the database, but none has named a host since this dns started. Its route is unknown, so
  // agents keep what they have.
  bool is_unusable(route_key key) const { return unusable_->contains(key); }

  // The digest of the module's current route; 0 if the route is unknown.
  std::uint64_t digest(route_key key) const;

  // The table with these modules replaced, which are unusable no longer; shards without changes are shared. When
  // nothing differs, `table` is null. Of several answers for one module the last counts.
  update with(std::vector<module_answer> answers) const;

  std::size_t modules() const { return modules_; }
  std::size_t hosts() const { return hosts_; }

  // Null where it holds no module.
  const std::shared_ptr<const route_shard>& shard(std::size_t i) const { return shards_[i]; }

private:
  bool differs(const module_answer& answer, route_change& change) const;

  using module_set = std::unordered_set<route_key>;

  route_table(shard_list shards, std::shared_ptr<const module_set> unusable);

  shard_list shards_;
  std::shared_ptr<const module_set> unusable_;  // shared by successive tables
  std::size_t modules_ = 0;
  std::size_t hosts_ = 0;
};

}  // namespace lars::dns
