#include "reporter/refused_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <string>

#include "base/directory.hpp"
#include "log/log.hpp"

namespace lars::reporter {
namespace {

// Closes the file in its destructor, which releases the lock.
class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int number() const { return number_; }

private:
  const int number_;
};

error failed(const std::filesystem::path& path, const char* what) {
  return {errc::io_failed, path.string() + ": " + what + ": " + std::strerror(errno)};
}

std::string utc_time(std::time_t now) {
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[sizeof "2026-01-01T00:00:00Z"];
  return {text, std::strftime(text, sizeof text, "%FT%TZ", &parts)};
}

// The database's message may contain line breaks or a value from an agent.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char letter) { return letter < ' ' || letter == 0x7f; }, ' ');
  return text;
}

std::string script_of(std::span<const storage::refused_row> rows, bool committed, std::time_t now) {
  const std::string time = utc_time(now);
  std::string text;
  for (const auto& row : rows) {
    text += "-- " + time + (committed ? " committed without this row of " : " refused, commit to follow: row of ") +
            row.table + ": " + one_line(row.reason) + '\n';
    text += (committed ? "" : "-- ") + one_line(row.statement) + ";\n";
  }
  return text;
}

// Whether the path still names the open file.
bool is_at(const std::filesystem::path& path, const struct stat& open) {
  struct stat there {};
  return ::stat(path.c_str(), &there) == 0 && there.st_dev == open.st_dev && there.st_ino == open.st_ino;
}

result<void> write_whole(int file, std::string_view text, const struct stat& before,
                         const std::filesystem::path& path) {
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const error why = failed(path, "write");
      // Leave no half line: the next statement would be appended to it.
      if (::ftruncate(file, before.st_size) != 0) log::warn("reporter.refused_rows_torn", {{"file", path.string()}});
      return why;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fdatasync(file) == 0 ? result<void>() : failed(path, "sync");
}

}  // namespace

result<void> refused_file::append_pending(std::span<const storage::refused_row> rows) const {
  return append(script_of(rows, false, now_()));
}

result<void> refused_file::append_committed(std::span<const storage::refused_row> rows) const {
  return append(script_of(rows, true, now_()));
}

result<void> refused_file::append(std::string_view text) const {
  // An error of the directory shows when the file is opened.
  (void)base::make_directory(path_.parent_path().string());
  std::error_code ignored;
  while (true) {
    const descriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (file.number() < 0) return failed(path_, "open");
    struct stat about {};
    if (::flock(file.number(), LOCK_EX) != 0 || ::fstat(file.number(), &about) != 0) return failed(path_, "lock");
    if (!is_at(path_, about)) continue;  // another writer started a new file meanwhile
    const auto size = static_cast<std::size_t>(about.st_size);
    if (size == 0 || size + text.size() <= most_bytes_ / 2) return write_whole(file.number(), text, about, path_);
    const std::string older = path_.string() + ".1";
    if (std::filesystem::exists(older, ignored)) log::warn("reporter.refused_rows_dropped", {{"file", older}});
    if (::rename(path_.c_str(), older.c_str()) != 0) return failed(path_, "rename");
  }
}

}  // namespace lars::reporter
