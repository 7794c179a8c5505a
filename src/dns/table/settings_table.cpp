#include "dns/table/settings_table.hpp"

#include <algorithm>
#include <lars/error.hpp>
#include <utility>

#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"
#include "storage/settings_text.hpp"

namespace lars::dns {
namespace {

// Settings that every agent of this release obeys.
result<base::module_settings> judged(const std::string& text) {
  auto settings = storage::parse_settings(text);
  if (!settings) return settings.error();
  if (const auto policy = balance::make_policy(settings->policy, settings->parameter); !policy) return policy.error();
  if (const auto health = balance::make_health({}, settings->health); !health) return health.error();
  return settings;
}

}  // namespace

std::vector<rejected_settings> settings_table::add(std::span<const storage::settings_row> rows) {
  std::vector<rejected_settings> rejected;
  for (const auto& row : rows) take(row, rejected);
  return rejected;
}

std::vector<rejected_settings> settings_table::replace(std::span<const route_key> keys,
                                                       std::span<const storage::settings_row> rows) {
  for (const route_key key : keys) {
    const auto known = held_.find(key);
    if (known == held_.end() || std::ranges::find(rows, key, &storage::settings_row::key) != rows.end()) continue;
    count(known->second, false);
    held_.erase(known);
  }
  return add(rows);
}

void settings_table::take(const storage::settings_row& row, std::vector<rejected_settings>& rejected) {
  const auto [place, is_new] = held_.try_emplace(row.key);
  held& one = place->second;
  if (!is_new && one.text == row.text) return;
  if (!is_new) count(one, false);
  one.text = row.text;
  auto settings = judged(row.text);
  one.refused = !settings;
  if (settings)
    one.good = *std::move(settings);
  else
    rejected.push_back({row.key, settings.error().detail});
  count(one, true);
}

void settings_table::count(const held& one, bool added) {
  const auto change = [added](std::size_t& number, bool counts) {
    if (counts) added ? ++number : --number;
  };
  change(without_, one.good.empty());
  change(refused_, one.refused);
}

std::vector<route_key> settings_table::differing(std::span<const storage::settings_row> all) const {
  std::vector<route_key> keys;
  std::unordered_map<route_key, const std::string*> there;
  there.reserve(all.size());
  for (const auto& row : all) {
    there.emplace(row.key, &row.text);
    const auto known = held_.find(row.key);
    if (known == held_.end() || known->second.text != row.text) keys.push_back(row.key);
  }
  for (const auto& [key, one] : held_)
    if (!there.contains(key)) keys.push_back(key);
  return keys;
}

const base::module_settings& settings_table::of(route_key key) const {
  static const base::module_settings none;
  const auto known = held_.find(key);
  return known == held_.end() ? none : known->second.good;
}

}  // namespace lars::dns
