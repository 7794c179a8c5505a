#include "storage/sql_route_editor.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

#include "base/clock.hpp"
#include "storage/route_query.hpp"
#include "storage/route_writer.hpp"
#include "storage/schema.hpp"

namespace lars::storage {
namespace {

constexpr std::chrono::seconds change_age =
    std::chrono::hours(24);  // of change rows that every dns has seen long since

result<void> check_row(const route_row& row) {
  if (auto good = check_weight(row.target.weight); !good) return good;
  return check_zone(row.zone);
}

std::vector<route_key> modules_of(std::span<const route_row> rows, std::optional<route_key> also) {
  std::vector<route_key> keys;
  for (const route_row& row : rows) keys.push_back(row.key);
  if (also) keys.push_back(*also);
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

sql_route_editor::sql_route_editor(const storage_config& config) : session_(config) {}

result<void> sql_route_editor::check_schema(soci::session& sql) {
  if (checked_generation_ == session_.generation()) return {};
  const schema_history history = read_history(sql, kind());
  switch (judge(history, kind())) {
    case schema_verdict::older:
      return {errc::schema_mismatch, "it is older than this program; run `lars migrate`"};
    case schema_verdict::newer:
      return {errc::schema_mismatch, "it is newer than this program; use the newer program"};
    case schema_verdict::current:
      break;
  }
  shape_ = read_shape(sql, kind());
  checked_generation_ = session_.generation();
  return {};
}

result<std::vector<route_row>> sql_route_editor::list(std::optional<route_key> only) {
  auto rows = session_.snapshot([&](soci::session& sql) -> result<std::vector<route_row>> {
    if (auto ours = check_schema(sql); !ours) return ours.error();
    if (only) return routes_of(sql, kind(), shape_, std::span(&*only, 1));
    std::vector<route_row> all;
    each_route(sql, kind(), shape_, "", [&](route_row& row) { all.push_back(std::move(row)); });
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
  if (auto good = check_weight(patch.weight.value_or(0)); !good) return good;
  if (auto good = check_zone(patch.zone.value_or("")); !good) return good;
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
      return {good.error().code, "row " + std::to_string(i + 1) + ": " + good.error().detail};
  return change(modules_of(rows, replace), [&](std::span<const route_row> current) -> result<route_plan> {
    return plan_import(current, rows, replace);
  });
}

result<std::size_t> sql_route_editor::change(std::span<const route_key> keys, const decide& what) {
  return session_.write([&](soci::session& sql) -> result<std::size_t> {
    if (auto ours = check_schema(sql); !ours) return ours.error();
    route_writer writer(sql, kind(), shape_);
    const std::int64_t version = writer.lock_version();
    const auto plan = what(routes_of(sql, kind(), shape_, keys));
    if (!plan) return plan.error();
    if (plan->empty()) return 0u;
    const std::int64_t now = base::unix_seconds();
    writer.apply(*plan);
    writer.expire_changes(now - change_age.count());
    writer.announce(plan->touched, std::max(now, version + 1));
    return plan->size();
  });
}

}  // namespace lars::storage
