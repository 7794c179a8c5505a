#include "dns/table/module_answer.hpp"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace lars::dns {
namespace {

constexpr std::uint64_t digest_seed = 0;

// By module, then host, then age, so that the last row of a run is the one that counts.
bool before(const storage::route_row& a, const storage::route_row& b) {
  return std::tie(a.key, a.target.where, a.id) < std::tie(b.key, b.target.where, b.id);
}

// Takes the hosts of one module off the front of sorted rows.
void next_module_hosts(route_key key, std::span<const storage::route_row>& rows, std::vector<host>& hosts) {
  hosts.clear();
  while (!rows.empty() && rows.front().key == key) {
    const bool same_host = !hosts.empty() && hosts.back().where == rows.front().target.where;
    if (same_host)
      hosts.back() = routed(rows.front());
    else
      hosts.push_back(routed(rows.front()));
    rows = rows.subspan(1);
  }
}

}  // namespace

std::uint64_t digest_of(std::span<const host> hosts, const base::module_settings& settings) {
  const std::string input = proto::digest_input(hosts, settings);
  const std::uint64_t digest = XXH64(input.data(), input.size(), digest_seed);
  return digest == 0 ? 1 : digest;
}

std::uint64_t empty_digest() {
  static const std::uint64_t digest = digest_of({}, {});
  return digest;
}

module_answer make_answer(route_key key, std::vector<host>& hosts, const base::module_settings& settings) {
  if (hosts.empty()) return {key, empty_digest(), 0, false, {}, {}};
  module_answer answer;
  answer.key = key;
  answer.digest = digest_of(hosts, settings);
  answer.hosts = static_cast<std::uint32_t>(hosts.size());
  proto::route_response response;
  response.key = key;
  response.digest = answer.digest;
  response.total_hosts = answer.hosts;
  response.settings = settings;
  response.hosts.swap(hosts);
  answer.plain = proto::encode_plain(response, answer.cut);
  answer.extended = proto::encode_extended(response);
  response.hosts.swap(hosts);
  return answer;
}

std::string empty_plain_answer(route_key key) {
  bool cut = false;
  return proto::encode_plain({.key = key, .hosts = {}}, cut);
}

std::string empty_extended_answer(route_key key) {
  return proto::encode_extended({.key = key, .hosts = {}, .digest = empty_digest()});
}

std::string unchanged_answer(route_key key, std::uint64_t digest) {
  return proto::encode_extended({.key = key, .hosts = {}, .digest = digest, .unchanged = true});
}

host routed(const storage::route_row& row) {
  host target = row.target;
  target.weight = std::min(target.weight, max_weight);
  return target;
}

std::vector<module_answer> make_answers(std::span<const route_key> keys, std::vector<storage::route_row> rows,
                                        const settings_table& settings) {
  std::sort(rows.begin(), rows.end(), before);
  std::vector<module_answer> answers;
  answers.reserve(keys.size());
  std::vector<host> hosts;
  for (const route_key key : keys) {
    const auto first = std::lower_bound(rows.begin(), rows.end(), key,
                                        [](const storage::route_row& row, route_key k) { return row.key < k; });
    std::span<const storage::route_row> rest(first, rows.end());
    next_module_hosts(key, rest, hosts);
    answers.push_back(make_answer(key, hosts, settings.of(key)));
  }
  return answers;
}

}  // namespace lars::dns
