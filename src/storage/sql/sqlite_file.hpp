// A SQLite database is a file, and its latest commits are in a log beside it (PATH-wal) that SQLite finds by name only.
// If another file is moved to the path with `mv`, SQLite would read it with the old file's log: old rows over new ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lars::storage {

// Identifies a file independent of its name. The birth time tells it from a later file that reuses its number.
struct file_id {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t born_ns = 0;  // 0 if the file system does not record it
  bool operator==(const file_id&) const = default;
};

// nullopt: no such file, or it cannot be accessed.
std::optional<file_id> file_at(const std::string& path);

// Records in PATH-wal-of which file the log belongs to. All our programs open SQLite databases through this class.
// Threads: any, and any number of processes. It never opens the database file itself: closing it would release SQLite's
// locks in the whole process.
class sqlite_file {
public:
  explicit sqlite_file(std::string path) : path_(std::move(path)) {}

  // Call it before opening the database: deletes the log if it was started for another file than the current one, with
  // a log line. Keeps the log if that is not certain: a database that was copied with its log needs it. Returns the
  // current file.
  std::optional<file_id> remove_stale_log() const;

  // Call it after the first read from `opened`, which remove_stale_log() returned: the log exists then.
  void record_log_owner(const file_id& opened) const;

  std::optional<file_id> current() const { return file_at(path_); }

private:
  std::string log_path() const { return path_ + "-wal"; }
  std::string index_path() const { return path_ + "-shm"; }
  std::string owner_path() const { return path_ + "-wal-of"; }

  std::string path_;
};

}  // namespace lars::storage
