#include "storage/sql/session.hpp"

#include <errmsg.h>
#include <mysqld_error.h>
#include <soci/mysql/soci-mysql.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <sys/socket.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

#include "base/clock.hpp"
#include "storage/connect_options.hpp"
#include "storage/sql/fault.hpp"
#include "storage/sql/mysql_session.hpp"

namespace lars::storage {
namespace {

constexpr int write_attempts = 5;
constexpr auto connect_patience = "3";                       // seconds, a host
constexpr std::chrono::seconds lock_patience{5};             // SQLite: to wait for another connection's lock
constexpr std::chrono::milliseconds longest_lock_pause{50};  // between two attempts
constexpr std::chrono::milliseconds filling_pause{10};

MYSQL* raw_mysql(soci::session& sql) { return static_cast<soci::mysql_session_backend*>(sql.get_backend())->conn_; }

sqlite_api::sqlite3* raw_sqlite(soci::session& sql) {
  return static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
}

void set_default(connect_options& options, const char* key, std::string value) {
  if (!find_option(options, key)) options.emplace_back(key, std::move(value));
}

// SOCI has three names for it.
const std::string* find_database(const connect_options& options) {
  for (const char* key : {"db", "dbname", "service"})
    if (const std::string* name = find_option(options, key)) return name;
  return nullptr;
}

void set_option(connect_options& options, const char* key, const std::string& value) {
  const auto option =
      std::find_if(options.begin(), options.end(), [key](const auto& each) { return each.first == key; });
  if (option == options.end())
    options.emplace_back(key, value);
  else
    option->second = value;
}

std::vector<database_host> parse_hosts(const storage_config& config) {
  if (config.kind == backend::sqlite) return {{}};
  const auto options = parse_connect_options(config.connect);
  const std::string* list = options ? find_option(*options, "host") : nullptr;
  auto hosts = list ? parse_host_list(*list) : result<std::vector<database_host>>(errc::invalid_argument);
  return hosts ? *std::move(hosts) : std::vector<database_host>(1);
}

std::string mysql_connect_text(const storage_config& config, const database_host& host, std::chrono::seconds answer) {
  auto options = parse_connect_options(config.connect);
  if (!options) throw soci::soci_error(options.error().detail);
  if (!host.host.empty()) set_option(*options, "host", host.host);
  if (!host.port.empty()) set_option(*options, "port", host.port);
  set_default(*options, "charset", "utf8mb4");
  set_default(*options, "connect_timeout", connect_patience);
  set_default(*options, "read_timeout", std::to_string(answer.count()));
  set_default(*options, "write_timeout", std::to_string(answer.count()));
  return format_connect_options(*options);
}

std::unique_ptr<soci::session> open_mysql(const storage_config& config, const database_host& host,
                                          const session_config& settings) {
  auto sql = std::make_unique<soci::session>(*soci::factory_mysql(), mysql_connect_text(config, host, settings.answer));
  const auto options = parse_connect_options(config.connect);
  const std::string* database = options ? find_database(*options) : nullptr;
  set_up_mysql(*sql, database ? *database : std::string(), settings);
  return sql;
}

std::unique_ptr<soci::session> open_sqlite(const storage_config& config) {
  return std::make_unique<soci::session>(*soci::factory_sqlite3(), "db=\"" + config.connect + "\"");
}

const char* begin_text(backend kind, bool writing) {
  if (kind == backend::mysql) return writing ? "BEGIN" : "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";
  return writing ? "BEGIN IMMEDIATE" : "BEGIN";
}

}  // namespace

session::session(storage_config config, session_config settings)
    : config_(std::move(config)), settings_(settings), hosts_(parse_hosts(config_)), file_(config_.connect) {}

result<void> session::run(access how, const task& body) {
  for (int left = how == access::write ? write_attempts : 1;; --left) {
    try {
      return attempt(how, body);
    } catch (const std::exception& exception) {
      fault found = fault_of(exception, how == access::write);
      if (found.lost) {
        drop();
        server_.on_lost();
        host_ = (host_ + 1) % hosts_.size();
      } else {
        roll_back();
      }
      const bool locked = found.what.code == errc::locked;
      if (locked && is_interrupted()) found.what.code = errc::unavailable;
      if (!found.again || left == 1 || (locked && !settings_.retry_locked)) return std::move(found.what);
    }
  }
}

result<void> session::attempt(access how, const task& body) {
  wait_for_filling();
  refuse_if_interrupted();
  if (sql_ && must_reconnect()) drop();
  if (config_.kind == backend::sqlite && !sql_ && !settings_.create && !std::filesystem::exists(config_.connect))
    return {errc::not_found, config_.connect};
  if (!sql_) connect();
  if (cluster_node_) require_synced(*sql_);
  if (how != access::plain) begin(how);
  auto outcome = body(*sql_);
  if (how != access::plain) execute(*sql_, config_.kind, outcome ? "COMMIT" : "ROLLBACK");
  if (std::exchange(log_unrecorded_, false) && opened_) file_.record_log_owner(*opened_);
  return outcome;
}

// A long-lived connection may lead to a server that is no longer at the address. Replacing a closed one here saves the
// next call an error.
bool session::must_reconnect() {
  if (config_.kind == backend::sqlite) return file_.current() != opened_;
  if (closed_while_idle(*sql_)) {
    server_.on_lost();
    return true;
  }
  return base::clock::now() - connected_at_ >= settings_.renew_after;
}

// Prefers a writable host, and starts with the one used last.
void session::connect() {
  drop();
  refuse_if_interrupted();
  if (config_.kind == backend::sqlite) return connect_sqlite();
  std::optional<std::size_t> replica;
  std::exception_ptr failure;
  for (std::size_t left = hosts_.size(); left > 0; --left, host_ = (host_ + 1) % hosts_.size()) {
    try {
      const server_role role = open(hosts_[host_]);
      if (hosts_.size() == 1 || !role.read_only) return accept(role);
      if (!replica) replica = host_;
    } catch (const soci::mysql_soci_error&) {
      failure = std::current_exception();
    }
    drop();
    refuse_if_interrupted();
  }
  if (!replica) std::rethrow_exception(failure);
  host_ = *replica;
  accept(open(hosts_[host_]));
}

server_role session::open(const database_host& host) {
  sql_ = open_mysql(config_, host, settings_);
  {
    const std::lock_guard hold(guard_);
    socket_ = mysql_get_socket(raw_mysql(*sql_));
  }
  return read_role(*sql_);
}

// Throws if the server may not be used.
void session::accept(const server_role& role) {
  check_role(role);
  cluster_node_ = settings_.follow_cluster && is_cluster_node(*sql_);
  if (cluster_node_) {
    require_synced(*sql_);
    read_causally(*sql_);
  }
  connected_at_ = base::clock::now();
}

void session::connect_sqlite() {
  opened_ = file_.remove_stale_log();
  sql_ = open_sqlite(config_);
  if (!opened_) opened_ = file_.current();  // created just now
  sqlite_api::sqlite3_busy_handler(raw_sqlite(*sql_), wait_for_lock, this);
  log_unrecorded_ = true;
  ++generation_;
}

void session::check_role(const server_role& role) {
  switch (server_.on_connected(role)) {
    case server_watch::verdict::same:
      break;
    case server_watch::verdict::another:
      ++generation_;
      break;
    case server_watch::verdict::demoted:
      if (!settings_.leave_demoted) {
        ++generation_;
        break;
      }
      throw soci::mysql_soci_error("the server became read-only: " + role.server, ER_OPTION_PREVENTS_STATEMENT);
  }
}

void session::drop() {
  {
    // Before the descriptor is closed: its number may be reused at once.
    const std::lock_guard hold(guard_);
    socket_ = -1;
  }
  // On close SQLite finds the log by name. If another file was moved to the path, that log is the other file's: SQLite
  // would write its contents into our file and delete it.
  if (sql_ && config_.kind == backend::sqlite && file_.current() != opened_)
    sqlite_api::sqlite3_db_config(raw_sqlite(*sql_), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sql_.reset();
}

void session::wait_for_filling() {
  if (!config_.filling) return;
  std::unique_lock hold(guard_);
  while (*config_.filling && !interrupted_) interruption_.wait_for(hold, filling_pause);
}

bool session::is_interrupted() {
  const std::lock_guard hold(guard_);
  return interrupted_;
}

void session::refuse_if_interrupted() {
  if (is_interrupted()) throw soci::mysql_soci_error("interrupted", CR_SERVER_LOST);
}

void session::interrupt() {
  const std::lock_guard hold(guard_);
  interrupted_ = true;
  interruption_.notify_all();
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

int session::wait_for_lock(void* self, int waited) {
  auto& waiting = *static_cast<session*>(self);
  const auto now = base::clock::now();
  if (waited == 0) waiting.lock_deadline_ = now + lock_patience;
  if (now >= waiting.lock_deadline_) return 0;
  const auto pause = std::min(std::chrono::milliseconds(waited + 1), longest_lock_pause);
  std::unique_lock hold(waiting.guard_);
  return waiting.interruption_.wait_for(hold, pause, [&] { return waiting.interrupted_; }) ? 0 : 1;
}

// Nothing was done yet, so a connection that was lost while idle can be replaced without an error.
void session::begin(access how) {
  const char* text = begin_text(config_.kind, how == access::write);
  try {
    execute(*sql_, config_.kind, text);
  } catch (const soci::mysql_soci_error& failure) {
    if (!fault_of(failure, false).lost) throw;
    server_.on_lost();
    connect();
    execute(*sql_, config_.kind, text);
  }
}

// Harmless outside a transaction: MySQL ignores it, and SQLite's error is dropped.
void session::roll_back() noexcept {
  if (!sql_) return;
  try {
    execute(*sql_, config_.kind, "ROLLBACK");
  } catch (const std::exception&) {
    if (config_.kind == backend::mysql) {
      drop();
      server_.on_lost();
    }
  }
}

void execute(soci::session& sql, backend kind, const std::string& statement) {
  if (kind == backend::mysql) {
    MYSQL* connection = raw_mysql(sql);
    if (mysql_real_query(connection, statement.data(), static_cast<unsigned long>(statement.size())) != 0)
      throw_mysql_failure(mysql_error(connection), static_cast<int>(mysql_errno(connection)),
                          mysql_sqlstate(connection));
    // GET_LOCK and the like return a row, which must be read off the connection.
    if (MYSQL_RES* answer = mysql_store_result(connection)) mysql_free_result(answer);
    return;
  }
  sqlite_api::sqlite3* connection = raw_sqlite(sql);
  const int code = sqlite_api::sqlite3_exec(connection, statement.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw soci::sqlite3_soci_error(sqlite_api::sqlite3_errmsg(connection), code);
}

}  // namespace lars::storage
