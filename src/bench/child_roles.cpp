#include "bench/child_roles.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <thread>

#include "base/clock.hpp"
#include "bench/qps_load.hpp"

namespace lars::bench {
namespace {

constexpr std::chrono::seconds listens_within{10};
constexpr std::chrono::seconds ends_within{5};

// Runs in the child after fork(): async-signal-safe calls only. Never returns.
[[noreturn]] void become(const std::vector<char*>& words, int output, std::optional<int> cpu) {
  // The roles end when the measurement is killed.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (cpu) bind_to_cpu(*cpu);
  ::dup2(output, STDOUT_FILENO);
  ::execv(words.front(), words.data());
  ::_exit(127);
}

// The port in the line "listening role=NAME port=…"; 0 when the line is not there yet.
std::uint32_t port_in(const std::string& text, const std::string& name) {
  const std::string words = "listening role=" + name + " port=";
  const auto line = text.find(words);
  if (line == std::string::npos || text.find('\n', line) == std::string::npos) return 0;
  std::uint32_t port = 0;
  std::from_chars(text.data() + line + words.size(), text.data() + text.size(), port);
  return port;
}

}  // namespace

result<std::unique_ptr<child_role>> child_role::start(const std::filesystem::path& program, const std::string& role,
                                                      const std::vector<std::string>& args, std::optional<int> cpu) {
  std::vector<std::string> texts{program.string(), "--role=" + role};
  texts.insert(texts.end(), args.begin(), args.end());
  std::vector<char*> words;
  for (auto& text : texts) words.push_back(text.data());
  words.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return {errc::system_error, std::strerror(errno)};
  const pid_t pid = ::fork();
  if (pid == 0) become(words, ends[1], cpu);
  const int reason = errno;
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return {errc::system_error, std::strerror(reason)};
  }
  std::unique_ptr<child_role> child(new child_role(pid, ends[0]));
  const auto port = child->read_port(role);
  if (!port) return lars::error{port.error().code, "role " + role + ": " + port.error().detail};
  child->port_ = *port;
  return child;
}

result<std::uint32_t> child_role::http_port() { return read_port("http"); }

result<std::uint32_t> child_role::read_port(const std::string& name) {
  const auto until = base::clock::now() + listens_within;
  while (true) {
    if (const auto port = port_in(printed_, name); port > 0) return port;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::clock::now()).count();
    pollfd readable{output_, POLLIN, 0};
    if (left <= 0 || ::poll(&readable, 1, static_cast<int>(left)) == 0) return {errc::timeout, "it does not listen"};
    std::array<char, 512> piece;
    const auto size = ::read(output_, piece.data(), piece.size());
    if (size == 0) return {errc::system_error, "it ended at once"};
    if (size > 0) printed_.append(piece.data(), static_cast<std::size_t>(size));
  }
}

child_role::~child_role() {
  ::kill(pid_, SIGTERM);
  const auto until = base::clock::now() + ends_within;
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (base::clock::now() > until) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::close(output_);
}

std::chrono::nanoseconds child_role::cpu_time() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace lars::bench
