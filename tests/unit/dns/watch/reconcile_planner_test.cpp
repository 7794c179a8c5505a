#include "dns/watch/reconcile_planner.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "../rows.hpp"
#include "dns/table/shard_order.hpp"

namespace lars::dns::reconcile_planner_test {

namespace {

constexpr std::uint64_t w = storage::range_width;

// A database, the planner that compares with it, and what the table would hold by now.
struct conversation {
  std::map<std::uint64_t, storage::route_row> rows;
  std::map<route_key, std::uint64_t> held;  // digests
  reconcile_planner planner;

  explicit conversation(const std::vector<storage::route_row>& loaded) : planner(ledger_of(loaded)) {
    for (const auto& each : loaded) rows[each.id] = each;
    for (const auto& each : loaded) held[each.key] = digest(each.key);
  }

  static range_checksums ledger_of(const std::vector<storage::route_row>& loaded) {
    range_checksums checksums;
    for (const auto& each : loaded) checksums.add(checksum_of(each));
    checksums.seal();
    return checksums;
  }

  std::vector<storage::route_row> rows_of(route_key key) const {
    std::vector<storage::route_row> found;
    for (const auto& [id, each] : rows)
      if (each.key == key) found.push_back(each);
    return found;
  }
  std::uint64_t digest(route_key key) const { return answer(key, rows_of(key)).digest; }

  std::vector<storage::range_sum> sums() const {
    std::vector<storage::range_sum> out;
    for (const auto& [id, each] : rows) {
      if (out.empty() || out.back().range != id / w) out.push_back({id / w, 0, 0});
      ++out.back().rows;
      out.back().crc_sum += storage::row_crc(each);
    }
    return out;
  }

  // The one refresh path: reads a module, applies it, tells the planner when the content differed.
  void refresh(route_key key) {
    const auto fresh = digest(key);
    auto& known = held.try_emplace(key, empty_digest()).first->second;
    if (std::exchange(known, fresh) != fresh) planner.touch(key);
  }

  void begin() {
    for (const auto range : std::vector(planner.begin(sums()))) {
      std::vector<std::pair<std::uint64_t, route_key>> members;
      for (const auto& [id, each] : rows)
        if (id / w == range) members.emplace_back(range, each.key);
      planner.add_members(members);
    }
  }

  // Reads all pages; returns the modules read.
  std::vector<route_key> read_pages(std::size_t limit = 2) {
    std::vector<route_key> read;
    for (auto page = planner.next_page(limit); !page.empty(); page = planner.next_page(limit))
      for (const auto key : page) {
        std::vector<row_checksum> checksums;
        for (const auto& each : rows_of(key)) checksums.push_back(checksum_of(each));
        refresh(key);
        planner.on_rows(checksums);
        read.push_back(key);
      }
    std::sort(read.begin(), read.end());
    return read;
  }

  std::vector<route_key> pass() {
    begin();
    auto read = read_pages();
    planner.commit();
    return read;
  }

  bool equal() const {
    return std::all_of(held.begin(), held.end(), [&](const auto& each) { return digest(each.first) == each.second; });
  }
};

std::vector<storage::route_row> some_rows() {
  return {row(1, {1, 1}, 10, 80), row(2, {2, 1}, 11, 80), row(w + 1, {2, 1}, 12, 80), row(w + 2, {3, 1}, 13, 80),
          row(4 * w, {4, 1}, 14, 80)};
}

using keys = std::vector<route_key>;

}  // namespace

TEST_CASE("A pass over an unchanged database reads no module") {
  conversation talk(some_rows());
  CHECK(talk.pass().empty());
}

TEST_CASE("A silent edit is found, and not looked for again") {
  conversation talk(some_rows());
  talk.rows[w + 2].target.where.port = 99;
  CHECK(talk.pass() == keys{{2, 1}, {3, 1}});
  CHECK(talk.equal());
  talk.pass();  // the change itself is checked once more
  CHECK(talk.pass().empty());
}

TEST_CASE("A silent delete of a module's last host is found though the database does not name the module any more") {
  conversation talk(some_rows());
  talk.rows.erase(4 * w);
  CHECK(talk.pass() == keys{{4, 1}});
  CHECK(talk.equal());
}

TEST_CASE("A new module in a new range is found") {
  conversation talk(some_rows());
  talk.rows[9 * w] = row(9 * w, {9, 9}, 1, 1);
  CHECK(talk.pass() == keys{{9, 9}});
  CHECK(talk.held.at({9, 9}) == talk.digest({9, 9}));
}

TEST_CASE("A row that moves to another module changes both") {
  conversation talk(some_rows());
  talk.rows[1].key = {7, 7};
  CHECK(talk.pass() == keys{{1, 1}, {2, 1}, {7, 7}});
  CHECK(talk.equal());
}

TEST_CASE("An emptied database is followed") {
  conversation talk(some_rows());
  talk.rows.clear();
  CHECK(talk.pass().size() == 4);
  CHECK(talk.equal());
  talk.pass();
  CHECK(talk.pass().empty());
}

TEST_CASE("A versioned change that is undone by hand before the next pass is found") {
  conversation talk(some_rows());
  const auto before = talk.rows[1];
  talk.rows[1].target.weight = 5;
  talk.refresh({1, 1});   // the detector saw the versioned change
  talk.rows[1] = before;  // and somebody undoes it with plain SQL: the sums are those of before
  talk.pass();
  CHECK(talk.equal());
}

TEST_CASE("A versioned insert into another range that is removed by hand is found") {
  conversation talk(some_rows());
  talk.rows[4 * w + 1] = row(4 * w + 1, {1, 1}, 77, 80);
  talk.refresh({1, 1});
  talk.rows.erase(4 * w + 1);
  talk.pass();
  CHECK(talk.equal());
}

TEST_CASE("A versioned change that is undone while a pass runs is found by the next") {
  conversation talk(some_rows());
  talk.begin();  // the sums are taken
  const auto before = talk.rows[1];
  talk.rows[1].target.weight = 5;
  talk.refresh({1, 1});
  talk.read_pages();
  talk.planner.commit();
  talk.rows[1] = before;
  talk.pass();
  CHECK(talk.equal());
}

TEST_CASE("An edit between the sums and the rows that is undone later is found") {
  conversation talk(some_rows());
  const auto before = talk.rows[1];
  talk.rows[2].target.weight = 9;
  talk.begin();
  talk.rows[1].target.weight = 5;  // read by this pass, not in its sums
  talk.read_pages();
  talk.planner.commit();
  talk.rows[1] = before;
  talk.pass();
  CHECK(talk.equal());
}

TEST_CASE("An abandoned pass loses nothing") {
  conversation talk(some_rows());
  talk.rows[1].target.weight = 5;
  talk.refresh({1, 1});
  talk.rows[w + 2].target.weight = 6;
  talk.begin();
  talk.planner.next_page(1);
  talk.planner.abandon();
  CHECK(talk.pass() == keys{{1, 1}, {2, 1}, {3, 1}});
  CHECK(talk.equal());
}

TEST_CASE("Pages name each module once, in the order of the shards") {
  std::vector<storage::route_row> rows;
  for (std::uint64_t i = 0; i < 100; ++i) rows.push_back(row(i + 1, {static_cast<std::int32_t>(i % 40), 1}, 10, 80));
  conversation talk(rows);
  talk.rows[1].target.weight = 5;
  talk.begin();
  keys read;
  for (auto page = talk.planner.next_page(7); !page.empty(); page = talk.planner.next_page(7)) {
    CHECK(page.size() <= 7);
    read.insert(read.end(), page.begin(), page.end());
  }
  CHECK(read.size() == 40);
  CHECK(std::is_sorted(read.begin(), read.end(), shard_order()));
}

}  // namespace lars::dns::reconcile_planner_test
