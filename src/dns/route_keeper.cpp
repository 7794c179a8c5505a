#include "dns/route_keeper.hpp"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

#include "base/clock.hpp"
#include "dns/module_answer.hpp"
#include "dns/table_loader.hpp"
#include "log/log.hpp"

namespace lars::dns {
namespace {

namespace asio = boost::asio;

struct loaded {
  storage::change_mark mark;
  loaded_routes routes;
  settings_counts settings;
};

struct reread {
  std::vector<module_answer> answers;
  std::vector<row_trace> traces;
  settings_counts settings;
  std::vector<settings_refusal> refused;
};

settings_counts counts_of(const settings_book& book) { return {book.modules(), book.refused()}; }

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

result<reread> read_again(storage::route_reader& reader, const std::vector<route_key>& modules, settings_book& book) {
  auto rows = reader.rows_of(modules);
  if (!rows) return rows.error();
  reread out;
  out.refused = book.replace(modules, rows->settings);
  out.settings = counts_of(book);
  out.traces.reserve(rows->routes.size());
  std::ranges::transform(rows->routes, std::back_inserter(out.traces), trace_of);
  out.answers = make_answers(modules, std::move(rows->routes), book);
  return out;
}

}  // namespace

asio::awaitable<result<storage::change_mark>> route_keeper::load() {
  const auto started = base::clock::now();
  auto read_all = [reader = reader_, book = settings_] {
    auto all = load_all(*reader);
    if (all) *book = std::move(all->routes.settings);
    return all;
  };
  auto got = co_await thread_.run(std::move(read_all));
  if (!got) co_return got.error();
  loaded& all = *got;
  for (const auto& answer : all.routes.cut) note_cut(answer);
  note_settings(all.settings, all.routes.refused);
  planner_.emplace(std::move(all.routes.ledger));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - started);
  log::info("dns.loaded", {{"modules", all.routes.table->modules()},
                           {"hosts", all.routes.table->hosts()},
                           {"version", all.mark.version},
                           {"ms", took.count()}});
  routes_->publish(std::move(all.routes.table));
  co_return all.mark;
}

asio::awaitable<result<storage::change_mark>> route_keeper::poll() {
  looked_ = base::clock::now();
  auto ask = [reader = reader_] { return reader->poll(); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<result<std::vector<storage::change_row>>> route_keeper::changes_after(std::uint64_t id) {
  auto ask = [reader = reader_, id] { return reader->changes_after(id); };
  co_return co_await thread_.run(std::move(ask));
}

asio::awaitable<result<std::vector<row_trace>>> route_keeper::refresh(std::vector<route_key> modules) {
  auto read = [reader = reader_, book = settings_, modules = std::move(modules)] {
    return read_again(*reader, modules, *book);
  };
  auto got = co_await thread_.run(std::move(read));
  if (!got) co_return got.error();
  // No suspension from here on: results are applied in the order in which they were read.
  note_settings(got->settings, got->refused);
  for (const auto& answer : got->answers) note_cut(answer);
  for (const auto& change : routes_->apply(std::move(got->answers), looked_)) planner_->touch(change.key);
  co_return std::move(got->traces);
}

asio::awaitable<result<std::vector<route_key>>> route_keeper::differing(std::vector<storage::settings_row> all) {
  auto compare = [book = settings_, all = std::move(all)] { return result(book->differing(all)); };
  co_return co_await thread_.run(std::move(compare));
}

// Once a change: the book tells of a text only when it is another one.
void route_keeper::note_settings(const settings_counts& counts, const std::vector<settings_refusal>& refused) {
  routes_->probe().modules_with_settings = counts.modules;
  routes_->probe().refused_settings = counts.refused;
  for (const auto& [key, reason] : refused)
    log::warn("dns.settings_refused", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"reason", reason}});
}

void route_keeper::note_cut(const module_answer& answer) {
  if (!answer.cut) {
    cut_.erase(answer.key);
  } else if (cut_.insert(answer.key).second) {
    log::warn("dns.answer_cut", {{"modid", answer.key.modid}, {"cmdid", answer.key.cmdid}, {"hosts", answer.hosts}});
  }
}

}  // namespace lars::dns
