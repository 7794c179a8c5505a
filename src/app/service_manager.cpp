#include "app/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <utility>

#include "log/log.hpp"

namespace lars::app {
namespace {

using variables = std::map<std::string, std::string>;

std::string value_of(const variables& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

// Returns the address in the form of sun_path, or empty if it is invalid.
std::string address_of(std::string text) {
  if (text.size() < 2 || text.size() >= sizeof sockaddr_un::sun_path) return {};
  if (text.front() == '@')
    text.front() = '\0';
  else if (text.front() != '/')
    return {};
  return text;
}

std::optional<long long> number(const std::string& text) {
  long long value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// nullopt if the variables are for another process (WATCHDOG_PID), such as the parent.
std::optional<std::chrono::microseconds> watchdog_of(const variables& environment) {
  const auto interval = number(value_of(environment, "WATCHDOG_USEC"));
  const std::string process = value_of(environment, "WATCHDOG_PID");
  if (!interval || (!process.empty() && number(process) != ::getpid())) return std::nullopt;
  return std::chrono::microseconds(*interval);
}

std::string monotonic_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::to_string(static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

service_manager::service_manager(const variables& environment)
    : address_(address_of(value_of(environment, "NOTIFY_SOCKET"))), watchdog_(watchdog_of(environment)) {
  if (!address_.empty()) socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::ready(const std::string& status) { notify("READY=1\nSTATUS=" + status); }

void service_manager::reloading() { notify("RELOADING=1\nMONOTONIC_USEC=" + monotonic_us()); }

void service_manager::stopping() { notify("STOPPING=1\nSTATUS=stopping"); }

void service_manager::retry() {
  if (!unsent_.empty() && send(unsent_)) unsent_.clear();
}

void service_manager::alive() const { send("WATCHDOG=1"); }

void service_manager::notify(std::string text) {
  const bool waited = !unsent_.empty();
  unsent_ = std::move(text);
  retry();
  if (!waited && !unsent_.empty())
    log::warn("app.manager_not_told", {{"untold", std::string_view(unsent_).substr(0, unsent_.find('='))}});
}

// Only a full queue is worth a retry. Any other failure means that there is no receiver, and counts as sent.
bool service_manager::send(std::string_view text) const {
  if (socket_ < 0) return true;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::copy(address_.begin(), address_.end(), to.sun_path);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const auto sent = ::sendto(socket_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to), size);
  return sent >= 0 || (errno != EAGAIN && errno != ENOBUFS);
}

}  // namespace lars::app
