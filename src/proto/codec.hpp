// The TCP messages as plain values, and their frames. protobuf stays behind this header.
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

// What peers send that is no message is counted by whoever asked for it to be decoded; the library below would tell it
// on stderr too. Main thread, before all else.
void silence_library();

// The frame layer, for folders that speak TCP alone.
using wire::extended_body_limit;
using wire::frame;
using wire::frame_header_size;
using wire::frame_reader;
using wire::message_id;
using wire::stream_body_limit;

// What peers announce is the same on TCP and in datagrams.
using wire::feature_ping;
using wire::feature_routes;
using wire::feature_state;
using wire::our_features;

struct route_request {
  route_key key;
  std::uint64_t known_digest = 0;  // 0 = nothing known
  std::uint32_t features = 0;
};

struct routed_host {
  host target;
  std::string zone;
  auto operator<=>(const routed_host&) const = default;
};

struct route_response {
  route_key key;
  std::vector<routed_host> hosts;
  std::uint64_t digest = 0;  // 0 = the peer sent none (an old dns)
  bool unchanged = false;
  std::uint32_t total_hosts = 0;  // 0 = the peer does not tell
  base::module_settings settings = {};
  bool whole = false;  // of saved routes: whoever saved it knew of settings
};

struct ping {
  std::uint64_t token = 0;
  std::uint32_t features = 0;
};

// How a server stands with its database.
enum class server_state : std::uint32_t {
  well = 0,
  storage_lost = 1,  // a dns answers from memory, a reporter takes nothing; also what a newer peer's word means to us
  cannot_write = 2,  // a reporter's database may be read, and not written
};

struct pong {
  std::uint64_t token = 0;
  std::uint32_t features = 0;
  // Of a peer that announced feature_state alone, and to such a peer alone:
  std::optional<std::uint64_t> age_ms = {};  // since its last complete look at the database began; none = no look yet
  server_state state = server_state::well;

  bool tells_state() const { return (features & feature_state) != 0; }
};

// How calls to one host went. The first three are of the host's current health window, absolute; `delta` is what this
// report adds, and only peers that announce features send it.
struct call_result {
  endpoint where;
  std::uint32_t succ = 0;
  std::uint32_t err = 0;
  bool overload = false;
  base::call_sums delta;
};

struct status_report {
  route_key key;
  std::uint32_t caller = 0;  // the agent's own IPv4 address
  std::vector<call_result> results;
  std::uint32_t ts = 0;                      // Unix seconds
  base::agent_id agent;                      // none = an old agent
  std::uint64_t seq = 0;                     // from 1 on within one incarnation of an agent; 0 = an old agent
  std::optional<std::uint64_t> age_ms = {};  // from counting to sending; none = an agent before 0.4
  std::uint64_t acked = 0;  // batches up to here were acknowledged; a database that knows less has lost them
  std::uint32_t features = 0;
  base::boot_moment counted = {};  // in an agent's spool alone

  // It is to be applied exactly once and acknowledged.
  bool is_tracked() const { return features != 0 && seq != 0 && !agent.is_none(); }
};

// What a reporter says to an incarnation of an agent.
struct status_answer {
  base::agent_id agent;
  std::uint64_t seq = 0;  // every batch up to this one is committed; or, with `resend`:
  bool resend = false;    // nothing is acknowledged: what came after `seq` was not taken, send again from seq + 1 on
};

// Decoders return false when the body is no such message. Every modid and cmdid is legal, an empty body is module 0/0.
bool decode(std::string_view body, route_request& out);
bool decode(std::string_view body, route_response& out);
bool decode(std::string_view body, status_report& out);
bool decode(std::string_view body, status_answer& out);
bool decode(std::string_view body, ping& out);
bool decode(std::string_view body, pong& out);

// Whole frames.
std::string encode(const route_request& message);
std::string encode(const status_report& message);  // increments over 32 bits are cut: split them before
std::string encode(const status_answer& message);
std::string encode(const ping& message);
std::string encode(const pong& message);

// The answer a peer with feature_routes gets. Never over extended_body_limit: cut to a prefix, total_hosts tells.
std::string encode_extended(const route_response& message);

// The answer a peer already in the field gets, bit for bit: hosts that take no calls are left out, nothing beyond
// fields 1 to 3, cut to the largest prefix within stream_body_limit. Sets `cut` when hosts were left out for size.
std::string encode_plain(const route_response& message, bool& cut);

// What a digest is taken over: the hosts as encoded, in the order given, and the settings. Equal content = equal bytes;
// without settings they are those of the hosts alone. REQUIRES: hosts sorted.
std::string digest_input(std::span<const routed_host> hosts, const base::module_settings& settings);

}  // namespace lars::proto
