#include "share/routes_memory.hpp"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "balance/module_state.hpp"
#include "balance/pick.hpp"
#include "share/private_memory.hpp"
#include "share/routes_map.hpp"

namespace lars::routes_memory_test {

using namespace lars::share;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<routes_memory> made(std::uint64_t limit = 64u << 20) {
  auto memory = routes_memory::create(limit, 77, {});
  REQUIRE(memory);
  return *std::move(memory);
}

routes_map mapped(const routes_memory& memory) {
  auto map = routes_map::open(memory.file());
  REQUIRE(map);
  return *std::move(map);
}

// The header as whoever may write it sees it.
routes_header& header_of(routes_memory& memory) { return *memory.at<routes_header>(0); }

}  // namespace

TEST_CASE("what its owner placed in the routes memory a caller finds by its key") {
  auto memory = made();
  private_memory spare;
  const auto map = mapped(*memory);
  CHECK(map.incarnation() == 77);
  CHECK(map.find({1, 1}).record == nullptr);
  const balance::health_config health;
  std::vector<std::unique_ptr<balance::module_state>> modules;
  for (std::int32_t n = 0; n < 1000; ++n) {
    auto& one =
        *modules.emplace_back(std::make_unique<balance::module_state>(health, route_key{n - 500, n}, *memory, spare));
    const host only{{static_cast<std::uint32_t>(n), 80}};
    one.apply(std::span(&only, 1), {});
    REQUIRE(memory->add({n - 500, n}, one.position()));
    REQUIRE(map.find({n - 500, n + 1}).record == nullptr);
  }
  for (std::int32_t n = 0; n < 1000; ++n) {
    balance::cursor counters;
    const auto picked = balance::pick(map.find({n - 500, n}), counters, {});
    REQUIRE(picked.code == balance::pick_code::picked);
    REQUIRE(picked.chosen.where.ip == static_cast<std::uint32_t>(n));
  }
}

TEST_CASE("where the memory says that it ends beyond its pages nothing beyond them is read") {
  auto memory = made();
  private_memory spare;
  const auto map = mapped(*memory);
  const balance::health_config health;
  balance::module_state hosts(health, {1, 1}, *memory, spare);
  REQUIRE(memory->add({1, 1}, hosts.position()));
  auto& header = header_of(*memory);
  header.end = UINT64_MAX;
  REQUIRE(map.find({1, 1}).record != nullptr);
  for (const auto index : {std::uint64_t{1} << 40, std::uint64_t{1} << 46, UINT64_MAX - 63}) {
    header.index = index;
    CHECK(map.find({1, 1}).record == nullptr);
  }
}

TEST_CASE("rounds, beats and the end of an agent reach its callers") {
  auto memory = made();
  const auto map = mapped(*memory);
  const auto tick = map.tick();
  memory->next_tick();
  memory->next_epoch();
  memory->beat(12345);
  CHECK(map.tick() == tick + 1);
  CHECK(map.beat() == 12345);
  CHECK(map.published() == 1);
  memory->beat(23456);
  CHECK(map.now().published == 2);
  CHECK_FALSE(map.ended());
  memory.reset();
  CHECK(map.ended());
  CHECK(map.find({1, 1}).record == nullptr);
}

TEST_CASE("memory that is full refuses, and what is in it stays") {
  auto memory = made(256u << 10);
  std::uint64_t taken = 0;
  while (memory->allocate(1000) != 0) ++taken;
  CHECK(taken > 200);
  CHECK(memory->used() <= memory->limit());
  CHECK(memory->allocate(UINT64_MAX) == 0);
  while (memory->allocate(64) != 0) ++taken;
  CHECK(memory->used() == memory->limit());
}

TEST_CASE("memory that is laid out otherwise, or is no agent's, is refused by name") {
  auto memory = made();
  header_of(*memory).layout.store((balance::layout_major + 1) << 16);
  CHECK(routes_map::open(memory->file()).error().code == errc::schema_mismatch);
  header_of(*memory).layout.store(balance::layout_version);
  header_of(*memory).magic.store(1);
  CHECK(routes_map::open(memory->file()).error().code == errc::bad_message);
  const auto plain = make_memory_file("test");
  CHECK(routes_map::open(plain->get()).error().code == errc::bad_message);
  CHECK(routes_map::open(-1).error().code == errc::bad_message);
}

TEST_CASE("whatever the index says, a caller's search ends and stays inside") {
  auto memory = made();
  const auto map = mapped(*memory);
  auto& header = header_of(*memory);
  std::mt19937_64 draw(5);
  const std::array<std::uint64_t, 8> telling{0, 1, 64, UINT64_MAX, header.end.load() - 64, 1u << 20, 8, 63};
  const auto index = header.index.load();
  for (int i = 0; i < 20000; ++i) {
    auto* const words = memory->at<shared_word>(index);
    words[draw() % 64].store(draw() % 2 == 0 ? telling[draw() % telling.size()] : draw() % (1u << 17));
    if (draw() % 4 == 0) header.index.store(telling[draw() % telling.size()] & ~std::uint64_t{7});
    const auto found = map.find({static_cast<std::int32_t>(draw() % 4), 1});
    if (found.record != nullptr) {
      balance::cursor counters;
      (void)balance::pick(found, counters, {draw(), {}});
    }
    header.index.store(index);
  }
}

// The hunt for torn reads: one writer at full speed changes members, weights and verdicts, adds modules so that the
// index grows, and runs out of memory so that modules move; readers pick all the while. Of a module's hosts all those
// of one list have the list's number in their port, and a list's number fits its module.
namespace {

constexpr std::int32_t first_modules = 8;
constexpr std::int32_t most_modules = 400;
constexpr std::uint32_t lists = 64;  // of each module

std::vector<host> list_of(std::int32_t module, std::uint32_t number, std::uint32_t weight) {
  std::vector<host> hosts;
  const auto size = 1 + (number * 7 + static_cast<std::uint32_t>(module)) % 40;
  for (std::uint32_t i = 0; i < size; ++i)
    hosts.push_back({{static_cast<std::uint32_t>(module) << 16 | i, number % lists}, weight, host_state::up});
  return hosts;
}

struct sightings {
  std::uint64_t picks = 0;
  std::uint64_t elsewhere = 0;
  std::uint64_t unreadable = 0;
  std::uint64_t torn = 0;
};

// A membership as a reader sees it; `careful` = whether it asks if it was overtaken. Counts it if it is of two lists.
void look_at(const balance::module_view& view, std::int32_t module, bool careful, sightings& seen) {
  if (!view.is_here()) {
    ++seen.elsewhere;
    return;
  }
  const balance::table_view table(view);
  bool whole = true;
  std::uint32_t number = 0;
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    const auto one = table.at(i);
    if (i == 0) number = one.where.port;
    whole = whole && one.where.port == number && one.where.ip >> 16 == static_cast<std::uint32_t>(module) &&
            one.slot < (1u << 20);
  }
  if (careful && !table.intact()) {
    ++seen.unreadable;
    return;
  }
  if (!whole) ++seen.torn;
}

void read_until(const std::atomic<bool>& done, const routes_memory& memory, bool careful, sightings& seen) {
  const auto map = routes_map::open(memory.file());
  std::mt19937_64 draw(std::hash<std::thread::id>()(std::this_thread::get_id()));
  std::array<balance::cursor, most_modules> counters;
  while (!done.load(std::memory_order_relaxed)) {
    const auto module = static_cast<std::int32_t>(draw() % most_modules);
    const auto view = map->find({module, 1});
    if (view.record == nullptr) continue;
    look_at(view, module, careful, seen);
    const auto picked = balance::pick(view, counters[static_cast<std::size_t>(module)], {draw(), {}});
    if (picked.code != balance::pick_code::picked) continue;
    ++seen.picks;
    const auto& where = picked.chosen.where;
    if (where.ip >> 16 != static_cast<std::uint32_t>(module) || where.port >= lists) ++seen.torn;
  }
}

sightings hunt(bool careful, std::chrono::milliseconds length) {
  // Little room: modules that grow late find none and move.
  auto memory = made(256u << 10);
  private_memory spare;
  const balance::health_config health;
  std::map<std::int32_t, std::unique_ptr<balance::module_state>> modules;
  const auto add = [&](std::int32_t n) {
    auto one = std::make_unique<balance::module_state>(health, route_key{n, 1}, *memory, spare);
    one->apply(list_of(n, 0, 100), {});
    if (&one->memory() == memory.get()) (void)memory->add({n, 1}, one->position());
    modules.emplace(n, std::move(one));
  };
  for (std::int32_t n = 0; n < first_modules; ++n) add(n);
  std::atomic<bool> done{false};
  std::array<sightings, 3> seen;
  std::vector<std::thread> readers;
  for (auto& one : seen) readers.emplace_back([&] { read_until(done, *memory, careful, one); });
  std::mt19937_64 draw(1);
  const auto until = std::chrono::steady_clock::now() + length;
  for (std::uint32_t round = 1; std::chrono::steady_clock::now() < until; ++round) {
    const auto n = static_cast<std::int32_t>(draw() % modules.size());
    auto& one = *modules.at(n);
    const auto hosts = list_of(n, static_cast<std::uint32_t>(draw()) % lists, 1 + round % 200);
    one.apply(hosts, {});
    one.record(hosts[0].where, draw() % 2 == 0 ? balance::outcome::failure : balance::outcome::success, {});
    if (round % 64 == 0 && modules.size() < most_modules) add(static_cast<std::int32_t>(modules.size()));
    memory->next_tick();
  }
  done = true;
  for (auto& one : readers) one.join();
  sightings all;
  for (const auto& one : seen) {
    all.picks += one.picks;
    all.elsewhere += one.elsewhere;
    all.unreadable += one.unreadable;
    all.torn += one.torn;
  }
  return all;
}

}  // namespace

TEST_CASE("no reader sees half a table while the writer goes at full speed") {
  const auto seen = hunt(true, 2000ms);
  CHECK(seen.torn == 0);
  CHECK(seen.picks > 1000);
  INFO("unreadable " << seen.unreadable << ", elsewhere " << seen.elsewhere);
  CHECK(seen.elsewhere > 0);
}

TEST_CASE("the hunt finds torn tables where a reader does not ask whether it was overtaken") {
  std::uint64_t torn = 0;
  for (int attempt = 0; attempt < 10 && torn == 0; ++attempt) torn = hunt(false, 1000ms).torn;
  CHECK(torn > 0);
}

TEST_CASE("a module that was removed is not found any more, and others are") {
  auto memory = made();
  private_memory spare;
  const auto map = mapped(*memory);
  const balance::health_config health;
  balance::module_state hosts(health, {1, 1}, *memory, spare);
  constexpr std::int32_t count = 1000;
  for (std::int32_t n = 0; n < count; ++n) REQUIRE(memory->add({n, 1}, hosts.position()));
  for (std::int32_t n = 0; n < count; n += 2) memory->remove({n, 1});
  for (std::int32_t n = 0; n < count; ++n) CHECK((map.find({n, 1}).record != nullptr) == (n % 2 == 1));
  for (std::int32_t n = 0; n < count; n += 2) REQUIRE(memory->add({n, 1}, hosts.position()));
  for (std::int32_t n = 0; n < count; ++n) REQUIRE(map.find({n, 1}).record != nullptr);
}

TEST_CASE("the index stays as long as it is while modules come and go, those that stay are always found") {
  auto memory = made();
  private_memory spare;
  const auto map = mapped(*memory);
  const balance::health_config health;
  balance::module_state hosts(health, {1, 1}, *memory, spare);
  constexpr std::int32_t staying = 300;
  for (std::int32_t n = 0; n < staying; ++n) REQUIRE(memory->add({-1, n}, hosts.position()));
  std::uint64_t used = 0;
  for (std::int32_t round = 0; round < 100; ++round) {
    for (std::int32_t n = 0; n < 100; ++n) REQUIRE(memory->add({round, n}, hosts.position()));
    for (std::int32_t n = 0; n < 100; ++n) memory->remove({round, n});
    bool all = true;
    for (std::int32_t n = 0; n < staying; ++n) all = all && map.find({-1, n}).record != nullptr;
    REQUIRE(all);
    REQUIRE(map.find({round, 1}).record == nullptr);
    if (round == 20) used = memory->used();
  }
  CHECK(memory->used() == used);
}

// The hunt for other modules' hosts: modules come and go at full speed, and what they leave behind is used again at
// once; readers keep what they found of each for as long as it says that it is there.
namespace {

constexpr std::int32_t roaming_modules = 32;

struct visits {
  std::uint64_t picks = 0;
  std::uint64_t gone = 0;
  std::uint64_t strange = 0;  // hosts of another module
};

// `careful` = whether it asks if the memory is still the module's.
void visit_until(const std::atomic<bool>& done, const routes_memory& memory, bool careful, visits& seen) {
  const auto map = routes_map::open(memory.file());
  std::mt19937_64 draw(std::hash<std::thread::id>()(std::this_thread::get_id()));
  std::array<balance::module_view, roaming_modules> views;
  std::array<balance::cursor, roaming_modules> counters;
  while (!done.load(std::memory_order_relaxed)) {
    const auto n = draw() % roaming_modules;
    auto& view = views[n];
    if (view.record == nullptr) view = map->find({static_cast<std::int32_t>(n), 1});
    if (view.record == nullptr) continue;
    if (!careful) view.key = view.record->key.load();
    const auto picked = balance::pick(view, counters[n], {draw(), {}});
    if (picked.code == balance::pick_code::gone) {
      ++seen.gone;
      view = {};
    }
    if (picked.code != balance::pick_code::picked) continue;
    ++seen.picks;
    if (picked.chosen.where.ip >> 16 != n) ++seen.strange;
  }
}

visits hunt_strangers(bool careful, std::chrono::milliseconds length) {
  auto memory = made(1u << 20);
  private_memory spare;
  const balance::health_config health;
  std::array<std::unique_ptr<balance::module_state>, roaming_modules> modules;
  std::atomic<bool> done{false};
  std::array<visits, 3> seen;
  std::vector<std::thread> readers;
  for (auto& one : seen) readers.emplace_back([&] { visit_until(done, *memory, careful, one); });
  std::mt19937_64 draw(1);
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until) {
    const auto n = static_cast<std::int32_t>(draw() % roaming_modules);
    const route_key key{n, 1};
    auto& one = modules[static_cast<std::size_t>(n)];
    if (one == nullptr) {
      one = std::make_unique<balance::module_state>(health, key, *memory, spare);
      one->apply(list_of(n, static_cast<std::uint32_t>(draw()) % lists, 100), {});
      REQUIRE(&one->memory() == memory.get());
      REQUIRE(memory->add(key, one->position()));
    } else if (draw() % 4 != 0) {
      one->apply(list_of(n, static_cast<std::uint32_t>(draw()) % lists, 100), {});
    } else {
      one->apply({}, {});
      memory->remove(key);
      one->retire();
      one->free_memory();
      one.reset();
    }
  }
  done = true;
  for (auto& one : readers) one.join();
  visits all;
  for (const auto& one : seen) {
    all.picks += one.picks;
    all.gone += one.gone;
    all.strange += one.strange;
  }
  return all;
}

}  // namespace

TEST_CASE("no reader picks another module's host while modules come and go at full speed") {
  const auto seen = hunt_strangers(true, 2000ms);
  CHECK(seen.strange == 0);
  CHECK(seen.picks > 1000);
  CHECK(seen.gone > 10);
}

TEST_CASE("the hunt finds other modules' hosts where a reader does not ask whose memory it is") {
  std::uint64_t strange = 0;
  for (int attempt = 0; attempt < 10 && strange == 0; ++attempt) strange = hunt_strangers(false, 500ms).strange;
  CHECK(strange > 0);
}

}  // namespace lars::routes_memory_test
