#include "app/role_list.hpp"

#include <catch2/catch.hpp>

using namespace lars::app;
using roles = std::vector<role_kind>;

TEST_CASE("roles are read from a list, each once, in the order they start") {
  CHECK(parse_roles("dns").value() == roles{role_kind::dns});
  CHECK(parse_roles("agent").value() == roles{role_kind::agent});
  CHECK(parse_roles("reporter").value() == roles{role_kind::reporter});
  CHECK(parse_roles("agent,dns,agent").value() == roles{role_kind::dns, role_kind::agent});
  CHECK(parse_roles("agent,reporter").value() == roles{role_kind::reporter, role_kind::agent});
}

TEST_CASE("all is every role there is") {
  CHECK(parse_roles("all").value() == roles{role_kind::dns, role_kind::reporter, role_kind::agent});
}

TEST_CASE("a role that does not exist is refused with those that do") {
  for (const char* text : {"", "repoter", "dns,", "DNS", "dns agent", "dns, agent"}) {
    INFO(text);
    const auto refused = parse_roles(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("allowed: dns, reporter, agent, all") != std::string::npos);
  }
}
