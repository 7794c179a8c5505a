#include "storage/sql/sql_route_editor.hpp"

#include <algorithm>
#include <tuple>

#include "catalog/host_fields.hpp"
#include "storage/route_check.hpp"
#include "storage/sql/route_query.hpp"
#include "storage/sql/schema.hpp"

namespace lars::storage {
namespace {

std::vector<route_key> modules_of(std::span<const route_row> rows, std::optional<route_key> also) {
  std::vector<route_key> keys;
  for (const route_row& row : rows) keys.push_back(row.key);
  if (also) keys.push_back(*also);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

// Old tables have no columns for weight, zone and state: every host has the default values.
bool fits_old_tables(const route_plan& plan) {
  return plan.updates.empty() && std::ranges::all_of(plan.inserts, [](const route_row& row) {
           return row.target.weight == default_weight && row.target.state == host_state::up && row.target.zone.empty();
         });
}

}  // namespace

sql_route_editor::sql_route_editor(const storage_config& config) : session_(config) {}

result<std::vector<route_row>> sql_route_editor::list(std::optional<route_key> only) {
  auto rows = session_.read([&](soci::session& sql, const schema_shape& shape) -> result<std::vector<route_row>> {
    if (only) return routes_of(sql, session_.kind(), shape, std::span(&*only, 1));
    std::vector<route_row> all;
    each_route(sql, session_.kind(), shape, "", [&](route_row& row) { all.push_back(std::move(row)); });
    return all;
  });
  if (rows)
    std::sort(rows->begin(), rows->end(), [](const route_row& a, const route_row& b) {
      return std::tie(a.key, a.target.where, a.id) < std::tie(b.key, b.target.where, b.id);
    });
  return rows;
}

result<void> sql_route_editor::add(const route_row& row) {
  auto done = import(std::span(&row, 1), std::nullopt);
  if (!done) return done.error();
  return {};
}

result<void> sql_route_editor::set(route_key key, endpoint where, const route_patch& patch) {
  if (auto good = catalog::check_weight(patch.weight.value_or(0)); !good) return good;
  if (auto good = catalog::check_zone(patch.zone.value_or("")); !good) return good;
  auto done = change(std::span(&key, 1),
                     [&](std::span<const route_row> current) { return plan_patch(current, key, where, patch); });
  if (!done) return done.error();
  return {};
}

result<void> sql_route_editor::remove(route_key key, endpoint where) {
  auto done =
      change(std::span(&key, 1), [&](std::span<const route_row> current) { return plan_removal(current, key, where); });
  if (!done) return done.error();
  return {};
}

result<std::size_t> sql_route_editor::import(std::span<const route_row> rows, std::optional<route_key> replace) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (auto good = check_row(rows[i]); !good)
      return {good.error().code, (rows.size() == 1 ? "" : "row " + std::to_string(i + 1) + ": ") + good.error().detail,
              good.error().field};
  return change(modules_of(rows, replace), [&](std::span<const route_row> current) -> result<route_plan> {
    return plan_import(current, rows, replace);
  });
}

result<std::size_t> sql_route_editor::change(std::span<const route_key> keys, const decide& make_plan) {
  return session_.write(
      [&](soci::session& sql, const schema_shape& shape, route_writer& writer) -> result<std::size_t> {
        const auto plan = make_plan(routes_of(sql, session_.kind(), shape, keys));
        if (!plan) return plan.error();
        if (plan->empty()) return 0u;
        if (!shape.extended && !fits_old_tables(*plan)) return not_migrated();
        writer.apply(*plan);
        writer.announce(plan->touched);
        return plan->size();
      });
}

}  // namespace lars::storage
