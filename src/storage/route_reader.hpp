// How a dns reads and watches routes. Nothing here writes.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/change_stamp.hpp"
#include "storage/route_row.hpp"
#include "storage/settings_row.hpp"

namespace lars::storage {

// All rows of some modules.
struct module_rows {
  std::vector<route_row> routes;
  std::vector<settings_row> settings;
};

// One connection's view of the routes.
// Threads: blocking; one thread at a time. Lifetime: its owner's; it connects on first use and again after a loss.
// Errors: errc::unavailable when the database cannot be reached (the next call connects anew),
// errc::schema_mismatch when it lacks our route tables, errc::not_found when there is no such file or database.
class route_reader {
public:
  virtual ~route_reader() = default;

  // The call under way and every later one end at once with errc::unavailable. Any thread.
  virtual void interrupt() {}

  // The next call is made over a new connection.
  virtual void renew() {}

  // The cheap poll, made every few hundred milliseconds.
  virtual result<change_mark> poll() = 0;

  // Change rows with id > `after`, by id.
  virtual result<std::vector<change_row>> changes_after(std::uint64_t after) = 0;

  // Counts the change rows with these ids by range, including rows without a valid module. nullopt for a database whose
  // ids become visible in order, so that no row can appear late.
  virtual result<std::optional<std::vector<change_count>>> count_changes(id_span ids) = 0;

  // The change rows whose ids are in these ranges, by id.
  virtual result<std::vector<change_row>> changes_in(std::span<const std::uint64_t> ranges) = 0;

  // Passes on the settings of all modules and then every route in pages by id, valid or not (route_row::flaw), from one
  // consistent snapshot. Returns the mark of that snapshot. Rows are borrowed for the call.
  virtual result<change_mark> load(const std::function<void(std::span<const route_row>)>& routes,
                                   const std::function<void(std::span<const settings_row>)>& settings) = 0;

  // The rows of these modules from one consistent snapshot, in any order.
  virtual result<module_rows> rows_of(std::span<const route_key> keys) = 0;

  // Whether there is any row at all.
  virtual result<bool> has_routes() = 0;

  // The settings of all modules that have some; most have none.
  virtual result<std::vector<settings_row>> all_settings() = 0;

  // The database's stamp of the last change, with which a reconcile can be skipped. nullopt if the database has none,
  // or if a transaction of up to a minute could still commit without moving it.
  virtual result<std::optional<change_stamp>> read_change_stamp() = 0;

  // Count and checksum per id range of all rows with a valid module, from one consistent snapshot, ascending by range.
  virtual result<std::vector<range_sum>> range_sums() = 0;

  // The modules that have rows in these id ranges, each once per range: pairs of (range, module).
  virtual result<std::vector<std::pair<std::uint64_t, route_key>>> modules_in(
      std::span<const std::uint64_t> ranges) = 0;
};

}  // namespace lars::storage
