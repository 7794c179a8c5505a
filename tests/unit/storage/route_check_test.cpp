#include "storage/route_check.hpp"

#include <catch2/catch.hpp>
#include <functional>

namespace lars::route_check_test {

using namespace lars::storage;

namespace {

route_values good() { return {7, 1, 2, 0x0A000001, 80, 100, 0, "eu"}; }

struct wrong {
  const char* reason;
  row_part part;
  std::function<void(route_values&)> change;
};

}  // namespace

TEST_CASE("what the columns may hold is good") {
  const std::function<void(route_values&)> changes[] = {
      [](auto&) {},
      [](auto& v) { v.modid = -2147483648LL, v.cmdid = 4294967295LL; },
      [](auto& v) { v.modid = 0, v.cmdid = 0; },
      [](auto& v) { v.ip = 0x7F000001; },
      [](auto& v) { v.ip = -1062731519; },  // 192.168.1.1 in a signed column
      [](auto& v) { v.port = 1; },
      [](auto& v) { v.port = 65535; },
      [](auto& v) { v.weight = 0; },
      [](auto& v) { v.weight = max_weight; },
      [](auto& v) { v.state = 2; },
      [](auto& v) { v.zone = ""; },
      [](auto& v) { v.zone = "M\xC3\xBCnchen"; },
  };
  for (const auto& change : changes) {
    auto values = good();
    change(values);
    const auto flaw = check_route(values);
    INFO(flaw.reason);
    CHECK_FALSE(flaw);
  }
}

TEST_CASE("each thing that is wrong with a row is named") {
  const std::string long_zone(65, 'z');
  const wrong all[] = {
      {"modid 4294967296 is no 32-bit number", row_part::module, [](auto& v) { v.modid = 4294967296; }},
      {"modid holds no 32-bit number", row_part::module, [](auto& v) { v.modid.reset(); }},
      {"cmdid -2147483649 is no 32-bit number", row_part::module, [](auto& v) { v.cmdid = -2147483649; }},
      {"serverip holds no address", row_part::host, [](auto& v) { v.ip.reset(); }},
      {"serverip 4294967296 is no address", row_part::host, [](auto& v) { v.ip = 4294967296; }},
      {"serverip 0.0.0.0 is not a host address", row_part::host, [](auto& v) { v.ip = 0; }},
      {"serverip 224.0.0.1 is a multicast address", row_part::host, [](auto& v) { v.ip = 0xE0000001; }},
      {"serverip 240.0.0.1 is a reserved address", row_part::host, [](auto& v) { v.ip = 0xF0000001; }},
      {"serverip 255.255.255.255 is the broadcast address", row_part::host, [](auto& v) { v.ip = -1; }},
      {"serverport 0 is not a port (1 to 65535)", row_part::host, [](auto& v) { v.port = 0; }},
      {"serverport -1 is not a port (1 to 65535)", row_part::host, [](auto& v) { v.port = -1; }},
      {"serverport 70000 is not a port (1 to 65535)", row_part::host, [](auto& v) { v.port = 70000; }},
      {"serverport 4294967376 is not a port (1 to 65535)", row_part::host, [](auto& v) { v.port = 4294967376; }},
      {"serverport holds no port (1 to 65535)", row_part::host, [](auto& v) { v.port.reset(); }},
      {"weight 10001 is not 0 to 10000", row_part::weight, [](auto& v) { v.weight = 10001; }},
      {"weight -1 is not 0 to 10000", row_part::weight, [](auto& v) { v.weight = -1; }},
      {"weight holds not 0 to 10000", row_part::weight, [](auto& v) { v.weight.reset(); }},
      {"state 3 is not 0, 1 or 2", row_part::state, [](auto& v) { v.state = 3; }},
      {"state -1 is not 0, 1 or 2", row_part::state, [](auto& v) { v.state = -1; }},
      {"zone is longer than 64 bytes", row_part::zone, [&](auto& v) { v.zone = long_zone; }},
      {"zone must be printable UTF-8", row_part::zone, [](auto& v) { v.zone = "M\xFCnchen"; }},
      {"zone must be printable UTF-8", row_part::zone, [](auto& v) { v.zone = "a\x1b[31m"; }},
  };
  for (const auto& one : all) {
    auto values = good();
    one.change(values);
    const auto flaw = check_route(values);
    CHECK(flaw.reason == one.reason);
    CHECK(flaw.parts == static_cast<std::uint8_t>(one.part));
  }
}

TEST_CASE("a wrong module or host makes a row useless, anything else does not") {
  const auto read = [](auto change) {
    auto values = good();
    change(values);
    route_row row;
    read_route(values, row);
    return row;
  };
  CHECK(read([](auto&) {}).is_usable());
  CHECK_FALSE(read([](auto& v) { v.modid.reset(); }).has_module());
  CHECK_FALSE(read([](auto& v) { v.modid.reset(); }).is_usable());
  CHECK_FALSE(read([](auto& v) { v.port = 0; }).is_usable());
  CHECK(read([](auto& v) { v.port = 0; }).has_module());
  CHECK(read([](auto& v) { v.zone = "\xFF"; }).is_usable());
  CHECK_FALSE(read([](auto& v) { v.zone = "\xFF"; }).has_zone());
}

TEST_CASE("a wrong weight counts as the nearest allowed one, a wrong state as down") {
  const auto target = [](std::optional<long long> weight, std::optional<long long> state) {
    auto values = good();
    values.weight = weight, values.state = state;
    route_row row;
    read_route(values, row);
    return row.target;
  };
  CHECK(target(20000, 0).weight == max_weight);
  CHECK(target(-3, 0).weight == 0);
  CHECK(target(std::nullopt, 0).weight == default_weight);
  for (const std::optional<long long> state : {std::optional(3LL), std::optional(-1LL), std::optional<long long>()})
    CHECK(target(1, state).state == host_state::down);
}

TEST_CASE("writers are refused what readers would find wrong") {
  route_row row{0, {1, 1}, {{0x0A000001, 80}, 100, host_state::up, "eu"}};
  CHECK(check_row(row));
  const auto refused = [](route_row bad, const char* field, const char* reason) {
    const auto checked = check_row(bad);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == errc::invalid_argument);
    CHECK(checked.error().field == field);
    CHECK(checked.error().detail == reason);
  };
  auto bad = row;
  bad.target.where.ip = 0xE0000001;
  refused(bad, "ip", "ip 224.0.0.1 is a multicast address");
  bad = row;
  bad.target.where.port = 0;
  refused(bad, "port", "port 0 is not a port (1 to 65535)");
  bad = row;
  bad.target.weight = max_weight + 1;
  bad.target.zone.assign(1, '\xFF');
  refused(bad, "weight", "weight 10001 is not 0 to 10000");
  bad.target.weight = 0;
  refused(bad, "zone", "zone must be printable UTF-8");
}

TEST_CASE("a column without a number has a checksum of its own") {
  auto values = good();
  values.weight = 0;
  route_row zero, none;
  read_route(values, zero);
  values.weight.reset();
  read_route(values, none);
  none.target.weight = 0;
  CHECK(row_crc(zero) != row_crc(none));
}

}  // namespace lars::route_check_test
