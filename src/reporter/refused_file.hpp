// Keeps rows that the database refused on disk, as SQL statements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <lars/error.hpp>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "storage/status_row.hpp"

namespace lars::reporter {

// An SQL script that is only appended to: a person reads why a row was refused, removes the cause, and runs the script.
// The rows of a flush are written as comments before the commit and as statements after it, so the script adds exactly
// the missing rows; a crash in between leaves the comments only.
// Its size is bounded by two files: at half of `most_bytes` the script is renamed to PATH.1, replacing an older PATH.1.
// Lifetime: its collector's. Threads: any thread; blocking. Several processes may share a path.
// Errors: errc::io_failed with the path and the reason; a partial write is undone.
class refused_file {
public:
  using clock = std::int64_t (*)();  // Unix seconds

  refused_file(std::filesystem::path path, std::size_t most_bytes, clock now = base::unix_seconds)
      : path_(std::move(path)), most_bytes_(most_bytes), now_(now) {}

  // Call it before the commit. REQUIRES: rows not empty.
  result<void> append_pending(std::span<const storage::refused_row> rows) const;

  // Call it after the flush was committed without these rows. REQUIRES: rows not empty.
  result<void> append_committed(std::span<const storage::refused_row> rows) const;

  const std::filesystem::path& path() const { return path_; }

private:
  result<void> append(std::string_view text) const;

  const std::filesystem::path path_;
  const std::size_t most_bytes_;
  const clock now_;
};

}  // namespace lars::reporter
