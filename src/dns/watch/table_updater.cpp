#include "dns/watch/table_updater.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <thread>
#include <unordered_set>
#include <utility>

#include "base/clock.hpp"
#include "dns/table/module_answer.hpp"
#include "dns/table/row_filter.hpp"
#include "dns/table/table_loader.hpp"
#include "dns/watch/shrink_guard.hpp"
#include "log/log.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;

struct loaded {
  storage::change_mark mark;
  loaded_routes routes;
  settings_counts settings;
  flaw_counts flaws;
};

struct reread {
  std::vector<module_answer> answers;
  std::vector<row_checksum> checksums;
  settings_counts settings;
  std::vector<rejected_settings> refused;
  flaw_counts flaws;
  std::vector<module_flaws> flawed;
};

// Of what was announced, so it holds up what else was; long enough for a table that is made anew to be locked or
// filled.
constexpr std::chrono::milliseconds reread_pause{100};

// Strangers' hands may write much that is wrong.
log::throttle flaw_lines;

settings_counts counts_of(const settings_table& book) { return {book.modules(), book.refused()}; }
flaw_counts counts_of(const flaw_tracker& book) { return {book.rows(), book.unusable()}; }

result<loaded> load_all(storage::route_reader& reader) {
  loaded out;
  {
    table_loader loader;
    auto mark = reader.load([&loader](std::span<const storage::route_row> page) { loader.add(page); },
                            [&loader](std::span<const storage::settings_row> page) { loader.add(page); });
    if (!mark) return mark.error();
    out.mark = *mark;
    out.routes = loader.finish();
    out.settings = counts_of(out.routes.settings);
  }
  // The rows were as large as the table itself; what they leave behind goes back to the system now.
  malloc_trim(0);
  return out;
}

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
void leave_unusable(std::vector<route_key>& modules, std::span<const module_flaws> flaws) {
  std::erase_if(modules, [flaws](route_key key) {
    const auto place = std::ranges::lower_bound(flaws, key, {}, &module_flaws::key);
    return place != flaws.end() && place->key == key && place->unusable;
  });
}

std::uint64_t hosts_of(const route_table& table, std::span<const route_key> modules) {
  std::uint64_t hosts = 0;
  stored_answer answer;
  for (const route_key key : modules)
    if (table.find(key, answer)) hosts += answer.hosts;
  return hosts;
}

// Errors, besides those of the reader: errc::unavailable where modules have no rows any more because no module has, be
// they announced one by one or all at once. A few rows may go so: somebody removed the last ones.
result<storage::module_rows> read_plausible_rows(storage::route_reader& reader, std::span<const route_key> modules,
                                                 const route_table& before) {
  auto rows = reader.rows_of(modules);
  const auto theirs = hosts_of(before, modules);
  const auto others = before.hosts() - theirs;
  if (rows && rows->routes.empty() && theirs > 0 && (others > 0 || theirs >= shrink_guard::few_rows)) {
    const auto filled = reader.has_routes();
    if (!filled) return filled.error();
    if (!*filled) return {errc::unavailable, "RouteData is empty all at once"};
  }
  if (!rows || !shrink_guard::is_suspicious(before.hosts(), others + rows->routes.size())) return rows;
  reader.renew();
  std::this_thread::sleep_for(reread_pause);
  return reader.rows_of(modules);
}

result<reread> read_again(storage::route_reader& reader, std::vector<route_key> modules, confirmation how,
                          const route_table& before, database_state& state) {
  auto rows = how == confirmation::unconfirmed ? read_plausible_rows(reader, modules, before) : reader.rows_of(modules);
  if (!rows) return rows.error();
  reread out;
  out.refused = state.settings.replace(modules, rows->settings);
  out.settings = counts_of(state.settings);
  out.checksums.reserve(rows->routes.size());
  std::ranges::transform(rows->routes, std::back_inserter(out.checksums), checksum_of);
  auto flaws = flaws_of(rows->routes);
  drop_unusable_rows(rows->routes, before);
  auto answered = modules;
  leave_unusable(answered, flaws);
  out.answers = make_answers(answered, std::move(rows->routes), state.settings);
  out.flawed = state.flaws.replace(modules, std::move(flaws));
  out.flaws = counts_of(state.flaws);
  return out;
}

}  // namespace

asio::awaitable<result<storage::change_mark>> table_updater::load() {
  const auto started = base::clock::now();
  auto read_all = [reader = reader_, state = state_] {
    auto all = load_all(*reader);
    if (!all) return all;
    state->settings = std::move(all->routes.settings);
    state->flaws.load(all->routes.flaws);
    all->flaws = counts_of(state->flaws);
    return all;
  };
  auto got = co_await thread_.run(std::move(read_all));
  if (!got) co_return got.error();
  loaded& all = *got;
  for (const auto& answer : all.routes.cut) note_cut(answer);
  report_settings(all.settings, all.routes.refused);
  report_flaws(all.flaws, all.routes.flaws);
  if (all.routes.orphans > 0)
    log::warn("dns.rows_without_module", {{"rows", all.routes.orphans}, {"remedy", "lars route list"}});
  planner_.emplace(std::move(all.routes.checksums));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - started);
  log::info("dns.loaded", {{"modules", all.routes.table->modules()},
                           {"hosts", all.routes.table->hosts()},
                           {"version", all.mark.version},
                           {"ms", took.count()}});
  routes_->publish(std::move(all.routes.table));
  co_return all.mark;
}

asio::awaitable<result<storage::change_mark>> table_updater::poll() {
  looked_ = base::clock::now();
  auto ask = [reader = reader_] { return reader->poll(); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<result<std::vector<storage::change_row>>> table_updater::changes_after(std::uint64_t id) {
  auto ask = [reader = reader_, id] { return reader->changes_after(id); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<result<std::optional<std::vector<storage::change_count>>>> table_updater::count_changes(
    storage::id_span ids) {
  auto ask = [reader = reader_, ids] { return reader->count_changes(ids); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<result<std::vector<storage::change_row>>> table_updater::changes_in(std::vector<std::uint64_t> ranges) {
  auto ask = [reader = reader_, ranges = std::move(ranges)] { return reader->changes_in(ranges); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<void> table_updater::renew() {
  // Named: GCC 12 destroys what a temporary of a co_await captured twice.
  auto drop = [reader = reader_] { reader->renew(); };
  co_await thread_.run(std::move(drop));
}

asio::awaitable<result<std::vector<row_checksum>>> table_updater::refresh(std::vector<route_key> modules,
                                                                          confirmation how) {
  auto read = [reader = reader_, state = state_, before = routes_->current(), modules = std::move(modules), how] {
    return read_again(*reader, modules, how, *before, *state);
  };
  auto got = co_await thread_.run(std::move(read));
  if (!got) co_return got.error();
  // No suspension from here on: results are applied in the order in which they were read.
  report_settings(got->settings, got->refused);
  report_flaws(got->flaws, got->flawed);
  for (const auto& answer : got->answers) note_cut(answer);
  for (const auto& change : routes_->apply(std::move(got->answers), looked_)) planner_->touch(change.key);
  co_return std::move(got->checksums);
}

asio::awaitable<result<std::vector<route_key>>> table_updater::differing(std::vector<storage::settings_row> all) {
  auto compare = [state = state_, all = std::move(all)] { return result(state->settings.differing(all)); };
  co_return co_await thread_.run(std::move(compare));
}

// Once a change: the book tells of a text only when it is another one.
void table_updater::report_settings(const settings_counts& counts, const std::vector<rejected_settings>& refused) {
  stats_.modules_with_settings = counts.modules;
  stats_.refused_settings = counts.refused;
  for (const auto& [key, reason] : refused)
    log::warn("dns.settings_refused", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"reason", reason}});
}

// Once a change, one line a module: `lars route list` names each row.
void table_updater::report_flaws(const flaw_counts& counts, const std::vector<module_flaws>& flawed) {
  stats_.refused_rows = counts.rows;
  stats_.unusable_modules = counts.unusable;
  for (const auto& flaws : flawed) {
    if (!log::admit(flaw_lines, "dns.rows_refused")) continue;
    log::warn("dns.rows_refused", {{"modid", flaws.key.modid},
                                   {"cmdid", flaws.key.cmdid},
                                   {"rows", flaws.rows},
                                   {"left_out", flaws.left_out},
                                   {"id", flaws.first_id},
                                   {"reason", flaws.reason},
                                   {"route_kept", flaws.unusable}});
  }
}

void table_updater::note_cut(const module_answer& answer) {
  if (!answer.cut) {
    cut_.erase(answer.key);
  } else if (cut_.insert(answer.key).second) {
    log::warn("dns.answer_cut", {{"modid", answer.key.modid}, {"cmdid", answer.key.cmdid}, {"hosts", answer.hosts}});
  }
}

}  // namespace lars::dns
