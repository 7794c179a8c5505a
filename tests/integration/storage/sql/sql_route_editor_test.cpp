#include "storage/sql/open_storage.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "base/clock.hpp"
#include "support/test_database.hpp"

namespace lars::sql_route_editor_test {

using namespace lars::storage;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

constexpr route_key first{1, 1}, second{2, 1};

route_row row(route_key key, std::uint32_t port, std::uint32_t weight = 100, std::string zone = "") {
  return {0, key, {{0xC0A80101, port}, weight, host_state::up, std::move(zone)}};
}

void good(const result<void>& done) {
  INFO((done ? "" : done.error().text()));
  REQUIRE(done);
}

std::size_t imported(route_editor& editor, std::vector<route_row> rows, std::optional<route_key> replace = {}) {
  const auto done = editor.import(rows, replace);
  INFO((done ? "" : done.error().text()));
  REQUIRE(done);
  return *done;
}

std::vector<route_row> listed(route_editor& editor, std::optional<route_key> only = {}) {
  auto rows = editor.list(only).value();
  for (route_row& one : rows) one.id = 0;
  return rows;
}

}  // namespace

TEST_CASE("a host that is added is listed, announced and has the next version") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  const std::int64_t before = base::unix_seconds();
  good(editor->add(row(first, 80, 50, "north")));
  CHECK(listed(*editor) == std::vector{row(first, 80, 50, "north")});
  const auto version = database.value("select version from RouteVersion where id = 1");
  CHECK(std::stoll(version) >= before);
  CHECK(database.query("select modid, cmdid, version from RouteChange") == test::text_rows{{"1", "1", version}});
}

TEST_CASE("versions grow by at least one with every change, also beyond the clock") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query("update RouteVersion set version = 4000000000 where id = 1");
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80)));
  good(editor->add(row(first, 81)));
  CHECK(database.value("select version from RouteVersion where id = 1") == "4000000002");
  CHECK(database.value("select max(version) from RouteChange") == "4000000002");
}

TEST_CASE("the version row is made where it is missing") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query("delete from RouteVersion");
  good(open_route_editor(database.config)->add(row(first, 80)));
  CHECK(database.value("select count(*) from RouteVersion where id = 1 and version > 0") == "1");
}

TEST_CASE("what changes nothing writes nothing") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80, 5, "z")));
  database.query("update RouteVersion set version = 7 where id = 1");
  good(editor->add(row(first, 80, 5, "z")));
  good(editor->set(first, {0xC0A80101, 80}, {.weight = 5, .zone = "z"}));
  CHECK(imported(*editor, {row(first, 80, 5, "z")}, first) == 0);
  CHECK(database.value("select version from RouteVersion where id = 1") == "7");
  CHECK(database.value("select count(*) from RouteChange") == "1");
}

TEST_CASE("adding a host again gives it the new values") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80, 5, "old")));
  good(editor->add(row(first, 80, 6, "new")));
  CHECK(listed(*editor) == std::vector{row(first, 80, 6, "new")});
  CHECK(database.value("select count(*) from RouteChange") == "2");
}

TEST_CASE("set changes what it names, and a host that is not there is not found") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80, 5, "z")));
  good(editor->set(first, {0xC0A80101, 80}, {.state = host_state::drain}));
  route_row wanted = row(first, 80, 5, "z");
  wanted.target.state = host_state::drain;
  CHECK(listed(*editor) == std::vector{wanted});
  CHECK(editor->set(first, {0xC0A80101, 81}, {.weight = 1}).error().code == errc::not_found);
  CHECK(editor->set(second, {0xC0A80101, 80}, {.weight = 1}).error().code == errc::not_found);
  CHECK(editor->remove(first, {0xC0A80101, 81}).error().code == errc::not_found);
  CHECK(database.value("select count(*) from RouteChange") == "2");
}

TEST_CASE("remove takes every row of the host and leaves the others") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80)));
  good(editor->add(row(first, 81)));
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 1, 3232235777, 80)");
  good(editor->remove(first, {0xC0A80101, 80}));
  CHECK(listed(*editor) == std::vector{row(first, 81)});
}

TEST_CASE("values that came from text are data, whatever they look like") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  const std::vector<std::string> zones = {"'",
                                          "\"",
                                          "\\",
                                          "a'; drop table RouteData; --",
                                          ":z0",
                                          "\\'",
                                          "M\xC3\xBCnchen",
                                          "\xF0\x9F\x9A\x80",
                                          "%s",
                                          "?",
                                          "`",
                                          "/* */",
                                          " pad "};
  std::vector<route_row> rows;
  for (std::uint32_t i = 0; i < zones.size(); ++i) rows.push_back(row(first, i + 1, 100, zones[i]));
  CHECK(imported(*editor, rows) == rows.size());
  CHECK(listed(*editor) == rows);
  for (const std::string& zone : zones) {
    good(editor->set(first, {0xC0A80101, 1}, {.zone = zone}));
    CHECK(listed(*editor).front().target.zone == zone);
  }
}

TEST_CASE("an import is one transaction with one version and one change row a module") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  CHECK(imported(*editor, {row(first, 80), row(second, 80), row(first, 81)}) == 3);
  CHECK(database.query("select modid, count(*) from RouteChange group by modid order by modid") ==
        test::text_rows{{"1", "1"}, {"2", "1"}});
  CHECK(database.value("select count(distinct version) from RouteChange") == "1");
  CHECK(imported(*editor, {row(first, 80, 7), row(first, 82)}, first) == 3);  // one changed, one new, one gone
  CHECK(listed(*editor) == std::vector{row(first, 80, 7), row(first, 82), row(second, 80)});
  CHECK(imported(*editor, {}, first) == 2);
  CHECK(listed(*editor) == std::vector{row(second, 80)});
}

TEST_CASE("a value that is not allowed is refused and nothing changes") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  const std::vector<route_row> rows = {row(first, 80), row(first, 81, max_weight + 1)};
  const auto refused = editor->import(rows, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
  CHECK(refused.error().detail.find("row 2") != std::string::npos);
  CHECK(editor->add(row(first, 80, 1, std::string(65, 'z'))).error().code == errc::invalid_argument);
  good(editor->add(row(first, 80)));
  CHECK(editor->set(first, {0xC0A80101, 80}, {.zone = "\xFF"}).error().code == errc::invalid_argument);
  CHECK(editor->set(first, {0xC0A80101, 80}, {.weight = max_weight + 1}).error().code == errc::invalid_argument);
  CHECK(listed(*editor) == std::vector{row(first, 80)});
}

TEST_CASE("a list is ordered by module and address, and can be of one module") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  imported(*editor, {row(second, 80), row({-1, 0}, 80), row(first, 81), row(first, 80)});
  CHECK(listed(*editor) == std::vector{row({-1, 0}, 80), row(first, 80), row(first, 81), row(second, 80)});
  CHECK(listed(*editor, first) == std::vector{row(first, 80), row(first, 81)});
  CHECK(listed(*editor, route_key{9, 9}).empty());
}

namespace {

std::string change(std::uint64_t id, std::int64_t version) {
  return "(" + std::to_string(id) + ", 1, 1, " + std::to_string(version) + ")";
}

}  // namespace

TEST_CASE("old change rows expire with the next change, the newest stay whatever their age") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  const std::int64_t now = base::unix_seconds();
  // Dns has not seen a row yet that a program with a clock far behind has just written.
  database.query("insert into RouteChange values " + change(1, 100) + "," + change(2, now - 90000) + "," +
                 change(3, now - 80000) + "," + change(4, now + 90000) + "," + change(800, 100) + "," +
                 change(1000, 100));
  good(editor->add(row(first, 80)));
  CHECK(database.query("select id from RouteChange order by id") ==
        test::text_rows{{"3"}, {"4"}, {"800"}, {"1000"}, {"1001"}});
}

TEST_CASE("versions ahead of the clock expire no row of today, and do not stay for ever themselves") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  const std::int64_t now = base::unix_seconds();
  const std::int64_t ahead = 4'000'000'000;
  database.query("update RouteVersion set version = " + std::to_string(ahead) + " where id = 1");
  database.query("insert into RouteChange values " + change(1, now - 10) + "," + change(2, ahead - 100'000) + "," +
                 change(3, ahead - 10) + "," + change(1000, ahead));
  good(editor->add(row(first, 80)));
  CHECK(database.query("select id from RouteChange order by id") == test::text_rows{{"1"}, {"3"}, {"1000"}, {"1001"}});
  CHECK(database.value("select version from RouteVersion where id = 1") == "4000000001");
}

TEST_CASE("an upgraded database with unsigned columns takes negative modules in its own form") {
  const test_database database(backend::mysql, content::old_schema);
  REQUIRE(migrate(database.config, migrate_policy::always));
  const auto editor = open_route_editor(database.config);
  good(editor->add(row({-1, 5}, 80)));
  CHECK(listed(*editor, route_key{-1, 5}) == std::vector{row({-1, 5}, 80)});
  CHECK(database.value("select modid from RouteData") == "4294967295");
  CHECK(database.value("select modid from RouteChange") == "4294967295");
  CHECK(open_route_reader(database.config)->changes_after(0).value().at(0).key == route_key{-1, 5});
  good(editor->set({-1, 5}, {0xC0A80101, 80}, {.weight = 1}));
  good(editor->remove({-1, 5}, {0xC0A80101, 80}));
  CHECK(listed(*editor).empty());
}

TEST_CASE("a database that nobody has upgraded is edited as far as its tables go") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::old_schema);
  const auto editor = open_route_editor(database.config);
  good(editor->add(row(first, 80)));
  good(editor->add(row({-1, 5}, 81)));
  good(editor->add(row(first, 80)));
  CHECK(listed(*editor) == std::vector{row({-1, 5}, 81), row(first, 80)});
  CHECK(database.value("select count(*) from RouteChange") == "2");
  CHECK(database.value("select count(distinct version) from RouteChange") == "2");
  good(editor->remove({-1, 5}, {0xC0A80101, 81}));
  const auto refused = [&](const result<void>& outcome) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == errc::schema_mismatch);
    CHECK(outcome.error().detail.find("lars migrate") != std::string::npos);
  };
  auto heavy = row(first, 82);
  heavy.target.weight = 7;
  refused(editor->add(heavy));
  refused(editor->set(first, {0xC0A80101, 80}, {.weight = {}, .zone = "eu", .state = {}}));
  refused(editor->set(first, {0xC0A80101, 80}, {.weight = {}, .zone = {}, .state = host_state::down}));
  CHECK(listed(*editor) == std::vector{row(first, 80)});
  REQUIRE(migrate(database.config, migrate_policy::always));
  good(open_route_editor(database.config)->add(heavy));
}

TEST_CASE("a database without tables has no place for routes") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::empty);
  if (kind == backend::sqlite) database.query("create table foreigners (id integer)");
  CHECK(open_route_editor(database.config)->list({}).error().detail.find("lars migrate") != std::string::npos);
}

TEST_CASE("an address or port that nobody can call is refused, and nothing written") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto editor = open_route_editor(database.config);
  for (const endpoint where :
       {endpoint{0, 80}, {0xE0000001, 80}, {0xF0000001, 80}, {0xFFFFFFFF, 80}, {0xC0A80101, 0}, {0xC0A80101, 70000}}) {
    auto bad = row(first, 80);
    bad.target.where = where;
    CHECK(editor->add(bad).error().code == errc::invalid_argument);
  }
  CHECK(database.value("select count(*) from RouteData") == "0");
  CHECK(database.value("select count(*) from RouteChange") == "0");
}

TEST_CASE("editors that write at once take turns and lose nothing") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  constexpr int writers = 4, each = 10;
  std::vector<std::future<int>> runs;
  for (int w = 0; w < writers; ++w)
    runs.push_back(std::async(std::launch::async, [&, w] {
      const auto editor = open_route_editor(database.config);
      int done = 0;
      for (int i = 0; i < each; ++i)
        if (editor->add(row({w, 0}, static_cast<std::uint32_t>(i + 1)))) ++done;
      return done;
    }));
  int done = 0;
  for (auto& one : runs) done += one.get();
  CHECK(done == writers * each);
  CHECK(database.value("select count(*) from RouteData") == "40");
  CHECK(database.value("select count(distinct version) from RouteChange") == "40");
}

}  // namespace lars::sql_route_editor_test
