// Rows that the database refused, kept on disk as the statements that would have written them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <lars/error.hpp>
#include <span>
#include <string_view>

#include "storage/status_row.hpp"

namespace lars::reporter {

// An SQL script that only grows: a person reads why a row was refused, mends the cause, and runs the script. Rows of a
// flush stand there as comments before it is committed and as statements afterwards, so running the script adds what is
// missing in the database and nothing else; a crash in between leaves the comments.
// Two files bound it: at half of `most_bytes` the script becomes PATH.1, and the PATH.1 before it goes.
// Lifetime: its collector's. Threads: any thread; blocking. Several processes may share a path.
// Errors: errc::io_failed with the path and the reason; what part was written is taken back.
class refused_file {
public:
  refused_file(std::filesystem::path path, std::size_t most_bytes) : path_(std::move(path)), most_bytes_(most_bytes) {}

  // Before the flush is committed. REQUIRES: rows not empty, as of all.
  result<void> note_pending(std::span<const storage::refused_row> rows) const;

  // The flush was committed without these rows.
  result<void> note_committed(std::span<const storage::refused_row> rows) const;

  const std::filesystem::path& path() const { return path_; }

private:
  result<void> append(std::string_view text) const;

  const std::filesystem::path path_;
  const std::size_t most_bytes_;
};

}  // namespace lars::reporter
