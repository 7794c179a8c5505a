// The public interfaces, each used as a program uses it: pick a host, report success.
#pragma once

#include <lars/lars.h>
#include <lars_api.h>

#include <cstdint>
#include <lars/client.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>

namespace lars::bench {

// The host of a call; nullopt where the pick failed.
using picked = std::optional<endpoint>;

// <lars/lars.h>: the program holds the call object. Threads: one thread.
class c_interface {
public:
  static constexpr const char* name = "c";
  explicit c_interface(lars_t* client) : client_(client) {}
  picked call(route_key module) {
    if (lars_pick(client_, module.modid, module.cmdid, nullptr, &call_) != LARS_OK) return {};
    const endpoint where{call_.ip, call_.port};
    lars_succeed(client_, &call_);
    return where;
  }

private:
  lars_t* const client_;
  lars_call_t call_ = LARS_CALL_INIT;
};

// <lars/client.hpp>: calls are values. Threads: one thread.
class cpp_interface {
public:
  static constexpr const char* name = "cpp";
  explicit cpp_interface(client& agent) : agent_(agent) {}
  picked call(route_key module) {
    auto picked_call = agent_.pick(module);
    if (!picked_call) return {};
    const auto where = picked_call->endpoint();
    picked_call->succeed();
    return where;
  }

private:
  client& agent_;
};

// <lars_api.h>, the old interface: addresses are text. Threads: one thread.
class old_interface {
public:
  static constexpr const char* name = "old";
  picked call(route_key module) {
    if (agent_.get_host(module.modid, module.cmdid, ip_, port_) != LARS_OK) return {};
    agent_.report(module.modid, module.cmdid, ip_, port_, 0);
    // The checksum needs no real address here: only the number of calls is compared with the agent's.
    return endpoint{static_cast<std::uint32_t>(ip_.size()), static_cast<std::uint32_t>(port_)};
  }

private:
  lars_client agent_;
  std::string ip_;
  int port_ = 0;
};

}  // namespace lars::bench
