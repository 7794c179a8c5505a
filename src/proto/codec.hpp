// The TCP messages as plain values, and their codec. This header hides protobuf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/types.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/agent_id.hpp"
#include "base/boot_clock.hpp"
#include "base/call_sums.hpp"
#include "base/module_settings.hpp"
#include "wire/features.hpp"
#include "wire/frame.hpp"

namespace lars::proto {

// Stops protobuf from printing decode errors to stderr: the callers of decode() count them. Threads: main thread,
// before any other call.
void silence_library();

// The frame layer, for folders that use only TCP.
using wire::extended_body_limit;
using wire::frame;
using wire::frame_header_size;
using wire::frame_reader;
using wire::message_id;
using wire::stream_body_limit;

// TCP and datagrams share the feature bits.
using wire::feature_ping;
using wire::feature_routes;
using wire::feature_state;
using wire::our_features;

struct route_request {
  route_key key;
  std::uint64_t known_digest = 0;  // digest of the route that the agent has; 0 = none
  std::uint32_t features = 0;
};

struct route_response {
  route_key key;
  std::vector<host> hosts;
  std::uint64_t digest = 0;  // 0 = not sent (an old dns)
  bool unchanged = false;
  std::uint32_t total_hosts = 0;  // 0 = not sent
  base::module_settings settings = {};
  bool whole = false;  // only in saved routes: the program that saved them knew settings
};

struct ping {
  std::uint64_t token = 0;
  std::uint32_t features = 0;
};

// The state of a server and its database.
enum class server_state : std::uint32_t {
  well = 0,
  storage_lost = 1,  // a dns answers from memory, a reporter accepts nothing; also stands for unknown states
  cannot_write = 2,  // a reporter can read its database but not write to it
};

struct pong {
  std::uint64_t token = 0;
  std::uint32_t features = 0;
  // The following only between peers that announced feature_state.
  std::optional<std::uint64_t> age_ms =
      {};  // since the start of its last complete read of the database; none = no read yet
  server_state state = server_state::well;

  bool tells_state() const { return (features & feature_state) != 0; }
};

// The results of calls to one host. succ, err and overload are absolute values of the current health window of the
// host. `delta` is what this report adds; only peers that announce features send it.
struct call_result {
  endpoint where;
  std::uint32_t succ = 0;
  std::uint32_t err = 0;
  bool overload = false;
  base::call_sums delta;
};

struct status_report {
  route_key key;
  std::uint32_t caller = 0;  // IPv4 address of the agent
  std::vector<call_result> results;
  std::uint32_t ts = 0;                      // Unix seconds
  base::agent_id agent;                      // none = an old agent
  std::uint64_t seq = 0;                     // counts from 1 for each agent id; 0 = an old agent
  std::optional<std::uint64_t> age_ms = {};  // time from counting to sending; none = an agent before 0.4
  std::uint64_t acked = 0;  // batches up to here were acknowledged; a database without them has lost them
  std::uint32_t features = 0;
  base::boot_moment counted = {};  // only in the spool of an agent

  // True if the report must be applied exactly once and acknowledged.
  bool is_tracked() const { return features != 0 && seq != 0 && !agent.is_none(); }
};

// The acknowledgement of a reporter to the agent with this id.
struct status_answer {
  base::agent_id agent;
  std::uint64_t seq = 0;  // without `resend`: every batch up to this one is committed
  bool resend = false;    // acknowledges nothing: batches after `seq` were not accepted, send again from seq + 1
};

// Return false if the body is not such a message. Every modid and cmdid is valid; an empty body means module 0/0.
bool decode(std::string_view body, route_request& out);
bool decode(std::string_view body, route_response& out);
bool decode(std::string_view body, status_report& out);
bool decode(std::string_view body, status_answer& out);
bool decode(std::string_view body, ping& out);
bool decode(std::string_view body, pong& out);

// Return whole frames.
std::string encode(const route_request& message);
std::string encode(const status_report& message);  // truncates increments to 32 bits: split larger ones before
std::string encode(const status_answer& message);
std::string encode(const ping& message);
std::string encode(const pong& message);

// The answer for a peer with feature_routes. Truncated to extended_body_limit; total_hosts shows how many are missing.
std::string encode_extended(const route_response& message);

// The answer for a peer that announced no features, bit-identical to the original protocol: only fields 1 to 3 and only
// hosts that take calls, truncated to the largest prefix within stream_body_limit. Sets `cut` if it truncated.
std::string encode_plain(const route_response& message, bool& cut);

// The bytes that a route digest hashes: the encoded hosts in the given order, then the settings. Equal content gives
// equal bytes; empty settings add none. REQUIRES: hosts are sorted.
std::string digest_input(std::span<const host> hosts, const base::module_settings& settings);

}  // namespace lars::proto
