#include "app/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "log/log.hpp"
#include "net/fence.hpp"

namespace lars::app {
namespace {

// Initialised at load time, so about the start of the process.
const auto started = std::chrono::system_clock::now();

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void add_memory(std::vector<http::metric>& all) {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  if (!(file >> size >> resident)) return;
  all.push_back(http::gauge_metric("lars_process_resident_memory_bytes", "Resident memory of the process.",
                                   static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE))));
}

void add_files(std::vector<http::metric>& all) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
    all.push_back(http::gauge_metric("lars_process_max_fds", "Maximum number of open file descriptors.",
                                     static_cast<double>(limit.rlim_cur)));
  std::error_code failure;
  double open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failure), end; !failure && at != end;
       at.increment(failure))
    ++open;
  // Do not count the descriptor of the directory itself.
  if (!failure && open > 0)
    all.push_back(http::gauge_metric("lars_process_open_fds", "Open file descriptors.", open - 1));
}

void add_cpu(std::vector<http::metric>& all) {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  all.push_back({"lars_process_cpu_seconds_total",
                 "CPU time of the process, user and system.",
                 http::metric_kind::counter,
                 {{{}, seconds(usage.ru_utime) + seconds(usage.ru_stime)}}});
}

}  // namespace

std::vector<http::metric> process_metrics() {
  std::vector<http::metric> all{
      {"lars_build_info",
       "Always 1; the label is the version of the program.",
       http::metric_kind::gauge,
       {{{{"version", LARS_VERSION}}, 1}}},
      http::gauge_metric("lars_process_start_time_seconds", "Start time of the process, Unix time.",
                         std::chrono::duration<double>(started.time_since_epoch()).count())};
  all.push_back(http::counter_metric("lars_process_exceptions_total",
                                     "Exceptions that ended a handler, a session or an iteration of a loop; each is "
                                     "logged as net.exception.",
                                     net::exception_count()));
  all.push_back(http::counter_metric("lars_log_dropped_lines_total",
                                     "Log lines dropped because the queue was full or writing failed; the log event "
                                     "log.dropped counts them.",
                                     log::dropped_lines()));
  add_cpu(all);
  add_memory(all);
  add_files(all);
  return all;
}

}  // namespace lars::app
