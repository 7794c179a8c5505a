#include "dns/table/row_filter.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "proto/codec.hpp"

namespace lars::dns {
namespace {

using zones = std::unordered_map<endpoint, std::string>;

// Decoded from the encoded answer: the table keeps nothing else.
zones zones_of(route_key key, const route_table& table) {
  zones found;
  stored_answer answer;
  proto::route_response route;
  if (!table.find(key, answer) || !proto::decode(answer.extended.substr(proto::frame_header_size), route)) return found;
  for (auto& host : route.hosts) found.emplace(host.where, std::move(host.zone));
  return found;
}

}  // namespace

void drop_unusable_rows(std::vector<storage::route_row>& rows, const route_table& before) {
  std::erase_if(rows, [](const storage::route_row& row) { return !row.is_usable(); });
  std::unordered_map<route_key, zones> known;
  for (auto& row : rows) {
    if (row.has_zone()) continue;
    const auto [place, is_new] = known.try_emplace(row.key);
    if (is_new) place->second = zones_of(row.key, before);
    const auto zone = place->second.find(row.target.where);
    row.target.zone = zone == place->second.end() ? std::string() : zone->second;
  }
}

}  // namespace lars::dns
