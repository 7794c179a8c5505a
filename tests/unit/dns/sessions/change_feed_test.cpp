#include "dns/sessions/change_feed.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "net/fence.hpp"

namespace lars::dns::change_feed_test {
namespace {

struct recorder final : route_observer {
  void on_routes_changed(std::span<const route_change> changes) override {
    for (const auto& change : changes) told.push_back(change.key.modid);
    if (also) std::exchange(also, {})();
  }
  std::vector<int> told;
  std::function<void()> also;  // done at the next call
};

std::vector<route_change> changes_of(std::initializer_list<int> modules) {
  std::vector<route_change> changes;
  for (const int module : modules) changes.push_back({{module, 1}, true});
  return changes;
}

}  // namespace

TEST_CASE("Every observer is told of every change, in order") {
  change_feed feed;
  recorder first, second;
  feed.report(changes_of({9}));  // nobody listens yet
  feed.observe(first);
  feed.observe(second);
  feed.report(changes_of({1, 2}));
  feed.report(changes_of({2}));
  CHECK(first.told == std::vector{1, 2, 2});
  CHECK(second.told == first.told);
}

TEST_CASE("What an observer changes is reported after what it was told of, to all") {
  change_feed feed;
  recorder first, second;
  feed.observe(first);
  feed.observe(second);
  first.also = [&] {
    feed.report(changes_of({2}));
    CHECK(first.told == std::vector{1});
  };
  feed.report(changes_of({1}));
  CHECK(first.told == std::vector{1, 2});
  CHECK(second.told == std::vector{1, 2});
}

TEST_CASE("An observer that throws keeps nothing from the others") {
  change_feed feed;
  recorder first, second;
  feed.observe(first);
  feed.observe(second);
  const auto caught = net::exception_count();
  first.also = [] { throw std::runtime_error("planted"); };
  feed.report(changes_of({1}));
  feed.report(changes_of({2}));
  CHECK(first.told == std::vector{1, 2});
  CHECK(second.told == std::vector{1, 2});
  CHECK(net::exception_count() == caught + 1);
}

}  // namespace lars::dns::change_feed_test
