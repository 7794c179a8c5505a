// The way into an agent that needs nothing of it but its UDP ports: asks for hosts and routes, reports calls.
// libc and libstdc++ alone; no exception leaves or crosses it, except std::bad_alloc.
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

#include "balance/load_report.hpp"
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

// What a caller may say about the call it asks a host for. Borrowed for as long as it asks.
struct pick_options {
  std::string_view key = {};               // what keyed policies go by, at most 256 bytes; empty = none
  std::span<const endpoint> exclude = {};  // hosts it does not want this time; the first exclude_max are told
  std::uint32_t cost = 0;                  // what the call will cost, in the caller's own unit; 0 = not told
};

// The host to call, and what to report the call with.
struct given_host {
  endpoint where;
  std::uint64_t call_id = 0;  // 0 = the agent keeps no account of calls
};

// What else a caller may say of a call that ended.
struct report_extras {
  std::uint32_t cost = 0;       // what it did cost; 0 = not told
  balance::load_report load{};  // what the host said of itself; 0 = not told
};

// One socket, connected to the port that was asked last: so the kernel tells when nobody listens there, and lets nobody
// but the agent answer. Lifetime: its thread's. Threads: owner context only (one transport a thread); blocking, each
// call for at most its deadline.
class udp_transport {
public:
  // errc::system_error when there is no socket to be had.
  static result<udp_transport> open(const udp_transport_config& config);

  udp_transport(udp_transport&& other) noexcept;
  udp_transport& operator=(udp_transport&& other) noexcept;
  udp_transport(const udp_transport&) = delete;
  udp_transport& operator=(const udp_transport&) = delete;
  ~udp_transport();

  // The host to call next. errc::overloaded, errc::system_error, errc::no_such_module as the agent says;
  // errc::timeout when it says nothing, errc::connection_refused when nobody listens there or the network says no;
  // errc::too_large for a key over its limit. `deadline` stands for this call in place of the configured one. A refusal
  // is returned at once, but where the agent was here before it is waited for until the deadline: it is restarting.
  result<given_host> get_host(route_key key, const pick_options& options = {},
                              std::optional<std::chrono::milliseconds> deadline = {});

  // Says how a call went: 0 = success; the latency and call_id 0 = not told. Nobody answers; errc::connection_refused
  // when it could not be sent.
  result<void> report(route_key key, endpoint where, std::int32_t retcode, std::uint32_t latency_us = 0,
                      std::uint64_t call_id = 0, const report_extras& extras = {});

  // The call of this id has no outcome; judged by nobody. Nobody answers; errors as of report(). REQUIRES: call_id is
  // not 0 (who names no calls does not know of this).
  result<void> abandon(route_key key, endpoint where, std::uint64_t call_id);

  // All hosts of a module that take calls; errc::no_such_module when there are none, else as get_host.
  result<std::vector<endpoint>> get_route(route_key key);

  // Whether the agent has been heard, over this transport or as its owner says.
  bool agent_was_here() const { return agent_was_here_; }
  void note_agent_was_here() { agent_was_here_ = true; }

  // errc::connection_refused where the network has said by now that the last datagram reached nobody. Does not wait.
  result<void> check_delivery();

private:
  udp_transport(int fd, const udp_transport_config& config, std::uint32_t first_seq);

  // Asks and waits as ask_plan says within `limits`. `encode(seq, span)` writes the question, `match(seq, datagram)`
  // returns what the datagram means, or nothing if it is no answer to this question.
  template <class T, class Encode, class Match>
  result<T> ask(route_key key, const ask_limits& limits, std::span<char> buffer, Encode encode, Match match);

  // What was received until a try was over.
  struct heard {
    std::string_view datagram;  // empty: none
    bool refused = false;       // nobody listens there
  };

  // 0, or the errno of why the datagram was not sent. One that the machine had no room for counts as sent, and lost.
  int send(route_key key, std::span<const char> datagram);
  int connect_to(std::uint32_t port);
  void disconnect();
  result<void> send_report(route_key key, std::span<const char> datagram);

  // One datagram of the agent's. `whole` = a whole try is left, which is the socket's own timeout.
  heard receive(std::span<char> buffer, base::time_point until, bool whole);

  error unreachable(int code) const;

  udp_transport_config config_;
  int fd_ = -1;
  std::uint32_t peer_port_ = 0;  // what the socket is connected to; 0 = nothing
  std::uint32_t seq_ = 0;
  bool agent_was_here_ = false;
  std::vector<char> route_buffer_;  // a whole datagram, made by the first get_route
};

}  // namespace lars::client
