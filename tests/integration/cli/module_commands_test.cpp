#include <catch2/catch.hpp>

#include "cli_database.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::module_commands_test {

using database = lars::test::cli_database;

namespace {

// `module list` as CSV, without its header.
std::string listed(database& db) {
  REQUIRE(db.run("module", {"list", "--format", "csv"}) == 0);
  return db.out().substr(db.out().find('\n') + 1);
}

// The first fields of each line, as many as the version is not among.
std::string settings_of(database& db) {
  const auto text = listed(db);
  return text.substr(0, text.rfind(",1"));
}

}  // namespace

TEST_CASE("settings are set, changed, listed, shown and taken back") {
  database db;
  CHECK(db.run("module", {"set", "1", "-2", "--policy", "p2c", "tau=5s", "choices=3", "--health", "err_rate=0.2",
                          "probe_num=3", "--subset", "20"}) == 0);
  CHECK(settings_of(db) == "1,-2,p2c,choices=3 tau=5s,err_rate=0.2 probe_num=3,20");
  CHECK(db.run("module", {"set", "1", "-2", "tau=", "--health", "probe_num="}) == 0);
  CHECK(settings_of(db) == "1,-2,p2c,choices=3,err_rate=0.2,20");
  CHECK(db.run("module", {"show", "1", "-2", "--format", "csv"}) == 0);
  CHECK(db.out().find("parameter,choices,3,set,") != std::string::npos);
  CHECK(db.out().find("parameter,tau,10s,default,100ms .. 10m\n") != std::string::npos);
  CHECK(db.out().find("health,err_rate,0.2,set,number 0 .. 1\n") != std::string::npos);
  CHECK(db.out().find("health,probe_num,,agent,") != std::string::npos);
  CHECK(db.run("module", {"unset", "1", "-2"}) == 0);
  CHECK(listed(db).empty());
}

TEST_CASE("a module without settings is not found") {
  database db;
  CHECK(db.run("module", {"show", "1", "1"}) == 3);
  CHECK(db.run("module", {"unset", "1", "1"}) == 3);
}

TEST_CASE("the last value taken back leaves no settings") {
  database db;
  CHECK(db.run("module", {"set", "1", "1", "--health", "err_rate=0.2"}) == 0);
  CHECK(db.run("module", {"set", "1", "1", "--health", "err_rate="}) == 0);
  CHECK(db.run("module", {"show", "1", "1"}) == 3);
}

TEST_CASE("invalid settings are refused with the allowed values and change nothing") {
  database db;
  REQUIRE(db.run("module", {"set", "1", "1", "--policy", "rr"}) == 0);
  CHECK(db.run("module", {"set", "1", "1", "--policy", "p3c"}) == 2);
  CHECK(db.err().find("lars: policy is 'p3c', allowed: p2c, round_robin,") != std::string::npos);
  CHECK(db.run("module", {"set", "1", "1", "tau=1s"}) == 2);
  CHECK(db.err().find("lars: parameter.tau is unknown; there are: none") != std::string::npos);
  CHECK(db.run("module", {"set", "1", "1", "--policy", "p2c", "tau=1h"}) == 2);
  CHECK(db.err().find("lars: parameter.tau is '1h', allowed: 100ms .. 10m") != std::string::npos);
  CHECK(db.run("module", {"set", "1", "1", "--health", "err_rate=2"}) == 2);
  CHECK(db.run("module", {"set", "1", "1", "--subset", "1000001"}) == 2);
  CHECK(settings_of(db) == "1,1,rr,,,0");
}

TEST_CASE("an alias has its own defaults") {
  database db;
  REQUIRE(db.run("module", {"set", "1", "1", "--policy", "nq"}) == 0);
  REQUIRE(db.run("module", {"show", "1", "1", "--format", "csv"}) == 0);
  CHECK(db.out().find("parameter,choices,default of nq,default,") != std::string::npos);
}

TEST_CASE("invalid settings in the database are shown, cannot be changed and can be removed") {
  database db;
  const auto config = db.config();
  REQUIRE(lars::storage::open_settings_editor(config)->set(
      {1, 1}, [](const std::string&) -> lars::result<std::string> { return std::string("{\"policy\":7}"); }));
  CHECK(listed(db).find("policy must be text") != std::string::npos);
  CHECK(db.run("module", {"show", "1", "1"}) == 1);
  CHECK(db.run("module", {"set", "1", "1", "--policy", "rr"}) == 1);
  CHECK(db.err().find("lars module unset 1 1") != std::string::npos);
  CHECK(db.run("module", {"unset", "1", "1"}) == 0);
  CHECK(db.run("module", {"set", "1", "1", "--policy", "rr"}) == 0);
}

}  // namespace lars::module_commands_test
