#include "agent/service/service_feed.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "agent/service/service_index.hpp"
#include "balance/policy/registry.hpp"
#include "balance/table/heap_arena.hpp"
#include "base/endpoint.hpp"
#include "net/fence.hpp"

namespace lars::service_feed_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

constexpr endpoint a{0x0a000001, 80}, b{0x0a000002, 80}, c{0x0a000003, 80};

// Writes down what it is told. One thread at a time calls it, so it has no lock.
class recorder final : public service_observer {
public:
  void on_hosts_changed(route_key, const balance::host_delta& delta) override {
    std::string line = "hosts";
    for (const auto& host : delta.added) line += " +" + base::format_endpoint(host);
    for (const auto& host : delta.removed) line += " -" + base::format_endpoint(host);
    for (const auto& host : delta.changed) line += " ~" + base::format_endpoint(host);
    note(line);
  }
  void on_verdict_changed(route_key, endpoint host, balance::verdict verdict) override {
    note((verdict == balance::verdict::ejected ? "out " : "in ") + base::format_endpoint(host));
    verdicts[host].push_back(verdict);
  }
  void on_weights_changed(route_key) override { note("weights"); }

  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::map<endpoint, std::vector<balance::verdict>> verdicts;
  std::function<void(const std::string&)> also;  // done at each call, if it is set

private:
  void note(const std::string& line) {
    lines.push_back(line);
    if (also) also(line);
  }
};

struct observed_module {
  observed_module() {
    modules.feed().observe(first);
    modules.feed().observe(second);
    rules.health.contin_err_limit = 2;
    rules.health.contin_succ_limit = 2;
    one = &modules.add({1, 1}, rules.health);
    one->use(rules);
  }

  void set(const std::vector<host>& hosts) { one->apply(hosts, now); }
  void end_call(endpoint where, bool well) {
    one->report({where}, well ? balance::outcome::success : balance::outcome::failure, now);
  }
  void use(std::string_view policy) {
    rules.policy = balance::make_policy(policy, {}).value();
    one->use(rules);
  }

  recorder first, second;
  module_rules rules;
  base::time_point now{1000s};
  balance::heap_arena memory{1u << 22};
  service_index modules{memory, memory};
  service_state* one = nullptr;
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("observers are told of hosts and verdicts, once each and in their order") {
  observed_module module;
  module.set({{a}, {b}});
  module.set({{a}, {b}});
  module.end_call(a, false);
  module.end_call(a, false);
  module.end_call(a, false);
  module.set({{a, 50}, {c}});
  module.end_call(a, true);
  module.end_call(a, true);
  const lines expected{"hosts +10.0.0.1:80 +10.0.0.2:80", "out 10.0.0.1:80",
                       "hosts +10.0.0.3:80 -10.0.0.2:80 ~10.0.0.1:80", "in 10.0.0.1:80"};
  CHECK(module.first.lines == expected);
  CHECK(module.second.lines == expected);
}

TEST_CASE("a round of shared memory reports its verdicts likewise") {
  observed_module module;
  module.set({{a}});
  module.first.take();
  host_calls failed{.where = a, .ended = {.successes = 0, .failures = 5, .trailing_failures = 5}};
  module.one->record(failed, module.now);
  module.one->record(failed, module.now);
  CHECK(module.first.lines == lines{"out 10.0.0.1:80"});
}

TEST_CASE("other weights are reported when calls are drawn by them, and only then") {
  observed_module module;
  module.set({{a, 100}, {b, 50}});
  module.use("rr");
  module.first.take();
  module.use("wrr");
  CHECK(module.first.take() == lines{"weights"});
  module.use("weighted_random");  // by the same weights
  CHECK(module.first.take().empty());
  module.use("ralb");  // by load, of which nothing is known yet
  module.first.take();
  const auto report_and_end_window = [&](double first_load, double second_load) {
    module.one->report_load(a, {.utilization = first_load, .qps = 100, .eps = 0}, module.now);
    module.one->report_load(b, {.utilization = second_load, .qps = 100, .eps = 0}, module.now);
    module.now += 4s;
    module.one->refresh_load(module.now);
  };
  report_and_end_window(0.2, 0.8);
  report_and_end_window(0.2, 0.8);
  CHECK(module.first.take() == lines{"weights", "weights"});
  module.now += 4s;
  module.one->refresh_load(module.now);
  module.first.take();  // what the last reports still moved
  module.now += 100ms;
  module.one->refresh_load(module.now);  // within the window
  CHECK(module.first.take().empty());
}

TEST_CASE("an observer may call into the module, and what it changes is reported afterwards") {
  observed_module module;
  std::size_t explained = 0;
  module.first.also = [&](const std::string& line) {
    explained += module.one->explain(10, base::random_source(1), module.now).each.size();
    if (line.starts_with("out")) module.set({{b}});
  };
  module.set({{a}, {b}});
  module.end_call(a, false);
  module.end_call(a, false);
  const lines expected{"hosts +10.0.0.1:80 +10.0.0.2:80", "out 10.0.0.1:80", "hosts -10.0.0.1:80"};
  CHECK(module.first.lines == expected);
  CHECK(module.second.lines == expected);
  CHECK(explained == 2 + 2 + 1);
}

TEST_CASE("an observer that throws keeps nothing from the others") {
  observed_module module;
  const auto caught = net::exception_count();
  module.first.also = [](const std::string&) { throw std::runtime_error("planted"); };
  module.set({{a}});
  module.set({{b}});
  CHECK(module.second.lines == lines{"hosts +10.0.0.1:80", "hosts +10.0.0.2:80 -10.0.0.1:80"});
  CHECK(net::exception_count() == caught + 2);
}

TEST_CASE("of many threads' changes none is lost, told twice or told out of order") {
  constexpr int threads = 4, rounds = 2000;
  observed_module module;
  module.set({{a}, {b}, {c}});
  std::atomic<int> changes{0};
  std::vector<std::thread> callers;
  for (int number = 0; number < threads; ++number)
    callers.emplace_back([&, number] {
      for (int i = 0; i < rounds; ++i) {
        const auto where = i % 3 == 0 ? a : i % 3 == 1 ? b : c;
        const auto result = (i / 6 + number) % 2 == 0 ? balance::outcome::failure : balance::outcome::success;
        if (module.one->report({where}, result, module.now).changed) ++changes;
      }
    });
  for (auto& caller : callers) caller.join();
  std::size_t told = 0;
  for (const auto& host : module.one->explain(10, base::random_source(1), module.now).each) {
    const auto& verdicts = module.first.verdicts[host.where];
    auto expected = balance::verdict::idle;
    for (const auto verdict : verdicts) {
      CHECK(verdict != expected);
      expected = verdict;
    }
    CHECK(host.health == expected);
    told += verdicts.size();
  }
  CHECK(told > 0);
  CHECK(told == static_cast<std::size_t>(changes));
  CHECK(module.first.lines == module.second.lines);
}

}  // namespace lars::service_feed_test
