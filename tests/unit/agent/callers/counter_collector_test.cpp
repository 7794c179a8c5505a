#include "agent/callers/counter_collector.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <vector>

#include "balance/table/heap_arena.hpp"
#include "share/load_writer.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"

namespace lars::counter_collector_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

const route_key known{1, 1};
const route_key unknown{9, 9};
const balance::member first{{0x0a000001, 80}, 0, 1};
const balance::member absent_host{{0x0a0000ff, 80}, 1, 1};  // no host of the module
constexpr std::uint64_t most_bytes = 1u << 20;

share::descriptor again(const share::descriptor& file) { return share::descriptor(::dup(file.get())); }

// A process of one thread, with its counters as the agent maps them.
struct counting_process {
  counting_process(boost::asio::io_context& context, caller_account& account) {
    int ends[2] = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    other_end = share::descriptor(ends[1]);
    seen.emplace(context, share::descriptor(ends[0]), peer_process{}, account, base::time_point{});
    auto made = share::make_segment(share::first_segment);
    REQUIRE(made);
    files = *std::move(made);
    REQUIRE(seen->counters.add(files, most_bytes));
    own.emplace(*share::segment::open(again(files.counters), again(files.checkpoint), share::first_segment));
    dirty_ring = share::dirty_ring_writer(own->add_block(share::block_kind::dirty_ring, {}, share::dirty_ring_entries,
                                                         share::dirty_ring_entries * sizeof(share::shared_word)));
    loads = share::load_writer(own->add_block(share::block_kind::loads, {}, share::load_places,
                                              share::load_places * sizeof(share::load_entry)));
  }

  share::thread_counters& counters_of(route_key module) {
    const auto key = balance::join(static_cast<std::uint32_t>(module.modid), static_cast<std::uint32_t>(module.cmdid));
    auto* const block = own->add_block(share::block_kind::counters, key, 4, share::slots_bytes(4));
    REQUIRE(block != nullptr);
    counters.push_back(
        std::make_unique<share::thread_counters>(module, *block, own->number(), own->position_of(*block), dirty_ring));
    return *counters.back();
  }

  share::descriptor other_end;
  std::optional<caller> seen;
  share::segment_files files;
  std::optional<share::segment> own;
  share::dirty_ring_writer dirty_ring;
  share::load_writer loads;
  std::vector<std::unique_ptr<share::thread_counters>> counters;
};

struct collecting_agent {
  collecting_agent() {
    const std::vector<host> hosts{{first.where}};
    modules.add(known, health).apply(hosts, now);
  }

  // The agent has seen them, and their dirty ring, before they count anything.
  share::thread_counters& counters_of(route_key module) {
    auto& made = process.counters_of(module);
    scan();
    return made;
  }
  void scan(bool whole = false) {
    sound = collector.scan(*process.seen, whole, now);
    collector.finish_round(now);
    round.tick = ++round.epoch;
  }
  void call(share::thread_counters& counters, const balance::member& to, bool failed = false) {
    const auto place = counters.index_of(to);
    counters.count_pick(place, 1, round);
    counters.count_end(place, {failed, 100, 1}, round);
  }

  const balance::health_config health;
  base::time_point now{};
  balance::heap_arena memory{4u << 20};
  service_index modules{memory, memory};
  caller_stats stats;
  share::attach_status dns_says = share::attach_status::pulling;
  std::vector<route_key> used;
  std::vector<stray_report> udp_strays;
  counter_collector collector{modules,
                              nullptr,
                              stats,
                              {{[this](route_key, std::uint64_t) { return dns_says; }, [] { return true; }},
                               [this](route_key key) { used.push_back(key); },
                               [this](const std::function<void(const stray_report&)>& each) {
                                 for (const auto& one : udp_strays) each(one);
                                 udp_strays.clear();
                               }}};
  boost::asio::io_context context;
  caller_account account{7, 1, {}};
  counting_process process{context, account};
  share::rounds round{1, 1};
  bool sound = true;
};

}  // namespace

TEST_CASE("calls to a known host are counted and judged") {
  collecting_agent at;
  auto& counters = at.counters_of(known);
  for (int i = 0; i < 3; ++i) at.call(counters, first, i == 0);
  at.scan();
  CHECK(at.sound);
  CHECK(at.stats.picks == 3);
  CHECK(at.stats.ends == 3);
  CHECK(at.stats.failures == 1);
  CHECK(at.stats.ignored == 0);
  // Nothing is counted twice.
  at.scan(true);
  CHECK(at.stats.picks == 3);
}

TEST_CASE("a host that fails long enough is ejected when the round is judged") {
  collecting_agent at;
  auto& counters = at.counters_of(known);
  for (int i = 0; i < 40; ++i) at.call(counters, first, true);
  at.scan();
  CHECK(at.modules.stats().isolations == 1);
}

TEST_CASE("calls to an unknown module wait until dns answers") {
  collecting_agent at;
  auto& counters = at.counters_of(unknown);
  for (int i = 0; i < 5; ++i) at.call(counters, first);
  at.scan();
  at.collector.retry_strays(at.now);
  CHECK(at.stats.waiting == 5);
  CHECK(at.stats.ignored == 0);
  SECTION("and are dropped when dns knows no such module") {
    at.dns_says = share::attach_status::absent;
    at.collector.retry_strays(at.now += 1s);
    CHECK(at.stats.waiting == 0);
    CHECK(at.stats.ignored == 5);
  }
  SECTION("and reach the module when it arrives") {
    at.modules.add(unknown, at.health).apply(std::vector<host>{{first.where}}, at.now);
    at.collector.retry_strays(at.now += 1s);
    CHECK(at.stats.waiting == 0);
    CHECK(at.stats.ignored == 0);
  }
}

TEST_CASE("without result counters, calls to a removed host are ignored") {
  collecting_agent at;
  at.call(at.counters_of(known), absent_host);
  at.scan();
  CHECK(at.stats.ends == 1);
  CHECK(at.modules.stats().isolations == 0);
}

TEST_CASE("after a module was removed, the next scan looks it up again") {
  collecting_agent at;
  auto& counters = at.counters_of(known);
  at.call(counters, first);
  at.scan();
  auto& gone = *at.modules.find(known);
  gone.apply({}, at.now);
  at.modules.remove(gone);
  at.modules.reclaim();
  at.call(counters, first);
  at.scan();
  at.collector.retry_strays(at.now);
  CHECK(at.stats.waiting == 1);
}

TEST_CASE("a scan reports corrupt memory") {
  collecting_agent at;
  at.call(at.counters_of(known), first);
  const auto raw =
      *share::mapping::of(at.process.files.counters.get(), share::first_segment, share::mapping::access::write);
  reinterpret_cast<share::segment_header*>(raw.data())->used.store(share::first_segment + 1);
  at.scan();
  CHECK_FALSE(at.sound);
  CHECK(at.stats.picks == 0);
}

TEST_CASE("plausible load reports are recorded, implausible ones are not") {
  collecting_agent at;
  at.call(at.counters_of(known), first);
  at.process.loads.add(known, first.where, {.utilization = 0.5, .qps = 10});
  at.process.loads.add(known, absent_host.where, {.utilization = 0.5, .qps = 10});
  at.process.loads.add(unknown, first.where, {.utilization = 0.5, .qps = 10});
  at.process.loads.add(known, first.where, {.utilization = -1, .qps = 10});
  at.process.loads.add(known, first.where, {});
  at.scan();
  CHECK(at.stats.loads_taken == 1);
  CHECK(at.stats.loads_ignored == 2);
  CHECK(at.stats.loads_rejected == 1);
}

TEST_CASE("calls of a returned process are in flight until it disconnects") {
  collecting_agent at;
  auto& counters = at.counters_of(known);
  for (int i = 0; i < 4; ++i) counters.count_pick(counters.index_of(first), 1, at.round);
  at.scan();
  at.collector.release_in_flight(*at.process.seen, at.now);
  CHECK(at.stats.released_in_flight == 4);
  at.collector.adopt_calls(*at.process.seen, at.now);
  CHECK(at.stats.picks == 4);  // they are not counted as begun once more
}

TEST_CASE("UDP reports wait for their module, or are counted at once if only the host is unknown") {
  collecting_agent at;
  at.udp_strays = {{unknown, {first.where}, false}, {known, {absent_host.where}, true}};
  at.collector.retry_strays(at.now);
  CHECK(at.stats.waiting == 1);
  CHECK(at.udp_strays.empty());
  at.collector.finish(at.now);
}

}  // namespace lars::counter_collector_test
