// Roles as child processes, each with its own processor time to be measured.
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

// One running role. Lifetime: told to stop at destruction, and waited for. Threads: owner context only; blocking.
class child_role {
public:
  // Starts `program --role=ROLE ARGS…` and waits until it says on which port it listens; bound to `cpu` if given.
  // errc::timeout when it says nothing for ten seconds, errc::system_error when it ends before.
  static result<std::unique_ptr<child_role>> start(const std::filesystem::path& program, const std::string& role,
                                                   const std::vector<std::string>& args, std::optional<int> cpu);

  child_role(const child_role&) = delete;
  child_role& operator=(const child_role&) = delete;
  ~child_role();

  std::uint32_t port() const { return port_; }
  // Where it serves HTTP; it says so right after its own port. Errors as of start().
  result<std::uint32_t> http_port();
  pid_t pid() const { return pid_; }

  // Processor time of all its threads so far; zero when it is gone.
  std::chrono::nanoseconds cpu_time() const;

private:
  child_role(pid_t pid, int output) : pid_(pid), output_(output) {}
  // The port in the line "listening role=NAME port=…", waited for.
  result<std::uint32_t> read_port(const std::string& name);

  const pid_t pid_;
  const int output_;
  std::string said_;  // so far
  std::uint32_t port_ = 0;
};

}  // namespace lars::bench
