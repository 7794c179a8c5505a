#include "bench/process_usage.hpp"

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

double peak_memory_of(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  double kilobytes = 0;
  while (status >> word)
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes / 1024;
  return 0;
}

std::optional<pid_t> find_database_server() {
  std::optional<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const pid_t pid = std::atoi(entry.path().filename().c_str());
    std::string name;
    if (pid <= 0 || !std::getline(std::ifstream(entry.path() / "comm"), name)) continue;
    if (name != "mariadbd" && name != "mysqld") continue;
    if (found) return std::nullopt;
    found = pid;
  }
  return found;
}

}  // namespace lars::bench
