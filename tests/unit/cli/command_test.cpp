#include "cli/command.hpp"

#include <catch2/catch.hpp>
#include <sstream>

namespace lars::command_test {

using namespace lars::cli;

namespace {

struct outcome {
  int code;
  std::string out, err;
};

// Runs a command that must not get as far as a database or an agent.
outcome run_with(const std::string& command, const std::vector<std::string>& args) {
  std::ostringstream out, err;
  const environment env{{lars::storage::backend::sqlite, "/nonexistent/lars.db"}, {0x7f000001, 9}, out, err};
  const int code = run(command, args, env);
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("the commands of this folder are known, others are not") {
  for (const auto* name : {"route", "module", "get-host", "get-route", "report", "explain", "simulate", "migrate"})
    CHECK(knows(name));
  for (const auto* name : {"routes", "route add", "", "demo", "bench"}) CHECK_FALSE(knows(name));
}

TEST_CASE("every command has help on stdout") {
  for (const auto* name : {"route", "module", "get-host", "get-route", "report", "explain", "simulate", "migrate"}) {
    const auto help = run_with(name, {"--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find(std::string("lars ") + name) != std::string::npos);
    CHECK(help.err.empty());
  }
  CHECK(run_with("module", {"set", "-h"}).out.find("    tau = 10s (100ms .. 10m): ") != std::string::npos);
  CHECK(run_with("route", {"add", "-h"}).out.find("--weight") != std::string::npos);
}

TEST_CASE("the list of commands names each") {
  std::ostringstream out;
  print_help(out);
  for (const auto* name : {"route add", "route export", "get-host", "simulate", "migrate"})
    CHECK(out.str().find(name) != std::string::npos);
}

TEST_CASE("an invalid command line is a usage error on stderr") {
  using args = std::vector<std::string>;
  const std::vector<std::pair<std::string, args>> wrong{
      {"route", {}},
      {"route", {"frob"}},
      {"module", {"set", "1", "1"}},
      {"module", {"set", "1", "1", "--policy", ""}},
      {"module", {"set", "1", "1", "tau"}},
      {"module", {"set", "1", "1", "--health", "err_rate"}},
      {"module", {"set", "1", "1", "--subset", "-1"}},
      {"module", {"show", "1"}},
      {"module", {"list", "1"}},
      {"route", {"add", "1", "1"}},
      {"route", {"add", "1", "1", "10.0.0.1:80", "more"}},
      {"route", {"add", "1", "1", "localhost:80"}},
      {"route", {"add", "1", "1", "10.0.0.1"}},
      {"route", {"add", "1", "1", "10.0.0.1:0"}},
      {"route", {"add", "x", "1", "10.0.0.1:80"}},
      {"route", {"add", "1", "1", "10.0.0.1:80", "--weight", "-5"}},
      {"route", {"add", "1", "1", "10.0.0.1:80", "--zone", std::string(65, 'z')}},
      {"route", {"add", "1", "1", "10.0.0.1:80", "--state", "up"}},
      {"route", {"set", "1", "1", "10.0.0.1:80"}},
      {"route", {"set", "1", "1", "10.0.0.1:80", "--state", "off"}},
      {"route", {"list", "1"}},
      {"route", {"list", "--format", "xml"}},
      {"route", {"import"}},
      {"route", {"import", "-", "--replace", "1", "x"}},
      {"get-host", {"1"}},
      {"get-host", {"1", "1", "--format", "yaml"}},
      {"explain", {"1"}},
      {"explain", {"1", "x"}},
      {"explain", {"1", "1", "--key"}},
      {"explain", {"1", "1", "--format", "yaml"}},
      {"report", {"1", "1", "10.0.0.1:80"}},
      {"report", {"1", "1", "10.0.0.1:80", "2147483648"}},
      {"simulate", {"1", "1", "--calls", "0"}},
      {"simulate", {"1", "1", "--error-rate", "11"}},
      {"simulate", {"1", "1", "--fail", "10.0.0.1:80"}},
      {"simulate", {"1", "1", "--fail", "10.0.0.1:80=11"}},
      {"migrate", {"--status", "--dry-run"}},
      {"migrate", {"now"}},
  };
  for (const auto& [command, words] : wrong) {
    const auto end = run_with(command, words);
    CAPTURE(command, words);
    CHECK(end.code == 2);
    CHECK(end.out.empty());
    CHECK_FALSE(end.err.empty());
  }
}

TEST_CASE("a message about a value names its field first") {
  struct wrong {
    const char* field;
    std::vector<std::string> words;
  };
  const std::vector<std::pair<std::string, wrong>> all{
      {"route", {"modid", {"add", "x", "1", "10.0.0.1:80"}}},
      {"route", {"host", {"add", "1", "1", "localhost:80"}}},
      {"route", {"weight", {"add", "1", "1", "10.0.0.1:80", "--weight", "-5"}}},
      {"route", {"zone", {"add", "1", "1", "10.0.0.1:80", "--zone", "\xff"}}},
      {"route", {"state", {"set", "1", "1", "10.0.0.1:80", "--state", "off"}}},
      {"route", {"format", {"list", "--format", "xml"}}},
      {"module", {"policy", {"set", "1", "1", "--policy", ""}}},
      {"module", {"parameter", {"set", "1", "1", "tau"}}},
      {"module", {"health.a", {"set", "1", "1", "--health", "a=1", "a=2"}}},
      {"module", {"subset_size", {"set", "1", "1", "--subset", "-1"}}},
      {"report", {"host", {"1", "1", "10.0.0.1", "0"}}},
      {"simulate", {"pace", {"1", "1", "--pace", "5"}}},
  };
  for (const auto& [command, one] : all) {
    const auto end = run_with(command, one.words);
    CAPTURE(command, one.words, end.err);
    CHECK(end.code == 2);
    CHECK(end.err.starts_with(std::string("lars: ") + one.field + ' '));
  }
}

TEST_CASE("a missing SQLite file is a configuration error that names it") {
  using args = std::vector<std::string>;
  const std::vector<std::pair<std::string, args>> all{{"route", {"list"}},
                                                      {"route", {"export"}},
                                                      {"route", {"add", "1", "1", "10.0.0.1:80"}},
                                                      {"route", {"set", "1", "1", "10.0.0.1:80", "--weight", "1"}},
                                                      {"route", {"remove", "1", "1", "10.0.0.1:80"}},
                                                      {"route", {"import", "/dev/null"}},
                                                      {"migrate", {"--status"}},
                                                      {"migrate", {"--dry-run"}}};
  for (const auto& [command, words] : all) {
    const auto end = run_with(command, words);
    CAPTURE(command, words);
    CHECK(end.code == 78);
    CHECK(end.err.find("/nonexistent/lars.db") != std::string::npos);
  }
}

}  // namespace lars::command_test
