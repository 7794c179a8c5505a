#include <zlib.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "storage/route_row.hpp"

namespace lars::row_crc_test {

using namespace lars::storage;

namespace {

std::uint32_t crc_of(const char* text) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(text), static_cast<uInt>(std::strlen(text))));
}

route_row sample() { return {7, {1, 2}, {{0xC0A80101, 7777}, 50, host_state::drain, "north"}}; }

}  // namespace

TEST_CASE("a row's checksum is taken over all its columns, parted by bars") {
  CHECK(row_crc(sample()) == crc_of("7|1|2|3232235777|7777|50|north|1"));
}

TEST_CASE("negative modules count as the unsigned number of the same 32 bits") {
  route_row row = sample();
  row.id = 18446744073709551615u;
  row.key = {-1, -2147483648};
  row.target.zone.clear();
  CHECK(row_crc(row) == crc_of("18446744073709551615|4294967295|2147483648|3232235777|7777|50||1"));
}

TEST_CASE("a change of any column changes the checksum") {
  const auto changed = [](auto change) {
    route_row row = sample();
    change(row);
    return row_crc(row) != row_crc(sample());
  };
  CHECK(changed([](route_row& row) { row.id = 8; }));
  CHECK(changed([](route_row& row) { row.key.modid = 3; }));
  CHECK(changed([](route_row& row) { row.key.cmdid = 3; }));
  CHECK(changed([](route_row& row) { ++row.target.where.ip; }));
  CHECK(changed([](route_row& row) { ++row.target.where.port; }));
  CHECK(changed([](route_row& row) { ++row.target.weight; }));
  CHECK(changed([](route_row& row) { row.target.state = host_state::down; }));
  CHECK(changed([](route_row& row) { row.target.zone = "nortH"; }));
}

}  // namespace lars::row_crc_test
