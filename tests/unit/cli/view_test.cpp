#include "cli/demo/view.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

namespace lars::view_test {

using namespace std::chrono_literals;
using namespace lars::cli::demo;

namespace {

picture moment() {
  picture now;
  now.since_start = 1500ms;
  now.title = "isolation";
  now.calls_per_second = 430;
  now.hosts = {{{0x7f000001, 1001}, 0.25, 10, 0, false}, {{0x7f000001, 1002}, 0.09, 5, 7, true}};
  now.the_host = {0x7f000001, 1002};
  now.failing = true;
  return now;
}

}  // namespace

TEST_CASE("without a terminal each picture is one line without control sequences") {
  std::ostringstream out;
  view screen(out, false);
  screen.draw(moment());
  screen.say("done");
  CHECK(out.str() ==
        "  1.5 s   430 calls/s   1001: 25.0 %  1002: 9.0 %  fails  isolated  isolation\n"
        "done\n");
}

TEST_CASE("on a terminal a picture replaces the one before, line for line") {
  std::ostringstream out;
  view screen(out, true);
  screen.draw(moment());
  const auto first = out.str();
  CHECK(first.find('\x1b') == std::string::npos);
  CHECK(std::count(first.begin(), first.end(), '\n') == 4);
  CHECK(first.find("fails  isolated") != std::string::npos);
  out.str("");
  screen.draw(moment());
  CHECK(out.str() == "\x1b[4F\x1b[J" + first);
}

TEST_CASE("a sentence replaces the picture and stays") {
  std::ostringstream out;
  view screen(out, true);
  screen.draw(moment());
  out.str("");
  screen.say("now it fails");
  CHECK(out.str() == "\x1b[4F\x1b[Jnow it fails\n");
  out.str("");
  screen.say("still");
  CHECK(out.str() == "still\n");
}

}  // namespace lars::view_test
