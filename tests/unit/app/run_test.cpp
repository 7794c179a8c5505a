#include "app/run.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "config_file.hpp"

namespace lars::run_test {

namespace {

namespace fs = std::filesystem;
using words = std::vector<std::string>;

struct outcome {
  int code;
  std::string out;
  std::string err;
};

outcome run(const words& args) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = lars::app::run(args, out, err);
  return {code, out.str(), err.str()};
}

bool is_one_line(const std::string& text) { return text.starts_with("lars: ") && text.find('\n') == text.size() - 1; }

}  // namespace

TEST_CASE("without arguments the usage is printed and the exit code is 2") {
  const outcome ended = run({});
  CHECK(ended.code == 2);
  CHECK(ended.out.empty());
  CHECK(ended.err.find("usage:") != std::string::npos);
}

TEST_CASE("invalid flags end with 2 and one line") {
  for (const words& args :
       {words{"--role=repoter"}, words{"--role=web"}, words{"--role=dns", "--prot=1"}, words{"--role"},
        words{"--config=x"}, words{"nonsense"}, words{"check-config", "--role=web"}, words{"check-config", "extra"},
        words{"bench"}, words{"bench", "nothing"}, words{"bench", "route"}, words{"demo", "--twice"}}) {
    INFO(args.front() << " " << args.back());
    const outcome ended = run(args);
    CHECK(ended.code == 2);
    CHECK(is_one_line(ended.err));
    CHECK(ended.out.empty());
  }
}

TEST_CASE("a wrong configuration ends with 78 and one line, whoever reads it") {
  for (const words& args :
       {words{"--role=dns"}, words{"check-config"}, words{"route", "list"}, words{"demo", "--once"}}) {
    words with_set = args;
    with_set.push_back("--set=dns.port=99999");
    INFO(args.front());
    const outcome ended = run(with_set);
    CHECK(ended.code == 78);
    CHECK(ended.err == "lars: --set dns.port: [dns] port = '99999' is not allowed; allowed: whole number 0 .. 65535\n");
    CHECK(ended.out.empty());
  }
}

TEST_CASE("a configuration file that is not there ends with 78 and its name") {
  const outcome ended = run({"--role=dns", "--config", "/nonexistent.conf"});
  CHECK(ended.code == 78);
  CHECK(ended.err == "lars: /nonexistent.conf: cannot read the file: No such file or directory\n");
}

TEST_CASE("an old file of another role ends with 78 before anything is created") {
  const config_file file("[reactor]\nport = 0\n");
  const fs::path dir = fs::temp_directory_path() / "lars_never_made";
  const outcome ended = run({"--role=all", "--config", file.name(), "--set", "state.dir=" + dir.string()});
  CHECK(ended.code == 78);
  CHECK(is_one_line(ended.err));
  CHECK_FALSE(fs::exists(dir));
}

TEST_CASE("help and version go to stdout and end with 0, whatever the configuration says") {
  for (const words& args :
       {words{"--help"}, words{"help"}, words{"--version"}, words{"version"}, words{"help", "route"},
        words{"route", "--help", "--set=dns.port=x"}, words{"check-config", "--help"}, words{"demo", "--help"},
        words{"bench", "--help"}, words{"bench", "route", "--help"}, words{"bench", "policy", "--help"},
        words{"bench", "qps", "--help", "--set=dns.port=x"}, words{"help", "demo"}}) {
    INFO(args.front() << " " << args.back());
    const outcome ended = run(args);
    CHECK(ended.code == 0);
    CHECK_FALSE(ended.out.empty());
    CHECK(ended.err.empty());
  }
}

TEST_CASE("help lists every key") {
  const std::string help = run({"--help"}).out;
  for (const char* name : {"dns.port", "agent.dns", "storage.url", "loadbalance.update_timeout", "log.file"})
    CHECK(help.find(name) != std::string::npos);
}

TEST_CASE("check-config creates nothing and prints a file that it accepts") {
  const fs::path dir = fs::temp_directory_path() / "lars_never_made";
  const outcome first =
      run({"check-config", "--role=all", "--set", "dns.port=1234", "--set", "state.dir=" + dir.string()});
  REQUIRE(first.code == 0);
  CHECK(first.out.find("; from --set dns.port\nport = 1234\n") != std::string::npos);
  CHECK_FALSE(fs::exists(dir));

  const config_file file(first.out);
  const outcome second = run({"check-config", "--role=all", "--config", file.name()});
  CHECK(second.code == 0);
  CHECK(second.err.empty());
}

TEST_CASE("check-config shows no password") {
  const outcome ended =
      run({"check-config", "--set", "storage.url=mysql://db=lars_dns user=u password=secret host=127.0.0.1"});
  CHECK(ended.code == 0);
  CHECK(ended.out.find("db=lars_dns") != std::string::npos);
  CHECK(ended.out.find("secret") == std::string::npos);
}

}  // namespace lars::run_test
