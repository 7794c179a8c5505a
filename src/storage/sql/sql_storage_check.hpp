// The storage_check over SQLite and MySQL.
#pragma once

#include "storage/sql/session.hpp"
#include "storage/storage_check.hpp"

namespace lars::storage {

// Threads: blocking; one thread at a time.
class sql_storage_check final : public storage_check {
public:
  explicit sql_storage_check(const storage_config& config);

  void interrupt() override { session_.interrupt(); }
  result<void> run() override;

private:
  result<void> check_host();

  session session_;
};

}  // namespace lars::storage
