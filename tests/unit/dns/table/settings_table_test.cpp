#include "dns/table/settings_table.hpp"

#include <catch2/catch.hpp>

namespace lars::settings_table_test {

using namespace lars::dns;

namespace {

constexpr route_key first{1, 1}, second{2, 2};
using rows = std::vector<storage::settings_row>;

std::vector<rejected_settings> replace(settings_table& book, route_key key, const std::string& text) {
  return book.replace(std::span(&key, 1), rows{{key, text, 1}});
}

void remove(settings_table& book, route_key key) { CHECK(book.replace(std::span(&key, 1), {}).empty()); }

}  // namespace

TEST_CASE("what was allowed counts until another text is, or the row goes") {
  settings_table book;
  CHECK(book.of(first).empty());
  CHECK(replace(book, first, R"({"policy":"rr"})").empty());
  CHECK(book.of(first).policy == "rr");
  CHECK(replace(book, first, R"({"policy":"p2c","parameter":{"tau":"1s"}})").empty());
  CHECK(book.of(first).parameter.at("tau") == "1s");
  CHECK(book.modules() == 1);
  remove(book, first);
  CHECK(book.of(first).empty());
  CHECK(book.modules() == 0);
}

TEST_CASE("a text that is not allowed changes nothing and is told once a change") {
  settings_table book;
  replace(book, first, R"({"policy":"rr"})");
  const auto told = replace(book, first, R"({"policy":"rrr"})");
  REQUIRE(told.size() == 1);
  CHECK(told[0].key == first);
  CHECK(told[0].reason.starts_with("policy is 'rrr', allowed: "));
  CHECK(book.of(first).policy == "rr");
  CHECK(book.refused() == 1);
  CHECK(replace(book, first, R"({"policy":"rrr"})").empty());
  CHECK(replace(book, first, "{").size() == 1);
  CHECK(replace(book, first, R"({"health":{"err_rate":"2"}})").size() == 1);
  CHECK(book.refused() == 1);
  CHECK(replace(book, first, R"({"policy":"random"})").empty());
  CHECK(book.of(first).policy == "random");
  CHECK(book.refused() == 0);
}

TEST_CASE("a module that never had settings that are allowed has none") {
  settings_table book;
  CHECK(book.add(rows{{first, "rubbish", 1}, {second, "{}", 1}}).size() == 1);
  CHECK(book.of(first).empty());
  CHECK(book.modules() == 0);
  CHECK(book.refused() == 1);
  remove(book, first);
  CHECK(book.refused() == 0);
}

TEST_CASE("rows that changed, came or went differ, whether they are allowed or not") {
  settings_table book;
  book.add(rows{{first, "rubbish", 1}, {second, R"({"policy":"rr"})", 1}});
  const auto differing = [&](const rows& all) {
    auto keys = book.differing(all);
    std::sort(keys.begin(), keys.end());
    return keys;
  };
  using keys = std::vector<route_key>;
  CHECK(differing({{first, "rubbish", 2}, {second, R"({"policy":"rr"})", 1}}).empty());
  CHECK(differing({{first, "other", 1}, {second, R"({"policy":"rr"})", 1}}) == keys{first});
  CHECK(differing({{{3, 3}, "{}", 1}, {first, "rubbish", 1}}) == keys{second, {3, 3}});
  CHECK(differing({}) == keys{first, second});
}

}  // namespace lars::settings_table_test
