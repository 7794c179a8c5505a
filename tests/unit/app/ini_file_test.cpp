#include "app/ini_file.hpp"

#include <catch2/catch.hpp>

namespace lars::ini_file_test {

using namespace lars::app;

namespace {

std::string refusal(const std::string& text) {
  const auto content = parse_ini(text, "x.conf");
  REQUIRE_FALSE(content);
  return content.error().detail;
}

}  // namespace

TEST_CASE("entries keep their order and line numbers") {
  const auto content =
      parse_ini("; comment\n[dns]\nport = 1\n\n# another\n  ip=0.0.0.0  \n[log]\r\nfile =\r\n", "x.conf");
  REQUIRE(content);
  REQUIRE(content->entries.size() == 3);
  CHECK(content->entries[0].section == "dns");
  CHECK(content->entries[0].name == "port");
  CHECK(content->entries[0].value == "1");
  CHECK(content->entries[0].line == 3);
  CHECK(content->entries[1].value == "0.0.0.0");
  CHECK(content->entries[1].line == 6);
  CHECK(content->entries[2].value.empty());
  CHECK(content->entries[2].line == 8);
  CHECK(content->at(6) == "x.conf:6");
}

TEST_CASE("an entry has its line number whatever white space is around its parts") {
  const auto content = parse_ini("\n\v[ dns\f]\f\n\f port\v=\v80\f\r\n", "dns.conf").value();
  REQUIRE(content.entries.size() == 1);
  CHECK(content.entries[0].section == "dns");
  CHECK(content.entries[0].name == "port");
  CHECK(content.entries[0].value == "80");
  CHECK(content.entries[0].line == 3);
}

TEST_CASE("a value may hold an equals sign, a semicolon and a dot") {
  const auto content = parse_ini("[storage]\nurl = mysql://db=a;b password=x.y#z\n", "x.conf");
  REQUIRE(content);
  CHECK(content->entries.at(0).value == "mysql://db=a;b password=x.y#z");
}

TEST_CASE("a section without keys is listed") {
  const auto content = parse_ini("[a]\n[dns]\nport=1\n[b]\n", "x.conf");
  REQUIRE(content);
  REQUIRE(content->sections.size() == 3);
  CHECK(content->sections[2].name == "b");
  CHECK(content->sections[2].line == 4);
  CHECK(content->has_section("a"));
  CHECK_FALSE(content->has_section("c"));
}

TEST_CASE("a byte order mark is skipped, and UTF-16 is refused by name") {
  const auto content = parse_ini("\xEF\xBB\xBF[dns]\nport = 1\n", "x.conf");
  REQUIRE(content);
  CHECK(content->sections.at(0).name == "dns");
  CHECK(content->entries.at(0).line == 2);
  CHECK(parse_ini("\xEF\xBB\xBF; comment\n[dns]\nport = 1\n", "x.conf"));
  CHECK(parse_ini("\xEF\xBB\xBF", "x.conf"));
  CHECK(refusal("\xFF\xFE[\0d\0").starts_with("x.conf:1: the file is UTF-16"));
}

TEST_CASE("an empty file is valid") {
  const auto content = parse_ini("", "x.conf");
  REQUIRE(content);
  CHECK(content->entries.empty());
}

TEST_CASE("a line that is not INI is refused with its number") {
  CHECK(refusal("[dns]\nport 7778\n").starts_with("x.conf:2: "));
  CHECK(refusal("[dns]\nport=1\n\nport=2\n").starts_with("x.conf:4: "));
  CHECK(refusal("[dns]\nport=1\n[log]\nlevel=info\n[dns]\n").starts_with("x.conf:5: "));
  CHECK(refusal("[dns\nport=1\n").starts_with("x.conf:1: "));
  CHECK(refusal("[dns]\n= 1\n").starts_with("x.conf:2: "));
}

TEST_CASE("a duplicate section is refused even if it is empty") {
  CHECK(refusal("[dns]\n[dns]\nport=1\n").starts_with("x.conf:2: duplicate section name"));
  CHECK(refusal("[dns]\nport=1\n[log]\n[log]\n").starts_with("x.conf:4: duplicate section name"));
}

TEST_CASE("text after the bracket of a section is refused") {
  CHECK(refusal("[log]*level=debug\n").starts_with("x.conf:1: text after ']'"));
  CHECK(parse_ini("[log]  \n", "x.conf"));
}

TEST_CASE("a key before the first section is refused with its line") {
  CHECK(refusal("; head\nport=1\n[dns]\n").starts_with("x.conf:2: key 'port'"));
}

TEST_CASE("a file that cannot be read is refused by name") {
  const auto absent = read_ini("/nonexistent/dns.conf");
  REQUIRE_FALSE(absent);
  CHECK(absent.error().detail == "/nonexistent/dns.conf: cannot read the file: No such file or directory");
  const auto directory = read_ini("/tmp");
  REQUIRE_FALSE(directory);
  CHECK(directory.error().detail == "/tmp: cannot read the file: it is a directory");
}

}  // namespace lars::ini_file_test
