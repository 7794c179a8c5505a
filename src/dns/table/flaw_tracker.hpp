// Tracks which modules have rows in the database with invalid values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/route_row.hpp"

namespace lars::dns {

// The rows of one module with invalid values.
struct module_flaws {
  route_key key;
  std::size_t rows = 0;
  std::size_t left_out = 0;    // of these rows: they name no host
  std::uint64_t first_id = 0;  // the lowest id of these rows; `reason` belongs to it
  std::string reason;
  bool unusable = false;          // the module has no other rows
  std::uint64_t fingerprint = 0;  // of all these rows
};

// Adds up the flaws of rows, in any order, by module.
class flaw_collector {
public:
  // Adds a row, valid or not. REQUIRES: it belongs to a module.
  void add(const storage::route_row& row);

  // The modules with flaws, by key. `has_hosts(key)`: whether other rows of the module name hosts.
  template <class F>
  std::vector<module_flaws> finish(F has_hosts) {
    std::vector<module_flaws> all;
    for (auto& [key, flaws] : modules_) {
      flaws.unusable = !has_hosts(key);
      all.push_back(std::move(flaws));
    }
    std::ranges::sort(all, {}, &module_flaws::key);
    return all;
  }

private:
  std::unordered_map<route_key, module_flaws> modules_;
};

// Threads: one thread at a time. No I/O, nothing is logged here.
class flaw_tracker {
public:
  // Everything was loaded; `all` are all flaws.
  void load(std::span<const module_flaws> all);

  // These modules were read again; `found` are those of them with flaws. Returns those whose flaws changed.
  std::vector<module_flaws> replace(std::span<const route_key> keys, std::vector<module_flaws> found);

  std::size_t rows() const { return rows_; }          // with invalid values
  std::size_t unusable() const { return unusable_; }  // modules that have rows, but none that names a host

private:
  struct held {
    std::size_t rows = 0;
    std::uint64_t fingerprint = 0;
    bool unusable = false;
  };
  void hold(const module_flaws& flaws);

  std::unordered_map<route_key, held> held_;
  std::size_t rows_ = 0;
  std::size_t unusable_ = 0;
};

}  // namespace lars::dns
