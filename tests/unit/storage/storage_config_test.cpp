#include "storage/storage_config.hpp"

#include <catch2/catch.hpp>

namespace lars::storage_config_test {

using namespace lars::storage;

namespace {

std::string refusal(const std::string& url) {
  const auto parsed = parse_url(url, "/state");
  if (parsed) return "accepted";
  CHECK(parsed.error().code == errc::invalid_argument);
  return parsed.error().detail;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a relative SQLite path is relative to the state directory, an absolute one is itself") {
  const auto relative = parse_url("sqlite3://lars.db", "/var/lib/lars");
  REQUIRE(relative);
  CHECK(relative->kind == backend::sqlite);
  CHECK(relative->connect == "/var/lib/lars/lars.db");
  CHECK(parse_url("sqlite3:///tmp/x.db", "/var/lib/lars")->connect == "/tmp/x.db");
  CHECK(parse_url("sqlite3://../a b.db", "/var/lib/lars")->connect == "/var/lib/a b.db");
}

TEST_CASE("a MySQL url keeps its options, quoted where SOCI needs it") {
  const auto parsed = parse_url("mysql://db=lars_dns user=lars pass='two words' host=10.0.0.1 port=3307", "/state");
  REQUIRE(parsed);
  CHECK(parsed->kind == backend::mysql);
  CHECK(parsed->connect == "db=lars_dns user=lars password='two words' host=10.0.0.1 port=3307");
}

TEST_CASE("a MySQL url may name several hosts") {
  const auto parsed = parse_url("mysql://db=d host=10.0.0.1:3306,10.0.0.2:3307 port=3308", "/state");
  REQUIRE(parsed);
  CHECK(parsed->connect == "db=d host=10.0.0.1:3306,10.0.0.2:3307 port=3308");
}

TEST_CASE("what is shown of a url holds no password, however it was written") {
  for (const char* key : {"password", "pass"}) {
    const auto parsed = parse_url(std::string("mysql://db=d ") + key + "='se cret' user=u", "/state");
    REQUIRE(parsed);
    CHECK(parsed->shown() == "mysql://db=d user=u");
  }
  // A config that did not come from parse_url hides it too.
  CHECK(storage_config{backend::mysql, "db=d pass=secret"}.shown() == "mysql://db=d");
  CHECK(parse_url("sqlite3://a.db", "/state")->shown() == "sqlite3:///state/a.db");
}

TEST_CASE("a config's url reads back as the same config") {
  for (const char* url : {"mysql://db=d password='it\\'s secret' port=3307", "sqlite3://a b.db"}) {
    const auto parsed = parse_url(url, "/state");
    REQUIRE(parsed);
    const auto again = parse_url(parsed->url(), "/elsewhere");
    REQUIRE(again);
    CHECK(again->kind == parsed->kind);
    CHECK(again->connect == parsed->connect);
  }
}

TEST_CASE("a url that cannot be used is refused and says why") {
  CHECK(says(refusal("postgresql://db=x"), "sqlite3:// or mysql://"));
  CHECK(says(refusal(""), "sqlite3:// or mysql://"));
  CHECK(says(refusal("sqlite3://"), "path"));
  CHECK(says(refusal("sqlite3://a\"b.db"), "double quote"));
  CHECK(says(refusal("mysql://user=u"), "db=NAME"));
  CHECK(says(refusal("mysql://db="), "db=NAME"));
  CHECK(says(refusal("mysql://db=d hots=h"), "unknown key 'hots'"));
  CHECK(says(refusal("mysql://db=d dbname=e"), "'db' is given twice"));
  for (const char* port : {"0", "65536", "-1", "x", "", "33o6"})
    CHECK(says(refusal(std::string("mysql://db=d port='") + port + "'"), "port must be a number from 1 to 65535"));
  CHECK(says(refusal("mysql://db=d read_timeout=0"), "read_timeout must be"));
  CHECK(says(refusal("mysql://db=d host=a:3306,b:0"), "host: 'b:0' is not HOST or HOST:PORT"));
}

TEST_CASE("a refusal never repeats a password") {
  CHECK_FALSE(says(refusal("mysql://db=d password='secret"), "secret"));
  CHECK_FALSE(says(refusal("mysql://db=d password=sec'ret"), "ret"));
}

}  // namespace lars::storage_config_test
