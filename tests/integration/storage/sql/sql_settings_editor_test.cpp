#include <catch2/catch.hpp>

#include "base/clock.hpp"
#include "storage/sql/open_storage.hpp"
#include "support/test_database.hpp"

namespace lars::sql_settings_editor_test {

using namespace lars::storage;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

constexpr route_key first{1, 1}, second{-2, 1};

settings_editor::decision to(std::string text) {
  return [text = std::move(text)](const std::string&) -> result<std::string> { return text; };
}

void good(const result<void>& done) {
  INFO((done ? "" : done.error().text()));
  REQUIRE(done);
}

std::string text_of(settings_editor& editor, route_key key) {
  const auto rows = editor.list(key).value();
  return rows.empty() ? "none" : rows.at(0).text;
}

std::string version(const test_database& database) {
  return database.value("select version from RouteVersion where id = 1");
}

}  // namespace

TEST_CASE("settings are written with the next version and announced as changes of routes are") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query("update RouteVersion set version = 4000000000 where id = 1");
  const auto editor = open_settings_editor(database.config);
  good(editor->set(first, to(R"({"policy":"p2c"})")));
  CHECK(editor->list(std::nullopt).value() == std::vector<settings_row>{{first, R"({"policy":"p2c"})", 4000000001}});
  CHECK(version(database) == "4000000001");
  CHECK(database.query("select modid, cmdid, version from RouteChange") == test::text_rows{{"1", "1", "4000000001"}});
  good(editor->set(first, to(R"({"policy":"it's : \\ \"new\""})")));
  CHECK(text_of(*editor, first) == R"({"policy":"it's : \\ \"new\""})");
  good(editor->remove(first));
  CHECK(text_of(*editor, first) == "none");
  CHECK(version(database) == "4000000003");
  CHECK(database.value("select count(*) from RouteChange") == "3");
}

TEST_CASE("a decision sees what is there, and its refusal leaves everything as it was") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_settings_editor(database.config);
  good(editor->set(first, to("{1}")));
  const auto before = version(database);
  std::string seen;
  const auto refused = editor->set(first, [&](const std::string& current) -> result<std::string> {
    seen = current;
    return {errc::invalid_argument, "no"};
  });
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(seen == "{1}");
  good(editor->set(first, to("{1}")));
  CHECK(version(database) == before);
  CHECK(database.value("select count(*) from RouteChange") == "1");
}

TEST_CASE("an empty text takes the row away, and what is not there is not found") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_settings_editor(database.config);
  good(editor->set(first, to("{}")));
  good(editor->set(first, to("")));
  CHECK(text_of(*editor, first) == "none");
  CHECK(editor->remove(first).error().code == errc::not_found);
  good(editor->set(first, to("")));
  CHECK(database.value("select count(*) from RouteChange") == "2");
}

TEST_CASE("settings are listed by module") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_settings_editor(database.config);
  good(editor->set(first, to("a")));
  good(editor->set(second, to("b")));
  const auto rows = editor->list(std::nullopt).value();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].key == second);
  CHECK(rows[1].key == first);
  CHECK(text_of(*editor, second) == "b");
  CHECK(text_of(*editor, {3, 3}) == "none");
}

TEST_CASE("a database of the old schema has no settings to edit, and is read as before") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::old_schema);
  database.old_console_adds(1, 1, 1, 80, 5);
  CHECK(open_settings_editor(database.config)->set(first, to("{}")).error().code == errc::schema_mismatch);
  const auto reader = open_route_reader(database.config);
  CHECK(reader->all_settings()->empty());
  const auto rows = reader->rows_of(std::span(&first, 1)).value();
  CHECK(rows.routes.size() == 1);
  CHECK(rows.settings.empty());
}

TEST_CASE("a reader sees settings by page, by module and all of them, with the routes of the same moment") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_settings_editor(database.config);
  good(editor->set(first, to("a")));
  good(editor->set(second, to("b")));
  database.old_console_adds(1, 1, 1, 80, 5);
  const auto reader = open_route_reader(database.config);
  std::size_t settings = 0, routes = 0;
  REQUIRE(reader->load([&](auto page) { routes += page.size(); }, [&](auto page) { settings += page.size(); }));
  CHECK(settings == 2);
  CHECK(routes == 1);
  CHECK(reader->all_settings()->size() == 2);
  const auto rows = reader->rows_of(std::span(&second, 1)).value();
  CHECK(rows.routes.empty());
  REQUIRE(rows.settings.size() == 1);
  CHECK(rows.settings[0].text == "b");
}

TEST_CASE("a text that nobody could obey is read as far as it needs to be refused") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query("insert into ModuleSettings values (1, 1, '" + std::string(100'000, 'x') + "', 7)");
  CHECK(open_route_reader(database.config)->all_settings()->at(0).text.size() == settings_limit + 1);
}

TEST_CASE("a reader goes on when the table of settings is taken away") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto reader = open_route_reader(database.config);
  REQUIRE(reader->rows_of(std::span(&first, 1)));
  database.query("drop table ModuleSettings");
  CHECK_FALSE(reader->rows_of(std::span(&first, 1)));
  CHECK(reader->rows_of(std::span(&first, 1)));
}

}  // namespace lars::sql_settings_editor_test
