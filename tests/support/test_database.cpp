#include "support/test_database.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace lars::test {
namespace {

// The tables as the old programs created them.
constexpr const char* old_mysql_schema[] = {
    "CREATE TABLE `RouteData` (`id` int(10) unsigned NOT NULL AUTO_INCREMENT, `modid` int(10) unsigned NOT NULL,"
    " `cmdid` int(10) unsigned NOT NULL, `serverip` int(10) unsigned NOT NULL, `serverport` int(10) unsigned NOT NULL,"
    " PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8",
    "CREATE TABLE `RouteVersion` (`id` int(10) unsigned NOT NULL AUTO_INCREMENT, `version` int(10) unsigned NOT NULL,"
    " PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8",
    "CREATE TABLE `RouteChange` (`id` int(10) unsigned NOT NULL AUTO_INCREMENT, `modid` int(10) unsigned NOT NULL,"
    " `cmdid` int(10) unsigned NOT NULL, `version` bigint(20) unsigned NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB",
    "CREATE TABLE `ServerCallStatus` (`modid` int(11) NOT NULL, `cmdid` int(11) NOT NULL, `ip` int(10) unsigned NOT "
    "NULL,"
    " `port` int(11) NOT NULL, `caller` int(10) unsigned NOT NULL, `succ_cnt` int(11) NOT NULL, `err_cnt` int(11) NOT"
    " NULL, `ts` bigint(20) NOT NULL, `overload` char(1) NOT NULL, PRIMARY KEY (`modid`,`cmdid`,`ip`,`port`,`caller`))",
    "INSERT INTO RouteVersion(version) VALUES(0)",
};

constexpr const char* old_sqlite_schema[] = {
    "CREATE TABLE RouteData (id INTEGER PRIMARY KEY, modid INT, cmdid INT, serverip INT, serverport INT)",
    "CREATE TABLE RouteVersion (id INTEGER PRIMARY KEY, version INT)",
    "CREATE TABLE RouteChange (id INTEGER PRIMARY KEY, modid INT, cmdid INT, version INT)",
    "INSERT INTO RouteVersion(version) VALUES(0)",
};

text_rows sqlite_query(const std::string& path, const std::string& statement) {
  sqlite3* database = nullptr;
  text_rows rows;
  char* failure = nullptr;
  const auto collect = [](void* to, int count, char** values, char**) {
    auto& row = static_cast<text_rows*>(to)->emplace_back();
    for (int i = 0; i < count; ++i) row.push_back(values[i] ? values[i] : "NULL");
    return 0;
  };
  sqlite3_open(path.c_str(), &database);
  sqlite3_busy_timeout(database, 5000);
  const int code = sqlite3_exec(database, statement.c_str(), collect, &rows, &failure);
  const std::string text = failure ? failure : "";
  sqlite3_free(failure);
  sqlite3_close(database);
  if (code != SQLITE_OK) throw std::runtime_error(statement + ": " + text);
  return rows;
}

}  // namespace

test_database::test_database(storage::backend kind, content with) {
  if (kind == storage::backend::mysql) {
    mariadb_server& server = mariadb_server::shared();
    name_ = server.fresh_database();
    config = storage::parse_url(server.url(name_), "/").value();
  } else {
    config = storage::parse_url("sqlite3://test database.db", home_.path()).value();
  }
  if (with == content::current && !storage::migrate(config, storage::migrate_policy::create_and_upgrade))
    throw std::runtime_error("cannot migrate");
  if (with != content::old_schema) return;
  if (kind == storage::backend::mysql) {
    for (const char* statement : old_mysql_schema) query(statement);
  } else {
    for (const char* statement : old_sqlite_schema) query(statement);
  }
}

packet_limit::packet_limit(std::size_t bytes)
    : before_(mariadb_server::shared()
                  .query("",
                         "select concat('set global max_allowed_packet = ', @@global.max_allowed_packet,"
                         " ', global net_buffer_length = ', @@global.net_buffer_length)")
                  .at(0)
                  .at(0)) {
  // The server accepts what fits its buffer even beyond the limit.
  mariadb_server::shared().query(
      "", "set global net_buffer_length = 1024, global max_allowed_packet = " + std::to_string(bytes));
}

packet_limit::~packet_limit() { mariadb_server::shared().query("", before_); }

text_rows test_database::query(const std::string& statement) const {
  if (config.kind == storage::backend::mysql) return mariadb_server::shared().query(name_, statement);
  return sqlite_query(config.connect, statement);
}

void test_database::old_console_adds(int modid, int cmdid, std::uint32_t ip, int port, long long now) const {
  const std::string key = std::to_string(modid) + "," + std::to_string(cmdid) + ",";
  query("insert into RouteData(modid, cmdid, serverip, serverport) values (" + key + std::to_string(ip) + "," +
        std::to_string(port) + ")");
  query("insert into RouteChange(modid,cmdid,version) values (" + key + std::to_string(now) + ")");
  query("update RouteVersion set version=" + std::to_string(now) + " where id=1");
}

}  // namespace lars::test
