// The messages by which a process attaches to the agent: short, with descriptors, over the agent's Unix socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <vector>

#include "balance/table/module_format.hpp"
#include "share/memory_file.hpp"

namespace lars::share {

inline constexpr const char* socket_name = "agent.sock";  // in the agent's run directory

enum class attach_kind : std::uint32_t {
  hello = 1,    // caller attaches. Descriptors: counters and checkpoint of each segment it has of an earlier agent
  welcome = 2,  // agent. Descriptors: the routes; for a caller without segments also its first counters and checkpoint
  more = 3,     // caller needs a block of `bytes` bytes
  room = 4,     // agent. Descriptors: the counters and checkpoint of another segment
  want = 5,     // caller needs module `key`, which is not in the routes
  answer = 6,   // agent
  bring = 7,    // caller offers segments that it made without an agent. Descriptors: their counters
  adopted = 8,  // agent. Descriptors: their checkpoints, in the same order
};

enum class attach_status : std::uint32_t {
  ok = 0,
  other_layout = 1,  // the agent's layout has another major number than the caller's
  full = 2,          // the limit of callers, or of this caller's memory, is reached
  no_memory = 3,     // the machine has no memory
  pulling = 4,       // dns was asked for the route: look again
  absent = 5,        // dns says that the module has no hosts
  elsewhere = 6,     // the module is served over UDP alone
  refused = 7,       // the message is invalid
};

// For logs.
const char* text_of(attach_status status);

struct attach_message {
  static constexpr std::uint32_t right_magic = 0x6c617231;

  std::uint32_t magic = right_magic;
  attach_kind kind = attach_kind::hello;
  std::uint32_t layout = balance::layout_version;
  attach_status status = attach_status::ok;
  std::uint64_t ticket = 0;  // of a question; its answer repeats it
  std::int32_t modid = 0;
  std::int32_t cmdid = 0;
  std::uint64_t bytes = 0;
  std::uint64_t reserved[3] = {};
};
static_assert(sizeof(attach_message) == 64);

// Makes the directory where it does not exist, for its owner and the processes of `group` (as below) alone.
// errc::io_failed.
result<void> make_directory_for(const std::string& directory, const std::string& group);

// The agent's listening socket; replaces that of a dead agent. Mode 0660, of `group` (a name; empty = our own).
// errc::io_failed, errc::invalid_argument (no such group, path too long).
result<descriptor> listen_at(const std::string& directory, const std::string& group);

// The caller's non-blocking end. errc::connection_refused where no agent listens.
result<descriptor> connect_to(const std::string& directory);

// Sends one whole message. False where it cannot be sent now.
bool send_message(int socket, const attach_message& message, std::span<const int> descriptors = {});

enum class received {
  message,
  nothing,  // no message yet
  closed,   // by the other side
  rubbish,  // something that is no message
};
// Does not wait. `files` receives the descriptors that came with it.
received receive_message(int socket, attach_message& message, std::vector<descriptor>& descriptors);

}  // namespace lars::share
