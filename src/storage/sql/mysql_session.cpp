#include "storage/sql/mysql_session.hpp"

#include <mysql.h>
#include <mysqld_error.h>
#include <poll.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <vector>

#include "storage/sql/session.hpp"

namespace lars::storage {
namespace {

MYSQL* raw(soci::session& sql) { return static_cast<soci::mysql_session_backend*>(sql.get_backend())->conn_; }

// Undoes what init_connect may have done: an open transaction, locked tables, another database.
void undo_init_connect(soci::session& sql, const std::string& database) {
  execute(sql, backend::mysql, "ROLLBACK");
  execute(sql, backend::mysql, "UNLOCK TABLES");
  if (!database.empty() && mysql_select_db(raw(sql), database.c_str()) != 0)
    throw soci::mysql_soci_error(mysql_error(raw(sql)), mysql_errno(raw(sql)));
}

// Never DEFAULT where we can name a value: DEFAULT is the server's choice.
std::string common_settings(const session_config& config) {
  const auto lock_wait =
      std::to_string(config.lock_wait.count() > 0 ? config.lock_wait.count() : config.answer.count() / 2);
  const auto idle = std::to_string(config.idle.count());
  return "SET SESSION sql_mode = 'STRICT_ALL_TABLES', autocommit = 1, completion_type = 0"
         ", sql_select_limit = 18446744073709551615, max_join_size = 18446744073709551615, sql_big_selects = 1"
         ", sql_safe_updates = 0, sql_auto_is_null = 0, foreign_key_checks = 1, unique_checks = 1"
         ", group_concat_max_len = 1048576, div_precision_increment = 4, time_zone = '+00:00', timestamp = DEFAULT"
         ", default_storage_engine = InnoDB, collation_connection = utf8mb4_general_ci"
         ", wait_timeout = " +
         idle + ", net_read_timeout = " + idle + ", net_write_timeout = " + idle +
         ", innodb_lock_wait_timeout = " + lock_wait + ", lock_wait_timeout = " + lock_wait;
}

// Variables of MariaDB or of some releases only. Within a transaction MariaDB uses the first of these that is set.
std::vector<std::string> mariadb_settings(const session_config& config) {
  return {"max_statement_time = 0", "idle_transaction_timeout = " + std::to_string(config.idle.count()),
          "idle_readonly_transaction_timeout = 0", "idle_write_transaction_timeout = 0"};
}
// MySQL 8 remembers table statistics for a day unless told otherwise.
std::vector<std::string> mysql_settings() { return {"max_execution_time = 0", "information_schema_stats_expiry = 0"}; }

// Ignores errors: a server without the variable does not have its default either.
void try_setting(soci::session& sql, const std::string& assignment) {
  const std::string statement = "SET SESSION " + assignment;
  mysql_real_query(raw(sql), statement.data(), static_cast<unsigned long>(statement.size()));
}

}  // namespace

void set_up_mysql(soci::session& sql, const std::string& database, const session_config& config) {
  undo_init_connect(sql, database);
  execute(sql, backend::mysql, "SET NAMES utf8mb4");
  execute(sql, backend::mysql, common_settings(config));
  execute(sql, backend::mysql, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  execute(sql, backend::mysql, "SET SESSION TRANSACTION READ WRITE");
  for (const auto& assignment : mariadb_connection(raw(sql)) ? mariadb_settings(config) : mysql_settings())
    try_setting(sql, assignment);
  // Galera's, in MySQL and MariaDB: wait for the cluster's commits before BEGIN, SELECT, UPDATE, DELETE, INSERT and
  // REPLACE, outside a transaction.
  try_setting(sql, config.causal ? "wsrep_sync_wait = 7" : "wsrep_sync_wait = 0");
}

server_role read_role(soci::session& sql) {
  std::string server, read_only;
  sql << "select concat_ws(' ', @@hostname, @@port, @@server_id, @@datadir), cast(@@global.read_only as char)",
      soci::into(server), soci::into(read_only);
  return {server, read_only != "0" && read_only != "OFF"};
}

bool is_cluster_node(soci::session& sql) {
  std::string name, value;
  sql << "show variables like 'wsrep_on'", soci::into(name), soci::into(value);
  return sql.got_data() && value == "ON";
}

void read_causally(soci::session& sql) { try_setting(sql, "wsrep_sync_wait = 1"); }

void require_synced(soci::session& sql) {
  constexpr const char* synced = "4";
  std::string name, state;
  sql << "show status like 'wsrep_local_state'", soci::into(name), soci::into(state);
  if (sql.got_data() && state != synced)
    throw soci::mysql_soci_error("the cluster's node is not in sync (wsrep_local_state " + state + ")",
                                 ER_UNKNOWN_COM_ERROR);
}

bool closed_while_idle(soci::session& sql) {
  pollfd socket{static_cast<int>(mysql_get_socket(raw(sql))), POLLIN | POLLRDHUP, 0};
  return ::poll(&socket, 1, 0) != 0;
}

}  // namespace lars::storage
