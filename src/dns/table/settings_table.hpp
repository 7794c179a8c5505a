// What the database says of modules' settings, and what of it counts: a text that the catalog refuses changes nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/module_settings.hpp"
#include "storage/settings_row.hpp"

namespace lars::dns {

// Settings that somebody wrote and that are not allowed.
struct rejected_settings {
  route_key key;
  std::string reason;
};

// Threads: one thread at a time. No I/O, nothing is logged here.
// Invariant: what counts for a module is the last text of it that was allowed, until its row goes.
class settings_table {
public:
  // Rows of modules not known yet, while everything is loaded. Returns what was refused.
  std::vector<rejected_settings> add(std::span<const storage::settings_row> rows);

  // Reads these modules anew: `rows` are all there are of them, in any order. Returns what was refused and was not
  // refused with the same text before. REQUIRES: every row belongs to one of the keys.
  std::vector<rejected_settings> replace(std::span<const route_key> keys, std::span<const storage::settings_row> rows);

  // The modules whose rows are not as known, where `all` are all rows there are: changed, new or gone.
  std::vector<route_key> differing(std::span<const storage::settings_row> all) const;

  // What counts; empty settings where there are none.
  const base::module_settings& of(route_key key) const;

  std::size_t modules() const { return held_.size() - without_; }  // with settings that count
  std::size_t refused() const { return refused_; }                 // whose text is not allowed now

private:
  struct held {
    std::string text;  // as the database has it
    base::module_settings good;
    bool refused = false;
  };
  void take(const storage::settings_row& row, std::vector<rejected_settings>& rejected);
  void count(const held& one, bool added);

  std::unordered_map<route_key, held> held_;
  std::size_t without_ = 0;  // of them, where nothing counts
  std::size_t refused_ = 0;
};

}  // namespace lars::dns
