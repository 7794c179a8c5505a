#include "dns/table/range_checksums.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::range_checksums_test {

namespace {

using storage::range_sum;
constexpr std::uint64_t w = storage::range_width;

range_checksums ledger_of(const std::vector<storage::route_row>& rows) {
  range_checksums checksums;
  for (const auto& each : rows) checksums.add(checksum_of(each));
  checksums.seal();
  return checksums;
}

// What a database with these rows (by id) would say.
std::vector<range_sum> sums_of(const std::vector<storage::route_row>& rows) {
  std::vector<range_sum> sums;
  for (const auto& each : rows) {
    if (sums.empty() || sums.back().range != each.id / w) sums.push_back({each.id / w, 0, 0});
    ++sums.back().rows;
    sums.back().crc_sum += storage::row_crc(each);
  }
  return sums;
}

std::vector<storage::route_row> some_rows() {
  return {row(1, {1, 1}, 10, 80),     row(2, {2, 1}, 11, 80),         row(3, {1, 1}, 12, 80),
          row(w + 1, {3, 1}, 13, 80), row(5 * w + 7, {1, 1}, 14, 80), row(5 * w + 8, {4, 1}, 15, 80)};
}

std::vector<route_key> collected(const range_checksums& checksums, std::vector<std::uint64_t> ranges) {
  std::vector<route_key> keys;
  checksums.collect(ranges, keys);
  return keys;
}

using list = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("A checksums of the same rows differs nowhere") {
  CHECK(ledger_of(some_rows()).differing(sums_of(some_rows())).empty());
  CHECK(range_checksums().differing({}).empty());
}

TEST_CASE("An edited row, a deleted row, a new range and a vanished range differ") {
  const auto checksums = ledger_of(some_rows());
  auto edited = some_rows();
  edited[1].target.where.port = 81;
  CHECK(checksums.differing(sums_of(edited)) == list{0});
  auto deleted = some_rows();
  deleted.pop_back();
  CHECK(checksums.differing(sums_of(deleted)) == list{5});
  auto appeared = some_rows();
  appeared.insert(appeared.begin() + 4, row(3 * w, {9, 9}, 1, 1));
  appeared.push_back(row(9 * w, {9, 9}, 2, 1));
  CHECK(checksums.differing(sums_of(appeared)) == list{3, 9});
  auto vanished = some_rows();
  vanished.erase(vanished.begin() + 3);
  CHECK(checksums.differing(sums_of(vanished)) == list{1});
  CHECK(checksums.differing({}) == list{0, 1, 5});
}

TEST_CASE("Two rows that swap their hosts differ though counts are equal") {
  auto swapped = some_rows();
  std::swap(swapped[0].target, swapped[1].target);
  CHECK(ledger_of(some_rows()).differing(sums_of(swapped)) == list{0});
}

TEST_CASE("A checksums knows the modules of each range, each once") {
  const auto checksums = ledger_of(some_rows());
  CHECK(collected(checksums, {0}) == std::vector<route_key>{{1, 1}, {2, 1}});
  CHECK(collected(checksums, {1, 5}) == std::vector<route_key>{{3, 1}, {1, 1}, {4, 1}});
  CHECK(collected(checksums, {4}).empty());
}

TEST_CASE("A checksums names the ranges that have a module") {
  const auto checksums = ledger_of(some_rows());
  const std::vector<route_key> one{{1, 1}}, none{{8, 8}}, many{{3, 1}, {4, 1}, {5, 5}, {6, 6}};
  CHECK(checksums.having(one) == list{0, 5});
  CHECK(checksums.having(none).empty());
  CHECK(checksums.having(many) == list{1, 5});
  CHECK(checksums.having({}).empty());
}

TEST_CASE("Replacing ranges leaves the others and equals a checksums made anew") {
  auto checksums = ledger_of(some_rows());
  auto rows = some_rows();
  rows.erase(rows.begin() + 3);                             // range 1 goes
  rows.insert(rows.begin() + 3, row(2 * w, {7, 7}, 1, 1));  // range 2 comes
  rows[0].target.weight = 3;                                // range 0 differs
  std::vector<row_checksum> read;
  for (std::size_t i : {3u, 0u, 2u, 1u}) read.push_back(checksum_of(rows[i]));
  const list ranges{0, 1, 2};
  checksums.replace(ranges, read);
  CHECK(checksums.differing(sums_of(rows)).empty());
  CHECK(checksums.ranges() == 3);
  CHECK(collected(checksums, {0}) == std::vector<route_key>{{1, 1}, {2, 1}});
  CHECK(collected(checksums, {2}) == std::vector<route_key>{{7, 7}});
  CHECK(collected(checksums, {5}) == std::vector<route_key>{{1, 1}, {4, 1}});
}

TEST_CASE("Rows that come out of order make their range differ instead of going unseen") {
  range_checksums checksums;
  checksums.add(checksum_of(row(w, {1, 1}, 1, 1)));
  checksums.add(checksum_of(row(1, {1, 1}, 2, 1)));
  checksums.seal();
  CHECK(checksums.differing(sums_of({row(1, {1, 1}, 2, 1), row(w, {1, 1}, 1, 1)})) == list{0});
}

}  // namespace lars::dns::range_checksums_test
