#include "storage/route_file.hpp"

#include <catch2/catch.hpp>

namespace lars::route_file_test {

using lars::storage::read_route_file;

namespace {

std::string refusal_of(std::string_view text, std::optional<route_key> only = {}) {
  const auto rows = read_route_file(text, only);
  REQUIRE_FALSE(rows);
  return rows.error().detail;
}

}  // namespace

TEST_CASE("all seven columns are read") {
  const auto rows = read_route_file("modid,cmdid,ip,port,weight,zone,state\n-1,2,10.0.0.1,80,50,\"a,b\",drain\n", {});
  REQUIRE(rows);
  REQUIRE(rows->size() == 1);
  CHECK(rows->front() == storage::route_row{0, {-1, 2}, {{0x0A000001, 80}, 50, host_state::drain, "a,b"}});
}

TEST_CASE("a file with only the first four columns has default values") {
  const auto rows = read_route_file("modid,cmdid,ip,port\n1,1,192.168.1.1,7777\n", {});
  REQUIRE(rows);
  CHECK(rows->front() == storage::route_row{0, {1, 1}, {{0xC0A80101, 7777}, 100, host_state::up}});
}

TEST_CASE("empty optional fields have their defaults") {
  const auto rows = read_route_file("modid,cmdid,ip,port,weight,zone,state\n1,1,10.0.0.1,80,,,\n", {});
  REQUIRE(rows);
  CHECK(rows->front().target == host{{0x0A000001, 80}, 100, host_state::up});
}

TEST_CASE("a file with only a header has no rows") {
  const auto rows = read_route_file("modid,cmdid,ip,port\n", {});
  REQUIRE(rows);
  CHECK(rows->empty());
}

TEST_CASE("without its header a file is refused") {
  for (const auto* text : {"", "1,1,10.0.0.1,80\n", "modid,cmdid,ip\n", "modid,cmdid,port,ip\n",
                           "modid,cmdid,ip,port,weight,zone,state,more\n"})
    CHECK(refusal_of(text).find("line 1: expected the header") == 0);
}

TEST_CASE("every error names its line") {
  const std::string header = "modid,cmdid,ip,port,weight,zone,state\n1,1,10.0.0.9,80,100,,up\n";
  CHECK(refusal_of(header + "x,1,10.0.0.1,80,100,,up").find("line 3: modid is 'x'") == 0);
  CHECK(refusal_of(header + "1,1,host,80,100,,up").find("line 3: ip is 'host', allowed: an IPv4") == 0);
  CHECK(refusal_of(header + "1,1,10.0.0.1,0,100,,up").find("line 3: port is '0'") == 0);
  CHECK(refusal_of(header + "1,1,10.0.0.1,80,10001,,up").find("line 3: weight is '10001'") == 0);
  CHECK(refusal_of(header + "1,1,10.0.0.1,80,100,\xff,up").find("line 3: zone is") == 0);
  CHECK(refusal_of(header + "1,1,10.0.0.1,80,100,,off").find("line 3: state is 'off'") == 0);
  CHECK(refusal_of(header + "1,1,10.0.0.1,80") == "line 3: 4 fields, the header has 7");
  CHECK(refusal_of(header + "\n1,1,10.0.0.9,80,1,,up") == "line 4: 1 1 10.0.0.9:80 is already on line 2");
}

TEST_CASE("an error of a row carries its field") {
  const auto field_of = [](const std::string& row) {
    return read_route_file("modid,cmdid,ip,port,weight,zone,state\n" + row, {}).error().field;
  };
  CHECK(field_of("x,1,10.0.0.1,80,100,,up") == "modid");
  CHECK(field_of("1,1,host,80,100,,up") == "ip");
  CHECK(field_of("1,1,224.0.0.1,80,100,,up") == "ip");
  CHECK(field_of("1,1,10.0.0.1,80,100,,off") == "state");
  CHECK(field_of("1,1,10.0.0.1,80").empty());
}

TEST_CASE("with --replace, a row of another module is refused") {
  const auto* text = "modid,cmdid,ip,port\n1,1,10.0.0.1,80\n1,2,10.0.0.1,80\n";
  CHECK(refusal_of(text, route_key{1, 1}) == "line 3: 1 2 10.0.0.1:80 does not belong to the module of --replace");
  CHECK(read_route_file(text, {}));
}

TEST_CASE("semicolons and tabs separate fields as commas do") {
  for (const char delimiter : {',', ';', '\t'}) {
    std::string text = "modid,cmdid,ip,port,weight,zone\n1,2,10.0.0.1,80,7,\"north\"\n";
    for (char& c : text)
      if (c == ',') c = delimiter;
    INFO(text);
    const auto rows = read_route_file(text, {});
    REQUIRE(rows);
    CHECK(rows->at(0).target.weight == 7);
    CHECK(rows->at(0).key == route_key{1, 2});
  }
  CHECK(refusal_of("mod;cmd\n").find("found fields separated by a semicolon") != std::string::npos);
}

}  // namespace lars::route_file_test
