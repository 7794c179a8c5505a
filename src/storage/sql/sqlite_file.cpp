#include "storage/sql/sqlite_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "log/log.hpp"

namespace lars::storage {
namespace {

// Held while the files beside the database are read and changed. If the directory cannot be opened, goes on without a
// lock: it only matters when two programs start at the same moment.
class directory_lock {
public:
  explicit directory_lock(const std::string& file) {
    const auto directory = std::filesystem::path(file).parent_path();
    descriptor_ = ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ >= 0) ::flock(descriptor_, LOCK_EX);
  }
  ~directory_lock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  directory_lock(const directory_lock&) = delete;
  directory_lock& operator=(const directory_lock&) = delete;

private:
  int descriptor_ = -1;
};

// A database file and its log.
struct log_owner {
  file_id database;
  file_id log;
  bool operator==(const log_owner&) const = default;
};

std::optional<log_owner> read_log_owner(const std::string& path) {
  std::ifstream in(path);
  log_owner found;
  for (file_id* each : {&found.database, &found.log}) in >> each->device >> each->number >> each->born_ns;
  if (!in) return std::nullopt;
  return found;
}

// Written to a new file and renamed, so that a program can replace another user's file.
bool write_log_owner(const std::string& path, const log_owner& now) {
  const std::string part = path + "." + std::to_string(::getpid());
  std::ofstream out(part, std::ios::trunc);
  for (const file_id* each : {&now.database, &now.log})
    out << each->device << ' ' << each->number << ' ' << each->born_ns << '\n';
  out.close();
  if (out && std::rename(part.c_str(), path.c_str()) == 0) return true;
  ::unlink(part.c_str());
  return false;
}

}  // namespace

std::optional<file_id> file_at(const std::string& path) {
  struct statx found {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0) return std::nullopt;
  file_id id;
  id.device = std::uint64_t{found.stx_dev_major} << 32 | found.stx_dev_minor;
  id.number = found.stx_ino;
  if ((found.stx_mask & STATX_BTIME) != 0)
    id.born_ns = found.stx_btime.tv_sec * 1'000'000'000 + std::int64_t{found.stx_btime.tv_nsec};
  return id;
}

std::optional<file_id> sqlite_file::remove_stale_log() const {
  const directory_lock hold(path_);
  const auto database = current();
  const auto log = file_at(log_path());
  if (!database || !log) return database;
  const auto recorded = read_log_owner(owner_path());
  if (!recorded || recorded->log != *log || recorded->database == *database) return database;
  ::unlink(log_path().c_str());
  ::unlink(index_path().c_str());
  log::warn("storage.file_replaced",
            {{"file", path_}, {"reason", "another file was moved to this path; deleted the log of the old file"}});
  return database;
}

void sqlite_file::record_log_owner(const file_id& opened) const {
  const directory_lock hold(path_);
  const auto log = file_at(log_path());
  // The file was replaced meanwhile: the owner of the log is unknown.
  if (!log || current() != opened) return;
  const log_owner now{opened, *log};
  if (read_log_owner(owner_path()) == now) return;
  // Delete an outdated record: it could name a file whose number was reused for this log.
  if (!write_log_owner(owner_path(), now)) ::unlink(owner_path().c_str());
}

}  // namespace lars::storage
