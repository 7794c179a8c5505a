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
// Invariant: no transaction is open between calls. It connects when first used, again after a loss, without a word when
// the server closed the connection while it lay idle, and anew after some seconds (session_config::renew_after). A
// SQLite file that is not any more the one that was opened is left for the one in its place. Of several hosts of a
// MySQL URL it stays with one until that fails, hangs or is not to be read (session_config), and uses one that takes no
// writes only while there is no other. Errors, besides those of the bodies: errc::unavailable, errc::locked,
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

  // The same within one consistent snapshot.
  template <class F>
  auto snapshot(F body) {
    return typed(access::snapshot, std::move(body));
  }

  // The same within one transaction that may write; an error undoes it. After a deadlock the whole body runs again, so
  // it must compute everything anew.
  template <class F>
  auto write(F body) {
    return typed(access::write, std::move(body));
  }

  // The call under way and every later one end at once with errc::unavailable, so that a database that hangs holds up
  // nobody who has to leave; SQLite's wait for a lock ends likewise. Any thread. (MySQL: making a connection is not
  // interrupted, it has its own 3 s.)
  void interrupt();

  // The next call uses a connection of its own, whatever the last one led to.
  void renew() { drop(); }

  const storage_config& config() const { return config_; }

  // That the URL names; one at least.
  std::size_t hosts() const { return hosts_.size(); }

  // How many servers, losses and (SQLite) connections there have been: what was learned before the last of them may not
  // hold any more. Replacing an old connection to the same server does not count.
  std::uint32_t generation() const { return generation_; }

private:
  enum class access { plain, snapshot, write };
  using task = std::function<result<void>(soci::session&)>;

  result<void> run(access how, const task& body);
  result<void> attempt(access how, const task& body);
  bool worn();
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
  // SQLite asks, in the thread of the call, whether to try again for a lock that another connection holds; `waited` is
  // how often it has asked for this one. SQLite's own time-out could not be cut short.
  static int wait_for_lock(void* self, int waited);

  template <class F>
  std::invoke_result_t<F&, soci::session&> typed(access how, F body) {
    using wanted = std::invoke_result_t<F&, soci::session&>;
    std::optional<wanted> outcome;
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
  std::size_t host_ = 0;                    // to be connected to first
  std::unique_ptr<soci::session> sql_;
  std::uint32_t generation_ = 0;
  base::time_point connected_at_;
  server_watch server_;
  bool cluster_node_ = false;  // and settings_.follow_cluster
  const sqlite_file file_;
  std::optional<file_id> opened_;   // SQLite: the file that the connection reads
  bool log_unrecorded_ = false;     // SQLite: nothing has been read from it yet
  base::time_point lock_deadline_;  // of the wait for a lock under way

  std::mutex guard_;                      // guards what follows
  std::condition_variable interruption_;  // of a wait for a lock, or for tables that are being made
  int socket_ = -1;                       // of the connection that is open, where it is MySQL's
  bool interrupted_ = false;
};

// Runs statements that bind nothing as they are, without SOCI's search for placeholders. Throws as SOCI does.
void execute(soci::session& sql, backend kind, const std::string& statement);

}  // namespace lars::storage
