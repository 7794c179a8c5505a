#include "client/udp_transport.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "client/retcodes.hpp"

namespace lars::udp_transport_test {

using lars::errc;
using lars::route_key;
using lars::client::transport_port;

TEST_CASE("a module's port is the first one plus the sum of its numbers modulo three") {
  CHECK(transport_port(8888, {0, 0}) == 8888);
  CHECK(transport_port(8888, {1, 1}) == 8890);
  CHECK(transport_port(8888, {1, 3}) == 8889);
}

TEST_CASE("negative and huge module numbers stay within the three ports") {
  constexpr auto least = std::numeric_limits<std::int32_t>::min();
  constexpr auto most = std::numeric_limits<std::int32_t>::max();
  CHECK(transport_port(8888, {-1, 0}) == 8890);
  CHECK(transport_port(8888, {-1, -1}) == 8889);
  CHECK(transport_port(8888, {most, most}) == 8888 + (2 * std::int64_t{most}) % 3);
  CHECK(transport_port(8888, {least, least}) == 8888 + ((2 * std::int64_t{least}) % 3 + 3) % 3);
}

TEST_CASE("codes of the wire and errors translate both ways, all else is a system error") {
  using lars::client::errc_of;
  using lars::client::retcode_of;
  CHECK(errc_of(1) == errc::overloaded);
  CHECK(errc_of(2) == errc::system_error);
  CHECK(errc_of(3) == errc::no_such_module);
  CHECK(errc_of(77) == errc::system_error);
  CHECK(errc_of(-1) == errc::system_error);
  CHECK(retcode_of(errc::overloaded) == 1);
  CHECK(retcode_of(errc::no_such_module) == 3);
  CHECK(retcode_of(errc::timeout) == 2);
}

}  // namespace lars::udp_transport_test
