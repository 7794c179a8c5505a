// The modules' settings in the database, and those in force: invalid settings change nothing.
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

// Settings in the database that are invalid.
struct rejected_settings {
  route_key key;
  std::string reason;
};

// Threads: one thread at a time. No I/O, nothing is logged here.
// Invariant: a module's settings in force are the last valid ones, until its row is removed.
class settings_table {
public:
  // Adds rows of new modules during the load. Returns the invalid ones.
  std::vector<rejected_settings> add(std::span<const storage::settings_row> rows);

  // Replaces these modules; `rows` are all their rows, in any order. Returns the invalid ones whose text was not
  // known before. REQUIRES: every row belongs to one of the keys.
  std::vector<rejected_settings> replace(std::span<const route_key> keys, std::span<const storage::settings_row> rows);

  // The modules whose rows changed, appeared or vanished, where `all` are all rows in the database.
  std::vector<route_key> differing(std::span<const storage::settings_row> all) const;

  // The settings in force; empty if there are none.
  const base::module_settings& of(route_key key) const;

  std::size_t modules() const { return held_.size() - without_; }  // with settings in force
  std::size_t refused() const { return refused_; }                 // whose text in the database is invalid

private:
  struct held {
    std::string text;  // as the database has it
    base::module_settings good;
    bool refused = false;
  };
  void take(const storage::settings_row& row, std::vector<rejected_settings>& rejected);
  void count(const held& one, bool added);

  std::unordered_map<route_key, held> held_;
  std::size_t without_ = 0;  // entries of held_ without settings in force
  std::size_t refused_ = 0;
};

}  // namespace lars::dns
