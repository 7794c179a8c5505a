#include "base/agent_id.hpp"

#include <catch2/catch.hpp>

namespace lars::agent_id_test {

using lars::base::agent_id;

TEST_CASE("an id is 16 bytes on the wire and 32 hex digits elsewhere") {
  const std::string bytes("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\xfe\xff", 16);
  const auto id = agent_id::from_bytes(bytes);
  REQUIRE(id);
  CHECK(id->as_bytes() == bytes);
  CHECK(id->hex() == "000102030405060708090a0b0c0dfeff");
  CHECK(agent_id::from_hex(id->hex()) == id);
  CHECK_FALSE(id->is_none());
  CHECK(agent_id{}.is_none());
}

TEST_CASE("two draws make an id, every bit of them") {
  CHECK(agent_id::from_draws(0, 0).is_none());
  CHECK(agent_id::from_draws(1, 2) != agent_id::from_draws(2, 1));
  CHECK(agent_id::from_draws(~0ull, ~0ull).hex() == std::string(32, 'f'));
}

TEST_CASE("a text that is not an id gives none") {
  CHECK_FALSE(agent_id::from_bytes(""));
  CHECK_FALSE(agent_id::from_bytes(std::string(15, 'x')));
  CHECK_FALSE(agent_id::from_bytes(std::string(17, 'x')));
  CHECK_FALSE(agent_id::from_hex(std::string(31, '0')));
  CHECK_FALSE(agent_id::from_hex(std::string(31, '0') + "G"));
  CHECK_FALSE(agent_id::from_hex(std::string(31, '0') + "A"));
}

}  // namespace lars::agent_id_test
