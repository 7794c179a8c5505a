#include "dns/table/flaw_tracker.hpp"

#include <functional>

namespace lars::dns {

void flaw_collector::add(const storage::route_row& row) {
  if (!row.flaw) return;
  auto& flaws = modules_[row.key];
  flaws.key = row.key;
  if (flaws.rows++ == 0 || row.id < flaws.first_id) {
    flaws.first_id = row.id;
    flaws.reason = row.flaw.reason;
  }
  if (!row.is_usable()) ++flaws.left_out;
  // A sum, so that the order of rows makes no difference.
  flaws.fingerprint += (std::hash<std::string>()(row.flaw.reason) ^ row.id) * 0x9E3779B97F4A7C15u;
}

void flaw_tracker::load(std::span<const module_flaws> all) {
  held_.clear();
  rows_ = unusable_ = 0;
  for (const auto& flaws : all) hold(flaws);
}

std::vector<module_flaws> flaw_tracker::replace(std::span<const route_key> keys, std::vector<module_flaws> found) {
  std::unordered_map<route_key, held> before;
  for (const route_key key : keys) {
    const auto known = held_.find(key);
    if (known == held_.end()) continue;
    rows_ -= known->second.rows;
    unusable_ -= known->second.unusable ? 1 : 0;
    before.insert(held_.extract(known));
  }
  for (const auto& flaws : found) hold(flaws);
  std::erase_if(found, [&](const module_flaws& flaws) {
    const auto known = before.find(flaws.key);
    return known != before.end() && known->second.fingerprint == flaws.fingerprint &&
           known->second.unusable == flaws.unusable;
  });
  return found;
}

void flaw_tracker::hold(const module_flaws& flaws) {
  held_[flaws.key] = {flaws.rows, flaws.fingerprint, flaws.unusable};
  rows_ += flaws.rows;
  unusable_ += flaws.unusable ? 1 : 0;
}

}  // namespace lars::dns
