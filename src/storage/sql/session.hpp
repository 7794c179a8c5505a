// One connection to the database. No exception of SOCI leaves it.
#pragma once

#include <soci/session.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "storage/host_list.hpp"
#include "storage/sql/server_role.hpp"
#include "storage/sql/session_config.hpp"
#include "storage/sql/sqlite_file.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// Lifetime: its owner's. Threads: blocking; one thread at a time.
// Invariant: no transaction is open between calls. It connects on first use, after a loss, after the server closed an
// idle connection (without an error), and after some seconds (session_config::renew_after). When another file was moved
// to a SQLite database's path, it opens that one. Of several hosts in a MySQL URL it stays with one until that fails,
// hangs or may not be read (session_config); it uses a read-only host only while there is no other. Errors, besides
// those of the bodies: errc::unavailable, errc::locked,
// errc::read_only, errc::schema_mismatch, errc::not_found (no such file or database), errc::invalid_argument (a column
// cannot hold a value), errc::system_error.
class session {
public:
  explicit session(storage_config config, session_config settings = {});
  ~session() { drop(); }

  // Runs `body(soci::session&)`, which returns a result, outside any transaction.
  template <class F>
  auto plain(F body) {
    return typed(access::plain, std::move(body));
  }

  // Like plain(), within one consistent snapshot.
  template <class F>
  auto snapshot(F body) {
    return typed(access::snapshot, std::move(body));
  }

  // Like plain(), within one transaction that may write; an error rolls it back. After a deadlock the whole body runs
  // again, so it must compute everything anew.
  template <class F>
  auto write(F body) {
    return typed(access::write, std::move(body));
  }

  // The current call and every later one return errc::unavailable at once, so that a database that hangs does not delay
  // shutdown; SQLite's wait for a lock ends too. Any thread. (MySQL: connecting is not interrupted; it has its own
  // timeout of 3 s.)
  void interrupt();

  // The next call uses a new connection.
  void renew() { drop(); }

  const storage_config& config() const { return config_; }

  // The number of hosts in the URL; at least one.
  std::size_t hosts() const { return hosts_.size(); }

  // Counts changes of server, losses and (SQLite) connections. After a change, what was learned about the database
  // before may be wrong. Replacing an old connection to the same server does not count.
  std::uint32_t generation() const { return generation_; }

private:
  enum class access { plain, snapshot, write };
  using task = std::function<result<void>(soci::session&)>;

  result<void> run(access how, const task& body);
  result<void> attempt(access how, const task& body);
  bool must_reconnect();
  void connect();
  server_role open(const database_host& host);
  void accept(const server_role& role);
  void connect_sqlite();
  void check_role(const server_role& role);
  void drop();
  void wait_for_filling();
  bool is_interrupted();
  void refuse_if_interrupted();
  void begin(access how);
  void roll_back() noexcept;
  // SQLite's busy handler: called in the thread of the call to ask whether to retry for a lock; `waited` counts the
  // calls for this lock. Unlike SQLite's own timeout it can be interrupted.
  static int wait_for_lock(void* self, int waited);

  template <class F>
  std::invoke_result_t<F&, soci::session&> typed(access how, F body) {
    using body_result = std::invoke_result_t<F&, soci::session&>;
    std::optional<body_result> outcome;
    auto done = run(how, [&](soci::session& sql) -> result<void> {
      outcome.emplace(body(sql));
      if (!*outcome) return outcome->error();
      return {};
    });
    if (!done) return done.error();
    return std::move(*outcome);
  }

  const storage_config config_;
  const session_config settings_;
  const std::vector<database_host> hosts_;  // one at least
  std::size_t host_ = 0;                    // the next one to connect to
  std::unique_ptr<soci::session> sql_;
  std::uint32_t generation_ = 0;
  base::time_point connected_at_;
  server_watch server_;
  bool cluster_node_ = false;  // the server is a Galera node, and settings_.follow_cluster is set
  const sqlite_file file_;
  std::optional<file_id> opened_;   // SQLite: the file that the connection reads
  bool log_unrecorded_ = false;     // SQLite: the owner of its log is not recorded yet
  base::time_point lock_deadline_;  // of the current wait for a lock

  std::mutex guard_;                      // guards the members below
  std::condition_variable interruption_;  // ends a wait for a lock, or for a database that is being filled
  int socket_ = -1;                       // of an open MySQL connection
  bool interrupted_ = false;
};

// Runs a statement without SOCI's search for placeholders. Throws as SOCI does.
void execute(soci::session& sql, backend kind, const std::string& statement);

}  // namespace lars::storage
