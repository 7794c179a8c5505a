#include "bench/process_usage.hpp"

#include <sched.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

namespace lars::bench {

std::optional<std::chrono::nanoseconds> cpu_time_of(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return std::nullopt;
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

namespace {

// A figure of /proc/PID/status in bytes; 0 when it is not there.
std::uint64_t status_bytes(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  std::uint64_t kilobytes = 0;
  while (status >> word)
    if (word == name && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

}  // namespace

double peak_memory_of(pid_t pid) { return static_cast<double>(status_bytes(pid, "VmHWM:")) / (1 << 20); }

memory_parts memory_of(pid_t pid) { return {status_bytes(pid, "RssAnon:"), status_bytes(pid, "RssShmem:")}; }

std::uint64_t mapped_files_of(pid_t pid, const std::string& name) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/smaps");
  std::uint64_t bytes = 0;
  bool counts = false;
  for (std::string line; std::getline(maps, line);) {
    // A line with addresses begins a mapping; the lines of its figures begin with a capital letter.
    if (line[0] < 'A' || line[0] > 'Z') counts = line.find(name) != std::string::npos;
    if (counts && line.starts_with("Rss:")) bytes += std::strtoull(line.c_str() + 4, nullptr, 10) * 1024;
  }
  return bytes;
}

bool bind_process(pid_t pid, const std::vector<int>& cpus) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  for (const int cpu : cpus) CPU_SET(static_cast<unsigned>(cpu), &mask);
  std::error_code failure;
  bool done = true;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", failure))
    done &= ::sched_setaffinity(std::atoi(thread.path().filename().c_str()), sizeof mask, &mask) == 0;
  return done && !failure;
}

std::optional<pid_t> find_database_server() {
  std::optional<pid_t> server;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    std::string name;
    if (pid <= 0 || !std::getline(std::ifstream(entry.path() / "comm"), name)) continue;
    if (name != "mariadbd" && name != "mysqld") continue;
    if (server) return std::nullopt;
    server = pid;
  }
  return server;
}

}  // namespace lars::bench
