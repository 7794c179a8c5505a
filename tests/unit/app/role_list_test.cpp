#include "app/role_list.hpp"

#include <catch2/catch.hpp>

namespace lars::role_list_test {

using namespace lars::app;
using roles = std::vector<role_kind>;

TEST_CASE("a list of roles is parsed to each role once, in start order") {
  CHECK(parse_roles("dns").value() == roles{role_kind::dns});
  CHECK(parse_roles("agent").value() == roles{role_kind::agent});
  CHECK(parse_roles("reporter").value() == roles{role_kind::reporter});
  CHECK(parse_roles("agent,dns,agent").value() == roles{role_kind::dns, role_kind::agent});
  CHECK(parse_roles("agent,reporter").value() == roles{role_kind::reporter, role_kind::agent});
}

TEST_CASE("\"all\" means every role") {
  CHECK(parse_roles("all").value() == roles{role_kind::dns, role_kind::reporter, role_kind::agent});
}

TEST_CASE("an unknown role is refused with the allowed roles") {
  for (const char* text : {"", "repoter", "dns,", "DNS", "dns agent", "dns, agent"}) {
    INFO(text);
    const auto refused = parse_roles(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("allowed: dns, reporter, agent, all") != std::string::npos);
  }
}

}  // namespace lars::role_list_test
