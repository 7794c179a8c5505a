// docs/configuration.md and config/*.conf against the key table.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "app/setting_sources.hpp"

namespace lars::reference_test {

using namespace lars::app;

namespace {

std::string text_of(const std::string& file) {
  std::ifstream stream(std::string(LARS_SOURCE_DIR) + "/" + file);
  REQUIRE(stream);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string or_dash(std::string_view text) { return text.empty() ? "–" : std::string(text); }

std::string row_of(const key_spec& key) {
  return "| `" + std::string(key.name) + "` | " + shown_default(key) + " | " + allowed(key) + " | " +
         or_dash(key.unit) + " | " + std::string(key.meaning) + (key.live ? " (at SIGHUP)" : "") + " | " +
         or_dash(key.old_form) + " |\n";
}

// From the section's heading to the next one.
std::string part_of(const std::string& text, const std::string& heading, const std::string& next) {
  const auto begin = text.find(heading);
  REQUIRE(begin != std::string::npos);
  return text.substr(begin, text.find(next, begin + heading.size()) - begin);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string comment_of(const key_spec& key) {
  return "; " + std::string(key.meaning) + "\n; " + allowed(key) + (key.unit.empty() ? "" : " ") +
         std::string(key.unit) + "; default " + shown_default(key) + "\n";
}

struct shipped_file {
  const char* name;
  std::vector<std::string_view> sections;
};

const shipped_file shipped_files[] = {
    {"config/dns.conf", {"dns", "http", "storage", "state", "log"}},
    {"config/reporter.conf", {"reporter", "history", "http", "storage", "state", "log"}},
    {"config/agent.conf", {"agent", "http", "loadbalance", "state", "log"}},
    {"config/dev.conf", {"dns", "reporter", "history", "agent", "http", "storage", "state", "loadbalance", "log"}},
};

}  // namespace

TEST_CASE("the reference has a row for every key with its default, limits, unit and meaning, and no other row") {
  const std::string text = text_of("docs/configuration.md");
  for (const key_spec& key : all_keys()) {
    INFO(shown_name(key));
    const std::string part = part_of(text, "### [" + std::string(key.section) + "]\n", "\n##");
    CHECK(part.find(row_of(key)) != std::string::npos);
  }
  CHECK(count(part_of(text, "\n## Keys\n", "\n## "), "\n| `") == all_keys().size());
}

TEST_CASE("the shipped files hold every key of their roles with meaning, limits, unit and default") {
  for (const shipped_file& file : shipped_files) {
    const std::string text = text_of(file.name);
    std::size_t expected = 0;
    for (const std::string_view section : file.sections) {
      const std::string part = part_of(text, "\n[" + std::string(section) + "]\n", "\n[");
      for (const key_spec& key : all_keys()) {
        if (key.section != section) continue;
        INFO(file.name << " " << shown_name(key));
        const auto comment = part.find(comment_of(key));
        REQUIRE(comment != std::string::npos);
        CHECK(part.find(std::string(key.name) + " =", comment) != std::string::npos);
        ++expected;
      }
    }
    INFO(file.name);
    CHECK(count(text, "; default ") == expected);
  }
}

TEST_CASE("a key commented out in a shipped file shows its default") {
  for (const shipped_file& file : shipped_files) {
    const std::string text = text_of(file.name);
    for (const std::string_view section : file.sections) {
      const std::string part = part_of(text, "\n[" + std::string(section) + "]\n", "\n[");
      for (const key_spec& key : all_keys()) {
        const auto at = part.find("\n;" + std::string(key.name) + " =");
        if (key.section != section || at == std::string::npos) continue;
        INFO(file.name << " " << shown_name(key));
        const std::string shown = (key.fallback.empty() ? "" : " ") + std::string(key.fallback);
        CHECK(part.substr(at, part.find('\n', at + 1) - at) == "\n;" + std::string(key.name) + " =" + shown);
      }
    }
  }
}

TEST_CASE("the shipped files are read without complaint") {
  for (const shipped_file& file : shipped_files) {
    INFO(file.name);
    const std::string name = std::string(LARS_SOURCE_DIR) + "/" + file.name;
    CHECK(gather({{}, name, {}, {}, {}}));
  }
}

}  // namespace lars::reference_test
