#include "storage/route_plan.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/endpoint.hpp"

namespace lars::storage {
namespace {

constexpr std::size_t zone_limit = 64;  // bytes

struct place {
  route_key key;
  endpoint where;
  bool operator==(const place&) const = default;
};

struct place_hash {
  std::size_t operator()(const place& p) const noexcept {
    return std::hash<route_key>()(p.key) * 31 + std::hash<endpoint>()(p.where);
  }
};

bool same_values(const route_row& a, const route_row& b) { return a.target == b.target && a.zone == b.zone; }

void finish(route_plan& plan) {
  std::sort(plan.touched.begin(), plan.touched.end());
  plan.touched.erase(std::unique(plan.touched.begin(), plan.touched.end()), plan.touched.end());
}

error no_such_host(route_key key, endpoint where) {
  return {errc::not_found, "module " + std::to_string(key.modid) + "/" + std::to_string(key.cmdid) + " has no host " +
                               base::format_endpoint(where)};
}

// How many bytes the UTF-8 character at the front of `text` takes, 0 when there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : 4;
  if (first >= 0xF5 || (first >= 0x80 && first < 0xC2) || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  // Overlong forms, surrogates, and what lies beyond Unicode.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
  return size;
}

}  // namespace

route_plan plan_import(std::span<const route_row> current, std::span<const route_row> wanted,
                       std::optional<route_key> replace) {
  struct target {
    const route_row* row;
    bool present = false;
  };
  std::unordered_map<place, target, place_hash> targets;
  targets.reserve(wanted.size());
  for (const route_row& row : wanted) targets[{row.key, row.target.where}] = {&row};

  route_plan plan;
  for (const route_row& row : current) {
    const auto found = targets.find({row.key, row.target.where});
    if (found == targets.end()) {
      if (!replace || row.key != *replace) continue;
      plan.removals.push_back(row.id);
    } else {
      found->second.present = true;
      if (same_values(row, *found->second.row)) continue;
      plan.updates.push_back(*found->second.row);
      plan.updates.back().id = row.id;
    }
    plan.touched.push_back(row.key);
  }
  // In the order wanted, so that ids follow the file.
  for (const route_row& row : wanted) {
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
    if (row.key != key || row.target.where != where) continue;
    found = true;
    route_row changed = row;
    if (patch.weight) changed.target.weight = *patch.weight;
    if (patch.zone) changed.zone = *patch.zone;
    if (patch.state) changed.target.state = *patch.state;
    if (!same_values(row, changed)) plan.updates.push_back(std::move(changed));
  }
  if (!found) return no_such_host(key, where);
  if (!plan.empty()) plan.touched.push_back(key);
  return plan;
}

result<route_plan> plan_removal(std::span<const route_row> current, route_key key, endpoint where) {
  route_plan plan;
  for (const route_row& row : current)
    if (row.key == key && row.target.where == where) plan.removals.push_back(row.id);
  if (plan.empty()) return no_such_host(key, where);
  plan.touched.push_back(key);
  return plan;
}

result<void> check_weight(std::uint32_t weight) {
  if (weight > max_weight) return {errc::invalid_argument, "weight must be 0 to " + std::to_string(max_weight)};
  return {};
}

result<void> check_zone(std::string_view zone) {
  if (zone.size() > zone_limit)
    return {errc::invalid_argument, "zone is longer than " + std::to_string(zone_limit) + " bytes"};
  while (!zone.empty()) {
    const std::size_t size = character_size(zone);
    const unsigned char first = static_cast<unsigned char>(zone.front());
    if (size == 0 || first < 0x20 || first == 0x7F) return {errc::invalid_argument, "zone must be printable UTF-8"};
    zone.remove_prefix(size);
  }
  return {};
}

}  // namespace lars::storage
