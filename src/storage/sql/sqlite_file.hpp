// A SQLite database is a file at a path, and its latest commits are in a log beside it (PATH-wal) that is found by name
// alone. Another file put in its place with `mv` would be read with the log of the old one: old rows over new ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lars::storage {

// A file, whatever its name. The time of birth tells it from a later one that was given its number.
struct file_id {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t born_ns = 0;  // 0 where the file system does not tell
  bool operator==(const file_id&) const = default;
};

// nullopt: there is none, or it is out of reach.
std::optional<file_id> file_at(const std::string& path);

// Keeps beside the database (PATH-wal-of) which file its log was begun for. All programs of ours open through this.
// Threads: any, and any number of processes. It never opens the database's own file: closing it would take SQLite's
// locks away from the whole process.
class sqlite_file {
public:
  explicit sqlite_file(std::string path) : path_(std::move(path)) {}

  // Before the database is opened: takes the log away if it was begun for another file than the one that is there now,
  // and says so in a log line. Where that is not certain the log stays: a database that was copied with its log needs
  // it. Returns the file that is there.
  std::optional<file_id> remove_stale_log() const;

  // Once `opened`, which remove_stale_log() returned, has been read from and so has a log.
  void record_log_owner(const file_id& opened) const;

  std::optional<file_id> current() const { return file_at(path_); }

private:
  std::string log_path() const { return path_ + "-wal"; }
  std::string index_path() const { return path_ + "-shm"; }
  std::string owner_path() const { return path_ + "-wal-of"; }

  std::string path_;
};

}  // namespace lars::storage
