// Roles as child processes, so that the processor time of each can be measured.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <lars/error.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lars::bench {

// One running role. Lifetime: the destructor stops it and waits for its end. Threads: owner context only; blocking.
class child_role {
public:
  // Starts `program --role=ROLE ARGS…`, bound to `cpu` if given, and waits until it prints the port it listens on.
  // errc::timeout when it prints none within ten seconds, errc::system_error when it ends before.
  static result<std::unique_ptr<child_role>> start(const std::filesystem::path& program, const std::string& role,
                                                   const std::vector<std::string>& args, std::optional<int> cpu);

  child_role(const child_role&) = delete;
  child_role& operator=(const child_role&) = delete;
  ~child_role();

  std::uint32_t port() const { return port_; }
  // The port of its HTTP server, which it prints right after its own. Errors: as start().
  result<std::uint32_t> http_port();
  pid_t pid() const { return pid_; }

  // Processor time of all its threads so far; zero when it has ended.
  std::chrono::nanoseconds cpu_time() const;

private:
  child_role(pid_t pid, int output) : pid_(pid), output_(output) {}
  // Waits for the line "listening role=NAME port=…" and returns its port.
  result<std::uint32_t> read_port(const std::string& name);

  const pid_t pid_;
  const int output_;
  std::string printed_;  // so far
  std::uint32_t port_ = 0;
};

}  // namespace lars::bench
