// How a dns reads routes: it watches, it never consumes. Nothing here writes.
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

// Everything that the database says of some modules.
struct module_rows {
  std::vector<route_row> routes;
  std::vector<settings_row> settings;
};

// One connection's view of the routes.
// Threads: blocking; one thread at a time. Lifetime: its owner's; it connects on first use and again after a loss.
// Errors: errc::unavailable when the database cannot be reached (the next call connects anew),
// errc::schema_mismatch when it has no route tables of ours, errc::not_found when there is no such file or database.
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

  // How many change rows have these ids, by range; of no module too. nullopt where ids become visible in their order,
  // so that none comes late.
  virtual result<std::optional<std::vector<change_count>>> count_changes(id_span ids) = 0;

  // The change rows whose ids are in these ranges, by id.
  virtual result<std::vector<change_row>> changes_in(std::span<const std::uint64_t> ranges) = 0;

  // Every row in pages, good or not (route_row::flaw), by id, and before them the settings of all modules, from one
  // consistent snapshot. Returns the mark that belongs to that snapshot. Rows are borrowed for the call.
  virtual result<change_mark> load(const std::function<void(std::span<const route_row>)>& routes,
                                   const std::function<void(std::span<const settings_row>)>& settings) = 0;

  // The rows of these modules from one consistent snapshot, in no order promised. Modules without rows have none in the
  // answer.
  virtual result<module_rows> rows_of(std::span<const route_key> keys) = 0;

  // Whether there is any row of any module at all.
  virtual result<bool> has_routes() = 0;

  // The settings of all modules. Far fewer than routes: most modules have none.
  virtual result<std::vector<settings_row>> all_settings() = 0;

  // The database's sign of change, where it has one; nullopt where it has none, or a transaction of up to a minute
  // could still commit without moving it. Lets a reconcile be skipped.
  virtual result<std::optional<change_stamp>> read_change_stamp() = 0;

  // Count and sum per id range of all rows that belong to a module, in one consistent snapshot. `found` ranges come in
  // ascending order.
  virtual result<std::vector<range_sum>> range_sums() = 0;

  // The modules that have rows in these id ranges, each once per range: pairs of (range, module).
  virtual result<std::vector<std::pair<std::uint64_t, route_key>>> modules_in(
      std::span<const std::uint64_t> ranges) = 0;
};

}  // namespace lars::storage
