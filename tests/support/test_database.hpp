// A database for one test, SQLite or MariaDB, with the writes that foreign programs make.
#pragma once

#include <cstddef>
#include <string>

#include "storage/migrate/migrations.hpp"
#include "support/mariadb_server.hpp"
#include "support/temp_dir.hpp"

namespace lars::test {

// Lifetime: one test case.
class test_database {
public:
  enum class content {
    empty,
    old_schema,  // the old tables with unsigned ids, not migrated
    current,     // migrated
  };

  test_database(storage::backend kind, content with);

  // Runs a statement over a connection of its own, as foreign programs do.
  text_rows query(const std::string& statement) const;

  // One value of the first row.
  std::string value(const std::string& statement) const { return query(statement).at(0).at(0); }

  // The three steps of the old web console.
  void old_console_adds(int modid, int cmdid, std::uint32_t ip, int port, long long now) const;

  storage::storage_config config;

private:
  temp_dir home_;
  std::string name_;  // of the MySQL database
};

// While it lives, new connections to the shared MariaDB refuse longer statements than this.
class packet_limit {
public:
  explicit packet_limit(std::size_t bytes);
  ~packet_limit();
  packet_limit(const packet_limit&) = delete;
  packet_limit& operator=(const packet_limit&) = delete;

private:
  const std::string before_;
};

}  // namespace lars::test
