#include "bench/public_caller.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>
#include <vector>

#include "base/endpoint.hpp"
#include "bench/child_task.hpp"

namespace lars::bench {
namespace {

// Runs in the child. Returns only where exec fails.
int exec_caller(const public_task& task, int output) {
  std::vector<std::string> texts{task.program.string(),
                                 task.interface,
                                 std::to_string(task.modules),
                                 std::to_string(task.threads),
                                 std::to_string(task.warm_up.count()),
                                 std::to_string(task.each.count())};
  std::vector<char*> words;
  for (auto& text : texts) words.push_back(text.data());
  words.push_back(nullptr);
  ::setenv("LARS_CLIENT_DIR", task.where.run_dir.c_str(), 1);
  ::setenv("LARS_CLIENT_UDP", base::format_endpoint(task.where.agent).c_str(), 1);
  ::dup2(output, STDOUT_FILENO);
  ::execv(words.front(), words.data());
  return 127;
}

std::string read_all(int from) {
  std::string text;
  std::array<char, 512> piece;
  while (true) {
    const auto size = ::read(from, piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

std::map<std::string, double> figures_in(const std::string& text) {
  std::map<std::string, double> values;
  std::istringstream words(text);
  std::string name;
  for (double value = 0; words >> name >> value;) values[name] = value;
  return values;
}

}  // namespace

result<public_figures> run_public_caller(const public_task& task) {
  if (::access(task.program.c_str(), X_OK) != 0)
    return {errc::io_failed, task.program.string() + ": " + std::strerror(errno) +
                                 "; it comes with a build from source (cmake --build, target lars_bench_caller)"};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return {errc::system_error, std::strerror(errno)};
  const auto child = child_task::start([&] { return exec_caller(task, ends[1]); });
  ::close(ends[1]);
  const auto text = child ? read_all(ends[0]) : std::string();
  ::close(ends[0]);
  if (!child) return child.error();
  if (const int code = (*child)->wait(); code != 0)
    return {errc::system_error, task.program.string() + " ended with " + std::to_string(code)};
  auto values = figures_in(text);
  public_figures figures;
  figures.totals.picks = figures.totals.ends = static_cast<std::uint64_t>(values["made"]);
  figures.failed = static_cast<std::uint64_t>(values["failed"]);
  figures.p50_ns = values["p50_ns"];
  figures.calls_per_second = values["calls_per_second"];
  figures.calls_per_cpu_second = values["calls_per_cpu_second"];
  return figures;
}

}  // namespace lars::bench
