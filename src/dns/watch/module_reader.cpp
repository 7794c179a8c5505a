#include "dns/watch/module_reader.hpp"

#include <malloc.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <unordered_set>

#include "dns/table/row_filter.hpp"
#include "dns/watch/shrink_guard.hpp"

namespace lars::dns {
namespace {

std::vector<module_flaws> flaws_of(std::span<const storage::route_row> rows) {
  flaw_collector collector;
  std::unordered_set<route_key> with_hosts;
  for (const auto& row : rows) {
    collector.add(row);
    if (row.is_usable()) with_hosts.insert(row.key);
  }
  return collector.finish([&](route_key key) { return with_hosts.contains(key); });
}

// A module of which no row names a host keeps its last good route.
void remove_unusable(std::vector<route_key>& modules, std::span<const module_flaws> flaws) {
  std::erase_if(modules, [flaws](route_key key) {
    const auto entry = std::ranges::lower_bound(flaws, key, {}, &module_flaws::key);
    return entry != flaws.end() && entry->key == key && entry->unusable;
  });
}

std::uint64_t hosts_of(const route_table& table, std::span<const route_key> modules) {
  std::uint64_t hosts = 0;
  stored_answer answer;
  for (const route_key key : modules)
    if (table.find(key, answer)) hosts += answer.hosts;
  return hosts;
}

}  // namespace

result<full_read> module_reader::read_all() {
  full_read out;
  {
    table_loader loader;
    auto mark = reader_->load([&loader](std::span<const storage::route_row> page) { loader.add(page); },
                              [&loader](std::span<const storage::settings_row> page) { loader.add(page); });
    if (!mark) return mark.error();
    out.mark = *mark;
    out.routes = loader.finish();
  }
  settings_ = std::move(out.routes.settings);
  flaws_.load(out.routes.flaws);
  out.settings = count_settings();
  out.flaws = count_flaws();
  // The rows took as much memory as the table itself. Return it to the system now.
  malloc_trim(0);
  return out;
}

// Rejects an empty table when it held more than a few rows, or rows of other modules: a table that is being replaced is
// empty for a moment. The last few rows may be removed by hand.
result<storage::module_rows> module_reader::read_plausible_rows(std::span<const route_key> modules,
                                                                const route_table& before) {
  auto rows = reader_->rows_of(modules);
  const auto own_hosts = hosts_of(before, modules);
  const auto other_hosts = before.hosts() - own_hosts;
  if (rows && rows->routes.empty() && own_hosts > 0 && (other_hosts > 0 || own_hosts >= shrink_guard::few_rows)) {
    const auto filled = reader_->has_routes();
    if (!filled) return filled.error();
    if (!*filled) return {errc::unavailable, "RouteData became empty all at once; keeping the routes known so far"};
  }
  if (!rows || !shrink_guard::is_suspicious(before.hosts(), other_hosts + rows->routes.size())) return rows;
  reader_->renew();
  std::this_thread::sleep_for(reread_pause_);
  return reader_->rows_of(modules);
}

result<module_read> module_reader::read(const std::vector<route_key>& modules, confirmation how,
                                        const route_table& before) {
  auto rows = how == confirmation::unconfirmed ? read_plausible_rows(modules, before) : reader_->rows_of(modules);
  if (!rows) return rows.error();
  module_read out;
  out.rejected = settings_.replace(modules, rows->settings);
  out.settings = count_settings();
  out.checksums.reserve(rows->routes.size());
  std::ranges::transform(rows->routes, std::back_inserter(out.checksums), checksum_of);
  auto flaws = flaws_of(rows->routes);
  drop_unusable_rows(rows->routes, before);
  auto answered = modules;
  remove_unusable(answered, flaws);
  out.answers = make_answers(answered, std::move(rows->routes), settings_);
  out.flawed = flaws_.replace(modules, std::move(flaws));
  out.flaws = count_flaws();
  return out;
}

}  // namespace lars::dns
