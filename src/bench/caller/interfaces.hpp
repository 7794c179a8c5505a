// The public interfaces, each as a program uses it: pick a host, say that the call went well.
#pragma once

#include <lars/lars.h>
#include <lars_api.h>

#include <cstdint>
#include <lars/client.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>

namespace lars::bench {

// What one call gave; no host where it did not work.
using picked = std::optional<endpoint>;

// <lars/lars.h>: the call lies where the program has it. Threads: one thread.
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

// <lars/client.hpp>: values. Likewise.
class cpp_interface {
public:
  static constexpr const char* name = "cpp";
  explicit cpp_interface(client& agent) : agent_(agent) {}
  picked call(route_key module) {
    auto one = agent_.pick(module);
    if (!one) return {};
    const auto where = one->endpoint();
    one->succeed();
    return where;
  }

private:
  client& agent_;
};

// <lars_api.h>, the interface of old: addresses as text. Likewise.
class old_interface {
public:
  static constexpr const char* name = "old";
  picked call(route_key module) {
    if (agent_.get_host(module.modid, module.cmdid, ip_, port_) != LARS_OK) return {};
    agent_.report(module.modid, module.cmdid, ip_, port_, 0);
    // What the agent counts is compared with the calls alone, so their hosts need no numbers.
    return endpoint{static_cast<std::uint32_t>(ip_.size()), static_cast<std::uint32_t>(port_)};
  }

private:
  lars_client agent_;
  std::string ip_;
  int port_ = 0;
};

}  // namespace lars::bench
