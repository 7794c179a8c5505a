#include "app/key_table.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "app/key_check.hpp"
#include "balance/health/health_settings.hpp"

namespace lars::key_table_test {

using namespace lars::app;

TEST_CASE("every default is a value that its own key allows") {
  for (const key_spec& key : all_keys()) {
    INFO(shown_name(key));
    CHECK(check_value(key, key.fallback));
  }
}

TEST_CASE("every key is unique and has a meaning") {
  std::set<std::string> names;
  for (const key_spec& key : all_keys()) {
    INFO(shown_name(key));
    CHECK(names.insert(shown_name(key)).second);
    CHECK_FALSE(key.meaning.empty());
  }
}

TEST_CASE("a threshold of a module is allowed what the key of its name is") {
  for (const auto& one : balance::all_health_settings()) {
    INFO(one.name);
    CHECK(allowed(*find_key("loadbalance", one.name)) == one.allowed);
  }
}

TEST_CASE("a key is found by exact section and name") {
  REQUIRE(find_key("dns", "poll_interval_ms") != nullptr);
  CHECK(find_key("dns", "poll_interval_ms")->fallback == "200");
  CHECK(find_key("agent", "poll_interval_ms") == nullptr);
  CHECK(find_key("dns", "Port") == nullptr);
  CHECK(is_section("loadbalance"));
  CHECK_FALSE(is_section("reactor"));
}

TEST_CASE("a key's variable is LARS_SECTION_KEY in capitals") {
  CHECK(variable_name(*find_key("dns", "poll_interval_ms")) == "LARS_DNS_POLL_INTERVAL_MS");
  CHECK(variable_name(*find_key("storage", "url")) == "LARS_STORAGE_URL");
}

TEST_CASE("all old load balancing keys exist with their original defaults") {
  const std::pair<const char*, const char*> field[] = {
      {"probe_num", "10"},    {"init_succ_cnt", "180"},   {"init_err_cnt", "5"},       {"err_rate", "0.1"},
      {"succ_rate", "0.5"},   {"contin_err_limit", "15"}, {"contin_succ_limit", "15"}, {"window_err_rate", "0.7"},
      {"idle_timeout", "15"}, {"overload_timeout", "15"}, {"update_timeout", "15"}};
  for (const auto& [name, value] : field) {
    INFO(name);
    REQUIRE(find_key("loadbalance", name) != nullptr);
    CHECK(find_key("loadbalance", name)->fallback == value);
  }
}

}  // namespace lars::key_table_test
