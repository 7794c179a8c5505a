// A MariaDB server that belongs to the test program alone: own data, own port on 127.0.0.1, user root without password.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace lars::test {

// The answer to a query: rows of texts, NULL as "NULL".
using text_rows = std::vector<std::vector<std::string>>;

// Lifetime: a test program's; the kernel kills the server when the program dies, however it dies.
// Threads: owner context only (the thread that started it must outlive it).
// Errors: throws std::runtime_error when the server does not come up or a statement fails.
class mariadb_server {
public:
  // `options` are additional options of mariadbd.
  explicit mariadb_server(std::vector<std::string> options = {});
  ~mariadb_server();
  mariadb_server(const mariadb_server&) = delete;
  mariadb_server& operator=(const mariadb_server&) = delete;

  // The server of this program. Starts it where it is not running.
  static mariadb_server& shared();

  // Options for a Galera cluster of one node; empty where Galera is not installed.
  static std::vector<std::string> galera_options();

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

  // A new, empty database; returns its name.
  std::string fresh_database();

  // "mysql://db=… user=root host=127.0.0.1 port=…", with more options when given.
  std::string url(const std::string& database, const std::string& more = {}) const;

  // Runs one statement as root; an empty database means none. Returns its rows, if it has any.
  text_rows query(const std::string& database, const std::string& statement) const;

  void start();   // starts it if it is not running, on the same data and port
  void stop();    // clean shutdown
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP: connections stay open, nothing answers
  void thaw();

private:
  void install() const;
  bool answers() const;
  void wait_gone();

  const std::vector<std::string> options_;
  temp_dir home_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  int databases_ = 0;
};

}  // namespace lars::test
