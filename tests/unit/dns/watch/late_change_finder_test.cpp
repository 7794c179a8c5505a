#include "dns/watch/late_change_finder.hpp"

#include <catch2/catch.hpp>

namespace lars::dns::late_change_finder_test {

namespace {

using namespace std::chrono_literals;
using ranges = std::vector<std::uint64_t>;

// A table of change rows, and who looks at it.
struct looked_at {
  base::time_point now{1000s};
  std::vector<std::uint64_t> ids;
  late_change_finder finder;

  explicit looked_at(std::uint64_t end, std::vector<std::uint64_t> there = {})
      : ids(std::move(there)), finder(end, counts(late_change_finder::widest(end)), now) {}

  std::vector<storage::change_count> counts(storage::id_span span) const {
    std::map<std::uint64_t, std::uint64_t> found;
    for (const auto id : ids)
      if (id >= span.first && id <= span.last) ++found[id / storage::range_width];
    std::vector<storage::change_count> all;
    for (const auto& [range, rows] : found) all.push_back({range, rows});
    return all;
  }

  ranges look(std::uint64_t end, base::duration took = 1ms) {
    now += 1s;
    return finder.on_counts(counts(finder.span(end)), end, now - took, now);
  }

  void see(std::uint64_t id) {
    ids.push_back(id);
    finder.add(id);
  }
};

}  // namespace

TEST_CASE("Rows that were there, and those that were seen since, are not late") {
  looked_at talk(5000, {1, 2, 4999});
  CHECK(talk.look(5000).empty());
  for (std::uint64_t id = 5001; id <= 8000; ++id) talk.see(id);
  CHECK(talk.look(8000).empty());
  CHECK(talk.look(8000).empty());
}

TEST_CASE("A row that appears below is late, once") {
  looked_at talk(5000, {1, 4999});
  talk.ids.push_back(3000);
  CHECK(talk.look(5000) == ranges{2});
  CHECK(talk.look(5000).empty());
  talk.ids.insert(talk.ids.end(), {2, 3001, 4998});
  CHECK(talk.look(5000) == ranges{0, 2, 4});
  CHECK(talk.look(5000).empty());
}

TEST_CASE("A row beyond the end is not looked at, and late once the end has passed it unseen") {
  looked_at talk(5000);
  talk.ids.push_back(5001);
  CHECK(talk.look(5000).empty());
  CHECK(talk.look(5001) == ranges{4});
}

TEST_CASE("Rows that vanish are none that appear, and what appears then is late") {
  looked_at talk(5000, {1, 2, 3, 3000});
  talk.ids = {2};
  CHECK(talk.look(5000).empty());
  talk.ids = {2, 5};
  CHECK(talk.look(5000) == ranges{0});
}

TEST_CASE("What another database has is its beginning, and late only later") {
  looked_at talk(5000, {1, 2, 3});
  talk.finder.forget();
  talk.ids = {7, 8, 9, 10, 2000};
  CHECK(talk.look(4000).empty());
  talk.ids.push_back(11);
  CHECK(talk.look(4000) == ranges{0});
}

TEST_CASE("The ids that are looked at are bounded by number") {
  const std::uint64_t end = 10'000'000;
  looked_at talk(end);
  const auto span = talk.finder.span(end);
  CHECK(span.last == end);
  CHECK(span.first % storage::range_width == 0);
  CHECK(span.last - span.first < late_change_finder::most_ids);
  CHECK(late_change_finder::widest(5) == storage::id_span{0, 5});
}

TEST_CASE("Ids that were given long ago are given up") {
  looked_at talk(100'000);
  talk.look(200'000);
  CHECK(talk.finder.span(200'000).first == 0);
  talk.now += late_change_finder::horizon;
  talk.look(200'000);
  CHECK(talk.finder.span(200'000).first == 100'000 / storage::range_width * storage::range_width);
  talk.ids.push_back(100'500);
  CHECK(talk.look(300'000).size() == 1);
  talk.now += late_change_finder::horizon;
  talk.look(300'000);
  CHECK(talk.finder.span(300'000).first == 200'000 / storage::range_width * storage::range_width);
}

TEST_CASE("Looks leave the database nine tenths of its time") {
  looked_at talk(5000);
  const auto due = [&](base::duration after) { return talk.finder.is_due(talk.now + after); };
  CHECK_FALSE(due(0ms));
  CHECK(due(late_change_finder::interval));
  for (const auto took : {1ms, 200ms}) {  // once is chance
    talk.look(5000, took);
    CHECK_FALSE(due(late_change_finder::interval - 1ms));
    CHECK(due(late_change_finder::interval));
  }
  talk.look(5000, 100ms);
  CHECK_FALSE(due(899ms));
  CHECK(due(900ms));
}

}  // namespace lars::dns::late_change_finder_test
