// Builds the first table from all rows with little memory: rows are packed as their pages arrive, and freed shard by
// shard while the answers are encoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dns/table/flaw_tracker.hpp"
#include "dns/table/range_checksums.hpp"
#include "dns/table/route_table.hpp"
#include "dns/table/settings_table.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// The result of loading.
struct loaded_routes {
  std::shared_ptr<const route_table> table;
  range_checksums checksums;
  std::vector<module_answer>
      cut;  // modules whose plain answer does not hold every host; without the answers themselves
  settings_table settings;
  std::vector<rejected_settings> rejected;
  std::vector<module_flaws> flaws;
  std::size_t orphans = 0;  // rows that belong to no module
};

// Threads: one thread at a time. Single use: add pages, then finish once.
class table_loader {
public:
  table_loader() : shards_(shard_count) {}

  // Ignores the invalid parts of rows. REQUIRES: rows come by ascending id.
  void add(std::span<const storage::route_row> page);

  void add(std::span<const storage::settings_row> page);

  loaded_routes finish();

private:
  // A row without its id: rows of one module keep the order of their arrival, which is the order of their ids.
  struct packed_row {
    route_key key;
    endpoint where;
    std::uint32_t zone;  // index into zones_
    std::uint16_t weight;
    std::uint8_t state;
  };
  static_assert(sizeof(packed_row) == 24);

  std::uint32_t zone_number(const std::string& zone);
  host unpacked(const packed_row& row) const;
  std::shared_ptr<const route_shard> encode(std::vector<packed_row> rows, std::vector<module_answer>& cut) const;

  std::vector<std::vector<packed_row>> shards_;
  std::vector<std::string> zones_{std::string()};
  std::unordered_map<std::string, std::uint32_t> zone_numbers_;
  range_checksums checksums_;
  settings_table settings_;
  std::vector<rejected_settings> rejected_;
  flaw_collector flaws_;
  std::size_t orphans_ = 0;
};

}  // namespace lars::dns
