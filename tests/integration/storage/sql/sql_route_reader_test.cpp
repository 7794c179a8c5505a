#include "storage/sql/open_storage.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <thread>

#include "support/test_database.hpp"

namespace lars::sql_route_reader_test {

using namespace lars::storage;
using lars::test::test_database;
using content = lars::test::test_database::content;

namespace {

void ignore(std::span<const settings_row>) {}

std::vector<route_row> everything(route_reader& reader) {
  std::vector<route_row> rows;
  const auto mark =
      reader.load([&](std::span<const route_row> page) { rows.insert(rows.end(), page.begin(), page.end()); }, ignore);
  INFO((mark ? "" : mark.error().text()));
  REQUIRE(mark);
  return rows;
}

// The sums a dns computes while it loads.
std::vector<range_sum> sums_of(std::span<const route_row> rows) {
  std::map<std::uint64_t, range_sum> sums;
  for (const route_row& row : rows) {
    range_sum& sum = sums[row.id / range_width];
    sum.range = row.id / range_width;
    ++sum.rows;
    sum.crc_sum += row_crc(row);
  }
  std::vector<range_sum> list;
  for (const auto& [range, sum] : sums) list.push_back(sum);
  return list;
}

change_mark without_source(change_mark mark) {
  mark.source = 0;
  return mark;
}

}  // namespace

TEST_CASE("every row is loaded as the tables hold it, in order of id") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query(
      "insert into RouteData values (9, -5, 2147483647, 4294967295, 80, 7, 'x', 1), (3, 0, 0, 0, 0, 0, '', 0)");
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values (1, 2, 3, 4)");
  const auto reader = open_route_reader(database.config);
  const auto rows = everything(*reader);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] == route_row{3, {0, 0}, {{0, 0}, 0, host_state::up}});
  CHECK(rows[1] == route_row{9, {-5, 2147483647}, {{4294967295, 80}, 7, host_state::drain, "x"}});
  CHECK(rows[2] == route_row{10, {1, 2}, {{3, 4}, 100, host_state::up}});
}

TEST_CASE("weights over the limit are cut to it and an unknown state is down, in rows and in sums") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query("insert into RouteData values (1, 1, 1, 1, 1, 20000, '', 77)");
  const auto reader = open_route_reader(database.config);
  const auto rows = everything(*reader);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].target.weight == max_weight);
  CHECK(rows[0].target.state == host_state::down);
  CHECK(*reader->range_sums() == sums_of(rows));
}

TEST_CASE("the database computes the sums that row_crc gives") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query(
      "insert into RouteData values (1, -1, -2147483648, 4294967295, 65535, 10000, 'M\xC3\xBCnchen \xF0\x9F\x9A\x80', "
      "2),"
      " (2, 1, 1, 1, 1, 100, '', 0), (1023, 5, 5, 5, 5, 5, 'a|b', 1), (1024, 6, 6, 6, 6, 6, ' ', 0),"
      " (4294967295, 7, 7, 7, 7, 7, '''', 0), (6442450944, 8, 8, 8, 8, 8, '\xE4\xBA\xAC', 0)");
  const auto reader = open_route_reader(database.config);
  const auto sums = reader->range_sums();
  REQUIRE(sums);
  CHECK(sums->size() == 4);
  CHECK(*sums == sums_of(everything(*reader)));
}

TEST_CASE("rows that hold what is not allowed are read with what is wrong, and add up as the database has it") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const bool mysql = kind == backend::mysql;
  if (mysql) {
    for (const auto* column : {"modid", "cmdid", "serverip", "serverport", "weight", "state"})
      database.query("alter table RouteData modify " + std::string(column) + " bigint null");
    database.query("alter table RouteData modify zone varchar(200) character set utf8mb4 null");
  } else {
    database.query("drop table RouteData");
    database.query(
        "create table RouteData (id integer primary key, modid, cmdid, serverip, serverport, weight, state, zone)");
  }
  const auto add = [&](int id, const std::string& modid, const std::string& ip, const std::string& port,
                       const std::string& rest) {
    database.query("insert into RouteData (id, modid, cmdid, serverip, serverport, weight, state, zone) values (" +
                   std::to_string(id) + ", " + modid + ", 1, " + ip + ", " + port + ", " + rest + ")");
  };
  add(1, "1", "167772161", "80", "100, 0, 'eu'");
  add(2, "1", "0", "-1", "100, 0, 'eu'");
  add(3, "1", "null", "null", "null, null, null");
  add(4, "1", "-1", "4294967376", "-5, -1, '" + std::string(100, 'z') + "'");
  add(5, "1", "167772161", "81", "20000, 77, 'a\x01'");
  add(6, "null", "167772161", "80", "100, 0, ''");
  add(7, "4294967297", "167772161", "80", "100, 0, ''");
  add(8, "-1", "167772161", "80", "0, 2, ''");
  if (!mysql) {
    add(9, "1", "'abc'", "80.5", "'heavy', x'00', cast(x'4dfc' as text)");
    add(10, "'abc'", "1", "80", "100, 0, ''");
    add(11, "1", "'167772161'", "'82'", "'100', '0', 'eu'");
    add(12, "'1'", "167772161", "80", "100, 0, ''");
  }
  const auto reader = open_route_reader(database.config);
  auto rows = everything(*reader);
  std::map<std::uint64_t, std::string> reasons;
  for (const auto& row : rows)
    if (row.flaw) reasons[row.id] = row.flaw.reason;
  CHECK(reasons[1].empty());
  CHECK(reasons[2] == "serverip 0.0.0.0 is not a host address; serverport -1 is not a port (1 to 65535)");
  CHECK(reasons[3] ==
        "serverip holds no address; serverport holds no port (1 to 65535); weight holds not 0 to 10000; "
        "state holds not 0, 1 or 2");
  CHECK(reasons[4].find("serverport 4294967376 is not a port") != std::string::npos);
  CHECK(reasons[4].find("zone is longer") != std::string::npos);
  CHECK(reasons[5] == "weight 20000 is not 0 to 10000; state 77 is not 0, 1 or 2; zone must be printable UTF-8");
  CHECK(reasons[6] == "modid holds no 32-bit number");
  CHECK(reasons[7] == "modid 4294967297 is no 32-bit number");
  CHECK(reasons[8].empty());
  if (!mysql) {
    CHECK(reasons[9].find("serverip holds no address") == 0);
    CHECK(reasons[10] == "modid holds no 32-bit number");
    CHECK(reasons[11].empty());                            // a number as text is one …
    CHECK(reasons[12] == "modid holds no 32-bit number");  // … but no module is found by it
  }
  std::erase_if(rows, [](const route_row& row) { return !row.has_module(); });
  CHECK(*reader->range_sums() == sums_of(rows));
  // What is read again by module is what was loaded.
  const route_key keys[] = {{1, 1}, {-1, 1}};
  auto again = reader->rows_of(keys)->routes;
  std::ranges::sort(again, {}, &route_row::id);
  REQUIRE(again.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) CHECK(row_crc(again[i]) == row_crc(rows[i]));
  const std::uint64_t range = 0;
  CHECK(reader->modules_in(std::span(&range, 1))->size() == 2);
}

TEST_CASE("an empty table has no rows, no sums and a zero mark") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto reader = open_route_reader(database.config);
  CHECK(everything(*reader).empty());
  CHECK(reader->range_sums()->empty());
  CHECK(without_source(*reader->poll()) == change_mark{0, 0});
  database.query("delete from RouteVersion");
  CHECK(without_source(*reader->poll()) == change_mark{0, 0});
}

TEST_CASE("a poll tells the version and the newest change row, and a load tells the same") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto reader = open_route_reader(database.config);
  database.old_console_adds(1, 2, 3, 4, 1700000000);
  database.old_console_adds(1, 2, 3, 5, 1700000000);
  CHECK(without_source(*reader->poll()) == change_mark{1700000000, 2});
  CHECK(without_source(*reader->load([](auto) {}, ignore)) == change_mark{1700000000, 2});
  database.query("update RouteVersion set version = 5 where id = 1");
  database.query("delete from RouteChange where id = 2");
  CHECK(without_source(*reader->poll()) == change_mark{5, 1});
}

TEST_CASE("change rows come by id, also those that were written late with a smaller one") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  const auto reader = open_route_reader(database.config);
  database.query("insert into RouteChange values (5, 1, 1, 100), (8, -1, 2, 90)");
  database.query("insert into RouteChange values (6, 3, 3, 110)");
  const auto ids_after = [&](std::uint64_t after) {
    std::vector<std::uint64_t> ids;
    const auto rows = reader->changes_after(after).value();
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
  };
  CHECK(ids_after(0) == std::vector<std::uint64_t>{5, 6, 8});
  CHECK(ids_after(5) == std::vector<std::uint64_t>{6, 8});
  CHECK(ids_after(8).empty());
  const auto last = reader->changes_after(6).value().at(0);
  CHECK(last.key == route_key{-1, 2});
  CHECK(last.version == 90);
}

TEST_CASE("change rows are counted and read by ranges of ids, where they may come late") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query(
      "insert into RouteChange values (1, 1, 1, 100), (1023, 2, 2, 100), (1024, 3, 3, 101), (5000, 4, 4, 102)");
  const auto reader = open_route_reader(database.config);
  const auto counts = reader->count_changes({0, 4999});
  REQUIRE(counts);
  if (kind == backend::sqlite) {
    CHECK_FALSE(*counts);
  } else {
    CHECK(**counts == std::vector<change_count>{{0, 2}, {1, 1}});
    CHECK(**reader->count_changes({1024, 5000}) == std::vector<change_count>{{1, 1}, {4, 1}});
    CHECK((**reader->count_changes({6000, 7000})).empty());
  }
  const auto rows = reader->changes_in(std::vector<std::uint64_t>{0, 4}).value();
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].id == 1023);
  CHECK(rows[2].key == route_key{4, 4});
  CHECK(rows[2].version == 102);
}

TEST_CASE("rows are found by module, however many modules are asked for") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  std::string values;
  std::vector<route_key> keys;
  for (int i = 0; i < 2000; ++i) {
    values += (i ? ",(" : "(") + std::to_string(i - 1000) + "," + std::to_string(i % 3) + ",1,80)";
    keys.push_back({i - 1000, i % 3});
  }
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values " + values);
  const auto reader = open_route_reader(database.config);
  CHECK(reader->rows_of(keys)->routes.size() == 2000);
  const route_key some[] = {keys[0], {7, 12345}, keys[1999]};
  const auto rows = reader->rows_of(some);
  REQUIRE(rows);
  REQUIRE(rows->routes.size() == 2);
  const auto has = [&](const route_key& key) {
    return std::any_of(rows->routes.begin(), rows->routes.end(), [&](const route_row& row) { return row.key == key; });
  };
  CHECK(has(some[0]));
  CHECK(has(some[2]));
  CHECK(reader->rows_of({})->routes.empty());
}

TEST_CASE("the modules of a range are told once each") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  database.query(
      "insert into RouteData(id, modid, cmdid, serverip, serverport) values (1023,1,1,1,1), (1022,1,1,2,1),"
      " (1024,1,1,1,1), (1025,2,1,1,1), (4096,3,1,1,1)");
  const auto reader = open_route_reader(database.config);
  using found = std::vector<std::pair<std::uint64_t, route_key>>;
  const std::uint64_t ranges[] = {0, 1, 2};
  auto modules = reader->modules_in(ranges).value();
  std::sort(modules.begin(), modules.end());
  CHECK(modules == found{{0, {1, 1}}, {1, {1, 1}}, {1, {2, 1}}});
  CHECK(reader->modules_in({})->empty());
}

TEST_CASE("a database of the old schema is read before and after somebody upgrades it") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::old_schema);
  database.query("insert into RouteData values (1, 4294967295, 2, 3232235777, 7777), (2, 1, 4294967294, 1, 1)");
  const auto reader = open_route_reader(database.config);
  const std::vector<route_row> wanted = {{1, {-1, 2}, {{0xC0A80101, 7777}, 100, host_state::up}},
                                         {2, {1, -2}, {{1, 1}, 100, host_state::up}}};
  CHECK(everything(*reader) == wanted);
  const route_key keys[] = {{-1, 2}, {1, -2}};
  CHECK(reader->rows_of(keys)->routes.size() == 2);
  const auto sums = reader->range_sums().value();
  CHECK(sums == sums_of(wanted));

  REQUIRE(migrate(database.config, migrate_policy::always));
  CHECK(*reader->range_sums() == sums);
  database.query("update RouteData set weight = 7, zone = 'z' where id = 1");
  CHECK(everything(*reader)[0].target.weight == 7);
  CHECK(reader->rows_of(std::span(keys).first(1)).value().routes.at(0).target.zone == "z");
}

TEST_CASE("a database without route tables is told from one that is not there") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::empty);
  if (kind == backend::sqlite) {
    CHECK(open_route_reader(database.config)->poll().error().code == errc::not_found);
    database.query("create table Other (id int)");
  }
  const auto reader = open_route_reader(database.config);
  CHECK(reader->poll().error().code == errc::schema_mismatch);
  CHECK(reader->load([](auto) {}, ignore).error().code == errc::schema_mismatch);
  // The same reader goes on once the tables are there.
  REQUIRE(migrate(database.config, migrate_policy::always));
  CHECK(reader->poll());
}

TEST_CASE("a load sees one moment, whatever is written meanwhile") {
  const backend kind = GENERATE(backend::sqlite, backend::mysql);
  const test_database database(kind, content::current);
  std::string values;
  for (int i = 0; i < 10000; ++i) values += (i ? ",(1,1," : "(1,1,") + std::to_string(i) + ",80)";
  database.query("insert into RouteData(modid, cmdid, serverip, serverport) values " + values);
  const auto reader = open_route_reader(database.config);
  std::size_t rows = 0;
  const auto write_once = [&](std::span<const route_row> page) {
    if (rows == 0) {
      database.query("delete from RouteData where id > 9000");
      database.old_console_adds(2, 2, 2, 2, 1700000000);
    }
    rows += page.size();
  };
  const auto mark = reader->load(write_once, ignore);
  REQUIRE(mark);
  CHECK(rows == 10000);
  CHECK(without_source(*mark) == change_mark{0, 0});
  CHECK(everything(*reader).size() == 9001);
}

TEST_CASE("On SQLite the stamp of change moves with every change that another connection commits") {
  const test_database database(backend::sqlite, content::current);
  const auto reader = open_route_reader(database.config);
  database.old_console_adds(1, 1, 1, 1, 1);
  const auto stamp = [&] {
    const auto found = reader->read_change_stamp();
    REQUIRE(found);
    REQUIRE(*found);
    CHECK((**found).exact);
    return **found;
  };
  auto before = stamp();
  for (const char* change :
       {"insert into RouteData(modid, cmdid, serverip, serverport) values (5,5,5,5)",
        "update RouteData set serverport = 6 where modid = 5", "delete from RouteData where modid = 5"}) {
    CHECK(stamp() == before);
    database.query(change);
    const auto after = stamp();
    CHECK_FALSE(after == before);
    before = after;
  }
}

TEST_CASE("On MariaDB there is no stamp of change for a minute after one") {
  const test_database database(backend::mysql, content::current);
  const auto reader = open_route_reader(database.config);
  database.old_console_adds(1, 1, 1, 1, 1);
  // The database stamps by its own clock. Longer than the slack of two whole seconds, far shorter than the minute for
  // open transactions.
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  const auto found = reader->read_change_stamp();
  REQUIRE(found);
  CHECK_FALSE(*found);
}

TEST_CASE("many ranges are looked up on a server that takes short statements only") {
  const test_database database(backend::mysql, content::current);
  const test::packet_limit limit(8192);
  std::vector<std::uint64_t> ranges;
  for (std::uint64_t i = 0; i < 400; ++i) ranges.push_back(std::uint64_t{1} << 52 | i);
  const auto found = open_route_reader(database.config)->modules_in(ranges);
  REQUIRE(found);
  CHECK(found->empty());
}

}  // namespace lars::sql_route_reader_test
