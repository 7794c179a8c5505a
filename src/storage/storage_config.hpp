// Which database, and how to reach it: what a storage URL says.
#pragma once

#include <atomic>
#include <filesystem>
#include <lars/error.hpp>
#include <memory>
#include <string>

namespace lars::storage {

enum class backend { sqlite, mysql };

// Immutable after construction.
struct storage_config {
  backend kind = backend::sqlite;
  std::string connect;  // SQLite: the absolute path of the file. MySQL: SOCI's "db=… user=… password=… host=… port=…"
  // Calls wait while it is true: this process is checking whether the database is empty, or is creating its tables, so
  // a table that is missing may still appear. May be null.
  std::shared_ptr<const std::atomic<bool>> filling = nullptr;

  // The URL that parse_url() reads as this. Contains the password.
  std::string url() const;

  // The URL without the password, for logs and messages.
  std::string shown() const;
};

// Reads "sqlite3://PATH" or "mysql://db=… user=… host=…". A relative SQLite path is relative to `state_dir`.
// errc::invalid_argument names what is wrong.
result<storage_config> parse_url(const std::string& url, const std::filesystem::path& state_dir);

}  // namespace lars::storage
