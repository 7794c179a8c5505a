#include "client/client_settings.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <string_view>

#include "base/endpoint.hpp"

namespace lars::client {
namespace {

constexpr std::string_view usual_dir = "/run/lars";
constexpr std::uint32_t last_first_port = 65533;  // the agent has three consecutive ports

// A machine's agent serves all users. Where there is none, a user may run an agent of their own.
std::string default_dir(const surroundings& around) {
  const std::string usual(usual_dir);
  if (around.root || around.exists(usual + "/agent.sock")) return usual;
  const char* const own = around.environment("XDG_RUNTIME_DIR");
  return own != nullptr && *own != '\0' ? std::string(own) + "/lars" : usual;
}

result<endpoint> first_port_of(const std::string& text, const char* who) {
  auto where = base::parse_endpoint(text);
  if (!where) return {errc::invalid_argument, std::string(who) + " \"" + text + "\" is not a.b.c.d:port"};
  if (where->port > last_first_port)
    return {errc::invalid_argument, std::string(who) + ": the port is the first of three, up to 65533"};
  return where;
}

}  // namespace

std::optional<std::chrono::milliseconds> deadline_of(std::uint32_t ms) {
  if (ms == 0 || ms > max_deadline_ms) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

result<caller_config> settle(const given_settings& given, const surroundings& around) {
  caller_config config;
  const char* const dir = around.environment("LARS_CLIENT_DIR");
  config.run_dir = given.dir ? *given.dir : dir != nullptr ? std::string(dir) : default_dir(around);

  const char* const udp = around.environment("LARS_CLIENT_UDP");
  if (given.udp || (udp != nullptr && *udp != '\0')) {
    const auto where = given.udp ? first_port_of(*given.udp, "udp") : first_port_of(udp, "LARS_CLIENT_UDP");
    if (!where) return where.error();
    config.agent = *where;
  }

  if (given.deadline_ms) {
    const auto deadline = deadline_of(*given.deadline_ms);
    if (!deadline) return {errc::invalid_argument, "a deadline is 1 to 60000 ms"};
    config.deadline = *deadline;
  }
  return config;
}

surroundings own_surroundings() {
  return {[](const char* name) -> const char* { return ::secure_getenv(name); },
          [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }, ::geteuid() == 0};
}

}  // namespace lars::client
