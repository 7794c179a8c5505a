#include "dns/table/table_loader.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "dns/table/module_answer.hpp"

namespace lars::dns {

void table_loader::add(std::span<const storage::route_row> page) {
  for (const auto& row : page) {
    if (!row.has_module()) {
      ++orphans_;
      continue;
    }
    checksums_.add(checksum_of(row));
    flaws_.add(row);
    if (!row.is_usable()) continue;
    const auto weight = static_cast<std::uint16_t>(std::min(row.target.weight, max_weight));
    shards_[shard_of(row.key)].push_back({row.key, row.target.where, row.has_zone() ? zone_number(row.target.zone) : 0,
                                          weight, static_cast<std::uint8_t>(row.target.state)});
  }
}

void table_loader::add(std::span<const storage::settings_row> page) {
  std::ranges::move(settings_.add(page), std::back_inserter(rejected_));
}

loaded_routes table_loader::finish() {
  loaded_routes out;
  route_table::shard_list list(shard_count);
  for (std::size_t i = 0; i < shard_count; ++i)
    if (!shards_[i].empty()) list[i] = encode(std::exchange(shards_[i], {}), out.cut);
  checksums_.seal();
  out.checksums = std::move(checksums_);
  out.settings = std::move(settings_);
  out.rejected = std::move(rejected_);
  const route_table usable(list);
  stored_answer found;
  out.flaws = flaws_.finish([&](route_key key) { return usable.find(key, found); });
  std::unordered_set<route_key> unusable;
  for (const auto& flaws : out.flaws)
    if (flaws.unusable) unusable.insert(flaws.key);
  out.table = std::make_shared<const route_table>(std::move(list), std::move(unusable));
  out.orphans = orphans_;
  return out;
}

std::shared_ptr<const route_shard> table_loader::encode(std::vector<packed_row> rows,
                                                        std::vector<module_answer>& cut) const {
  // Stable, so that of several rows for one host the newest stays last.
  std::stable_sort(rows.begin(), rows.end(), [](const packed_row& a, const packed_row& b) {
    return std::tie(a.key, a.where) < std::tie(b.key, b.where);
  });
  std::vector<module_answer> answers;
  std::vector<host> hosts;
  for (std::size_t i = 0; i < rows.size();) {
    const route_key key = rows[i].key;
    hosts.clear();
    for (; i < rows.size() && rows[i].key == key; ++i) {
      if (!hosts.empty() && hosts.back().where == rows[i].where) hosts.pop_back();
      hosts.push_back(unpacked(rows[i]));
    }
    answers.push_back(make_answer(key, hosts, settings_.of(key)));
    if (answers.back().cut) cut.push_back({key, answers.back().digest, answers.back().hosts, true, {}, {}});
  }
  return std::make_shared<const route_shard>(answers);
}

host table_loader::unpacked(const packed_row& row) const {
  return {row.where, row.weight, static_cast<host_state>(row.state), zones_[row.zone]};
}

std::uint32_t table_loader::zone_number(const std::string& zone) {
  if (zone.empty()) return 0;
  const auto [known, fresh] = zone_numbers_.try_emplace(zone, static_cast<std::uint32_t>(zones_.size()));
  if (fresh) zones_.push_back(zone);
  return known->second;
}

}  // namespace lars::dns
