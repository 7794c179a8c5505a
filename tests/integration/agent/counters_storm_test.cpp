// Invariants of a module over random events: shared-memory callers, and one over UDP.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <memory>

#include "agent/callers/call_round.hpp"
#include "agent/service/service_state.hpp"
#include "balance/table/heap_arena.hpp"
#include "share/caller_counters.hpp"
#include "share/segment.hpp"
#include "share/thread_counters.hpp"
#include "support/fleet_storm.hpp"

namespace lars::counters_storm_test {

using namespace lars::test;

namespace {

constexpr route_key module_key{1, 1};
constexpr std::uint64_t segment_bytes = 4 * share::first_segment;

share::descriptor again(const share::descriptor& file) { return share::descriptor(::dup(file.get())); }

// The time that the agent and every caller see.
struct shared_rounds {
  share::rounds now{1, 1, 1};
};

// One thread of a caller: its counters for the module; the last ones are in use.
class counting_thread {
public:
  counting_thread(share::segment& memory, const shared_rounds& rounds) : memory_(memory), rounds_(rounds) {
    dirty_ring_ =
        share::dirty_ring_writer(memory_.add_block(share::block_kind::dirty_ring, 0, share::dirty_ring_entries,
                                                   share::dirty_ring_entries * sizeof(share::shared_word)));
    grow(4);
  }

  balance::pick_result pick(const balance::module_view& view, std::uint64_t draw, std::span<const endpoint> exclude) {
    return balance::pick(view, cursors_, {draw, exclude, lanes_.back()->counts(rounds_.now, false)});
  }
  // Returns where it counts.
  std::uint64_t begin(const balance::module_view& view, const balance::member& host) {
    const auto index = place_for(view, host);
    lanes_.back()->count_pick(index, 1, rounds_.now);
    return balance::join(static_cast<std::uint32_t>(lanes_.size() - 1), index);
  }
  // A call of this thread ends where it began if that is its host's still, another's in the counters in use.
  void end(const balance::module_view& view, const storm_call& of, bool own, call_end how, std::uint64_t latency_us) {
    auto* counters = own ? lanes_[balance::high_of(of.handle)].get() : nullptr;
    auto index = balance::low_of(of.handle);
    if (counters == nullptr || counters->host_at(index) != balance::join(of.host.where.ip, of.host.where.port)) {
      index = place_for(view, of.host);
      counters = lanes_.back().get();
    }
    if (how == call_end::abandoned) return counters->count_dropped(index, rounds_.now);
    counters->count_end(index, {how == call_end::bad, latency_us, 1}, rounds_.now);
  }

private:
  // As a client does it: a place that nobody needs any more, else a larger counters.
  std::uint32_t place_for(const balance::module_view& view, const balance::member& host) {
    auto index = lanes_.back()->index_of(host);
    if (index != lanes_.back()->capacity()) return index;
    if (lanes_.back()->release_unused(balance::table_view(view), rounds_.now)) index = lanes_.back()->index_of(host);
    if (index != lanes_.back()->capacity()) return index;
    grow(lanes_.back()->capacity() + 4);
    return lanes_.back()->index_of(host);
  }
  void grow(std::uint32_t places) {
    auto* const block =
        memory_.add_block(share::block_kind::counters, balance::join(1, 1), places, share::slots_bytes(places));
    REQUIRE(block != nullptr);
    lanes_.push_back(std::make_unique<share::thread_counters>(module_key, *block, memory_.number(),
                                                              memory_.position_of(*block), dirty_ring_));
  }

  share::segment& memory_;
  const shared_rounds& rounds_;
  share::dirty_ring_writer dirty_ring_;
  balance::cursor cursors_;
  std::vector<std::unique_ptr<share::thread_counters>> lanes_;
};

// A process of two threads, and its counters as the agent sees them.
struct counting_caller {
  static constexpr std::uint32_t threads = 2;

  explicit counting_caller(const shared_rounds& rounds) {
    auto files = share::make_segment(segment_bytes);
    REQUIRE(files);
    REQUIRE(counters.add(*files, share::allocated_bytes(segment_bytes)));
    auto opened = share::segment::open(again(files->counters), again(files->checkpoint), segment_bytes);
    REQUIRE(opened);
    memory = std::make_unique<share::segment>(*std::move(opened));
    for (std::uint32_t i = 0; i < threads; ++i) each.push_back(std::make_unique<counting_thread>(*memory, rounds));
  }

  share::caller_counters counters;
  std::unique_ptr<share::segment> memory;
  std::vector<std::unique_ptr<counting_thread>> each;
};

// Faults that a test plants.
enum class planted_fault : std::uint8_t { none, calls_of_the_dead_stay };

// The agent's side of its callers. Pickers 0 and 1 are threads of one caller, 2 and 3 of another, 4 asks
// over UDP.
class counting_transport : public storm_transport {
public:
  explicit counting_transport(planted_fault fault) : fault_(fault) {
    for (auto& one : callers_) one = std::make_unique<counting_caller>(rounds_);
  }

  void set_hosts(std::span<const host> list, base::time_point now) override { module_.apply(list, now); }
  void use(const balance::policy_settings& policy) override {
    rules_.push_back({policy, storm_health});
    module_.use(rules_.back());
  }
  std::uint32_t pickers() const override { return 5; }
  std::uint32_t another(std::uint32_t picker, std::uint32_t any) const override {
    return picker == 4 ? 4 : picker / 2 * 2 + any % 2;
  }

  balance::pick_result pick(std::uint32_t picker, std::uint64_t draw, std::span<const endpoint> exclude,
                            base::time_point now, storm_call& made) override {
    if (picker == 4) return module_.pick({draw, exclude}, now);
    auto& own = thread(picker);
    const auto picked = own.pick(view(), draw, exclude);
    if (picked.code == balance::pick_code::picked) made.handle = own.begin(view(), picked.chosen);
    return picked;
  }

  void end(const storm_call& of, std::uint32_t by, call_end how, std::uint64_t latency_us,
           base::time_point now) override {
    if (by != 4) return thread(by).end(view(), of, by == of.picker, how, latency_us);
    if (how == call_end::abandoned) return module_.release_in_flight(of.host.where, 1, now);
    module_.report({of.host.where, static_cast<std::uint32_t>(latency_us), 1},
                   how == call_end::bad ? balance::outcome::failure : balance::outcome::success, now);
  }

  void report_load(endpoint where, const balance::load_report& load, base::time_point now) override {
    module_.report_load(where, load, now);
  }

  std::function<bool(std::uint32_t)> lose(std::uint32_t picker, base::time_point now) override {
    if (picker == 4) return [](std::uint32_t) { return false; };
    auto& gone = callers_[picker / 2];
    gone->counters.look_at_all(sink_);
    finish(now);
    if (fault_ != planted_fault::calls_of_the_dead_stay)
      gone->counters.for_each_under_way(
          [&](route_key, endpoint where, std::uint64_t calls) { module_.release_in_flight(where, calls, now); });
    gone = std::make_unique<counting_caller>(rounds_);
    return [pair = picker / 2](std::uint32_t one) { return one / 2 == pair; };
  }

  std::uint64_t control(base::time_point now) override {
    ++rounds_.now.tick;
    for (const auto& one : callers_) one->counters.look(true, sink_);
    finish(now);
    for (const auto& one : callers_) one->counters.sweep(1, sink_);
    finish(now);
    const bool active = module_.refresh_load(now);
    ++rounds_.now.epoch;
    // Now and then so many that counters give up the places of hosts that went.
    if (rounds_.now.epoch % 16 == 0) rounds_.now.epoch += 120;
    ++rounds_.now.published;
    const auto published = published_load(view());
    return active == (published > 0) ? published : published + 1;
  }

  balance::module_view view() const override {
    const auto* const record = const_cast<balance::heap_arena&>(shared_).at<balance::module_record>(module_.position());
    return {shared_.view(), record, record->key.load()};
  }

private:
  counting_thread& thread(std::uint32_t picker) { return *callers_[picker / 2]->each[picker % 2]; }
  void finish(base::time_point now) {
    round_.finish(now, [](const agent::call_round::judged_host&) {});
  }

  const planted_fault fault_;
  shared_rounds rounds_;
  balance::heap_arena shared_{1u << 16};
  balance::heap_arena spare_{1u << 12};
  agent::host_stats stats_;
  agent::active_services active_;
  agent::service_feed feed_;
  std::list<agent::module_rules> rules_;
  agent::service_state module_{module_key, storm_health, {shared_, spare_, stats_, active_, feed_}};
  agent::call_round round_;
  share::calls_sink sink_{[this](std::span<const share::counted_calls> found) {
    for (const auto& calls : found) round_.add(module_, calls);
  }};
  std::array<std::unique_ptr<counting_caller>, 2> callers_;
};

storm_result storm_of(std::string_view policy, std::uint64_t seed, std::uint64_t lost_ends = 0,
                      planted_fault fault = planted_fault::none) {
  counting_transport transport(fault);
  return run_storm(transport, {.policy = policy, .seed = seed, .lost_ends = lost_ends});
}

}  // namespace

TEST_CASE("every call in flight is published once after a round, whatever happens to its caller") {
  const auto all = run_storms(40, [](std::string_view policy, std::uint64_t seed) { return storm_of(policy, seed); });
  REQUIRE(all.wrong == "");
  CHECK(all.picks > 50'000);
  CHECK(all.refused > 500);
  CHECK(all.probes > 500);
}

TEST_CASE("the test detects counters that lose one end in fifty, and an agent that keeps calls of ended callers") {
  for (const auto policy : storm_policies()) {
    const auto lost = storm_of(policy, 7, 50);
    INFO(policy << ": " << lost.wrong);
    CHECK(lost.wrong.find("calls under way are published") != std::string::npos);
    const auto kept = storm_of(policy, 7, 0, planted_fault::calls_of_the_dead_stay);
    INFO(kept.wrong);
    CHECK(kept.wrong.find("calls under way are published") != std::string::npos);
  }
}

}  // namespace lars::counters_storm_test
