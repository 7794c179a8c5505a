// Asks an agent for hosts and routes over UDP, and reports calls to it. Needs libc and libstdc++ alone; throws
// std::bad_alloc and nothing else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "balance/load/load_report.hpp"
#include "client/ask_plan.hpp"

namespace lars::client {

struct udp_transport_config {
  endpoint agent{0x7f000001, 8888};  // the first of the agent's three ports
  ask_limits limits;
};

// The port that callers of a module use: first port + (modid + cmdid) modulo 3, never negative.
constexpr std::uint32_t transport_port(std::uint32_t first_port, route_key key) {
  const std::int64_t sum = std::int64_t{key.modid} + key.cmdid;
  return first_port + static_cast<std::uint32_t>(((sum % 3) + 3) % 3);
}

// What a caller may say of the call that it wants a host for. The views must live until the answer.
struct pick_options {
  std::string_view key = {};               // for policies that hash it, at most 256 bytes; empty = none
  std::span<const endpoint> exclude = {};  // hosts to avoid; the first exclude_max are sent
  std::uint32_t cost = 0;                  // of the call, in the caller's own unit; 0 = unknown
};

// The host to call, and what to report the call with.
struct given_host {
  endpoint where;
  std::uint64_t call_id = 0;  // 0 = the agent does not number calls
};

// What else a caller may report of a call that ended.
struct report_extras {
  std::uint32_t cost = 0;       // the actual cost; 0 = unknown
  balance::load_report load{};  // what the host reported; 0 = unknown
};

// One socket, connected to the port that was asked last, so that the kernel reports a closed port and drops answers
// from anywhere else. Lifetime: its thread's. Threads: owner context only (one transport a thread); blocking, each call
// for at most its deadline.
class udp_transport {
public:
  // errc::system_error where no socket can be opened.
  static result<udp_transport> open(const udp_transport_config& config);

  udp_transport(udp_transport&& other) noexcept;
  udp_transport& operator=(udp_transport&& other) noexcept;
  udp_transport(const udp_transport&) = delete;
  udp_transport& operator=(const udp_transport&) = delete;
  ~udp_transport();

  // The host to call next. errc::overloaded, errc::system_error, errc::no_such_module as the agent answers;
  // errc::timeout where it does not answer; errc::connection_refused where its port is closed or the network refuses;
  // errc::too_large for a key over its limit. `deadline` replaces the configured one for this call. A refusal is
  // returned at once, or after the deadline where the agent was heard before, since it may be restarting.
  result<given_host> get_host(route_key key, const pick_options& options = {},
                              std::optional<std::chrono::milliseconds> deadline = {});

  // Reports a call: retcode 0 = success; latency and call_id 0 = unknown. There is no answer; errc::connection_refused
  // where it could not be sent.
  result<void> report(route_key key, endpoint where, std::int32_t retcode, std::uint32_t latency_us = 0,
                      std::uint64_t call_id = 0, const report_extras& extras = {});

  // Ends the call of this id without an outcome. There is no answer; errors as of report(). REQUIRES: call_id is not 0:
  // an agent that does not number calls does not know this message.
  result<void> abandon(route_key key, endpoint where, std::uint64_t call_id);

  // Every host of a module that takes calls; errc::no_such_module where there is none, else as get_host().
  result<std::vector<endpoint>> get_route(route_key key);

  // Whether the agent was ever heard, by this socket or, as note_agent_was_here() says, by another.
  bool agent_was_here() const { return agent_was_here_; }
  void note_agent_was_here() { agent_was_here_ = true; }

  // errc::connection_refused where the network has reported by now that the last datagram did not arrive. Does not
  // wait.
  result<void> check_delivery();

private:
  udp_transport(int fd, const udp_transport_config& config, std::uint32_t first_seq);

  // Asks and waits as ask_plan says within `limits`. `encode(seq, span)` writes the question, `match(seq, datagram)`
  // returns what the datagram means, or nothing where it does not answer this question.
  template <class T, class Encode, class Match>
  result<T> ask(route_key key, const ask_limits& limits, std::span<char> buffer, Encode encode, Match match);

  // What was received before the attempt was over.
  struct heard {
    std::string_view datagram;  // empty: none
    bool refused = false;       // the port is closed
  };

  // 0, or the errno of the failed send. A datagram that found no buffer counts as sent, and lost.
  int send(route_key key, std::span<const char> datagram);
  int connect_to(std::uint32_t port);
  void disconnect();
  result<void> send_report(route_key key, std::span<const char> datagram);

  // One datagram from the agent. `whole` = the attempt has just begun: the socket's own timeout bounds the wait.
  heard receive(std::span<char> buffer, base::time_point until, bool whole);

  error unreachable(int code) const;

  udp_transport_config config_;
  int fd_ = -1;
  std::uint32_t peer_port_ = 0;  // that the socket is connected to; 0 = none
  std::uint32_t seq_ = 0;
  bool agent_was_here_ = false;
  std::vector<char> route_buffer_;  // room for one datagram, allocated by the first get_route()
};

}  // namespace lars::client
