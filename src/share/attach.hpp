// How a caller's process and the agent meet: short messages and descriptors over the agent's Unix socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <vector>

#include "balance/module_format.hpp"
#include "share/memory_file.hpp"

namespace lars::share {

inline constexpr const char* socket_name = "agent.sock";  // in the agent's run directory

enum class attach_kind : std::uint32_t {
  hello = 1,    // caller: take me in. Descriptors: counters and checkpoint of each segment I had with the agent before
  welcome = 2,  // agent. Descriptors: the routes; where the caller brought none, also its first counters and checkpoint
  more = 3,     // caller: I need a block of `bytes` bytes
  room = 4,     // agent. Descriptors: the counters and checkpoint of another segment
  want = 5,     // caller: I was asked for module `key`, which is not in the routes
  answer = 6,   // agent
  bring = 7,    // caller: count what is in these. Descriptors: counters of segments that it made without an agent
  adopted = 8,  // agent. Descriptors: their checkpoints, in that order
};

enum class attach_status : std::uint32_t {
  ok = 0,
  other_layout = 1,  // the memory is laid out in another version than the caller's
  full = 2,          // as many callers as there may be, or as much memory as this caller may have
  no_memory = 3,     // the machine has none to give
  pulling = 4,       // the route is on its way from dns: look again
  absent = 5,        // dns says that the module has no hosts
  elsewhere = 6,     // it is served over UDP alone
  refused = 7,       // the message makes no sense
};

// What an operator or a caller's log reads of it.
const char* text_of(attach_status status);

struct attach_message {
  static constexpr std::uint32_t right_magic = 0x6c617231;

  std::uint32_t magic = right_magic;
  attach_kind kind = attach_kind::hello;
  std::uint32_t layout = balance::layout_version;
  attach_status status = attach_status::ok;
  std::uint64_t ticket = 0;  // of a question; echoed
  std::int32_t modid = 0;
  std::int32_t cmdid = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reserved[3] = {};
};
static_assert(sizeof(attach_message) == 64);

// Where there is no such directory, makes it: for its owner and the processes of `group` (as below) alone. One that is
// there is left as it is. errc::io_failed.
result<void> make_directory_for(const std::string& directory, const std::string& group);

// The agent's end. Replaces what a dead agent left there. Files of `group` (a name; empty = our own) may connect: 0660.
// errc::io_failed, errc::invalid_argument (no such group, path too long).
result<descriptor> listen_at(const std::string& directory, const std::string& group);

// The caller's end, not waiting. errc::connection_refused where nobody listens.
result<descriptor> connect_to(const std::string& directory);

// One message, whole. False where it cannot be sent now (or ever).
bool send_message(int socket, const attach_message& message, std::span<const int> descriptors = {});

enum class received {
  message,
  nothing,  // for the moment
  closed,   // the other side is gone
  rubbish,  // what came is no message
};
// Does not wait. Descriptors that came are the caller's to keep.
received receive_message(int socket, attach_message& message, std::vector<descriptor>& descriptors);

}  // namespace lars::share
