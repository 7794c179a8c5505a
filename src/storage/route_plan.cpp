#include "storage/route_plan.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/endpoint.hpp"

namespace lars::storage {
namespace {

struct host_key {
  route_key key;
  endpoint where;
  bool operator==(const host_key&) const = default;
};

struct host_key_hash {
  std::size_t operator()(const host_key& p) const noexcept {
    return std::hash<route_key>()(p.key) * 31 + std::hash<endpoint>()(p.where);
  }
};

// Whether the row needs no update. A row with invalid values always needs one.
bool is_up_to_date(const route_row& row, const route_row& requested) {
  return !row.flaw && row.target == requested.target;
}

// An out-of-range number is read as its low bits, which may match another host: such a row is a host's only if that
// host is not callable either.
bool is_host(const route_row& row, route_key key, endpoint where) {
  return row.has_module() && row.key == key && row.target.where == where &&
         (row.is_usable() || !base::is_callable(where));
}

void finish(route_plan& plan) {
  std::sort(plan.touched.begin(), plan.touched.end());
  plan.touched.erase(std::unique(plan.touched.begin(), plan.touched.end()), plan.touched.end());
}

error no_such_host(route_key key, endpoint where) {
  return {errc::not_found,
          "module " + std::to_string(key.modid) + "/" + std::to_string(key.cmdid) + " has no host " +
              base::format_endpoint(where),
          "host"};
}

}  // namespace

route_plan plan_import(std::span<const route_row> current, std::span<const route_row> requested,
                       std::optional<route_key> replace) {
  struct target {
    const route_row* row;
    bool present = false;
  };
  std::unordered_map<host_key, target, host_key_hash> targets;
  targets.reserve(requested.size());
  for (const route_row& row : requested) targets[{row.key, row.target.where}] = {&row};

  route_plan plan;
  for (const route_row& row : current) {
    if (!row.has_module()) continue;
    const auto found = row.is_usable() ? targets.find({row.key, row.target.where}) : targets.end();
    if (found == targets.end()) {
      if (!replace || row.key != *replace) continue;
      plan.removals.push_back(row.id);
    } else {
      found->second.present = true;
      if (is_up_to_date(row, *found->second.row)) continue;
      plan.updates.push_back(*found->second.row);
      plan.updates.back().id = row.id;
    }
    plan.touched.push_back(row.key);
  }
  // In the order requested, so that ids follow the file.
  for (const route_row& row : requested) {
    const target& last = targets.at({row.key, row.target.where});
    if (last.present || last.row != &row) continue;
    plan.inserts.push_back(row);
    plan.touched.push_back(row.key);
  }
  finish(plan);
  return plan;
}

result<route_plan> plan_patch(std::span<const route_row> current, route_key key, endpoint where,
                              const route_patch& patch) {
  route_plan plan;
  bool found = false;
  for (const route_row& row : current) {
    if (!is_host(row, key, where)) continue;
    found = true;
    route_row changed = row;
    if (patch.weight) changed.target.weight = *patch.weight;
    if (patch.zone) changed.target.zone = *patch.zone;
    if (patch.state) changed.target.state = *patch.state;
    if (!is_up_to_date(row, changed)) plan.updates.push_back(std::move(changed));
  }
  if (!found) return no_such_host(key, where);
  if (!plan.empty()) plan.touched.push_back(key);
  return plan;
}

result<route_plan> plan_removal(std::span<const route_row> current, route_key key, endpoint where) {
  route_plan plan;
  for (const route_row& row : current)
    if (is_host(row, key, where)) plan.removals.push_back(row.id);
  if (plan.empty()) return no_such_host(key, where);
  plan.touched.push_back(key);
  return plan;
}

}  // namespace lars::storage
