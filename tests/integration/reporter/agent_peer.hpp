// An agent as far as a reporter sees it: a connection that says what the test wants and reads what comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codec.hpp"

namespace lars::test {

// Lifetime: the test's. Threads: owner context only; every wait has a deadline. Errors: throws when it cannot connect.
class agent_peer {
public:
  explicit agent_peer(std::uint32_t port, char name = 'a');
  ~agent_peer();
  agent_peer(const agent_peer&) = delete;
  agent_peer& operator=(const agent_peer&) = delete;

  // False when the reporter takes nothing more for a second.
  bool send(std::string_view bytes);

  // One batch: so many calls to one host of module 1/1.
  bool report(std::uint64_t seq, std::uint64_t calls, std::size_t hosts = 1);

  // The next frame, nothing when none comes in time or the connection ends.
  std::optional<std::string> frame(std::int32_t& id, std::chrono::milliseconds deadline);

  // Asks how the reporter stands; answers to batches are passed over. Throws when none comes.
  proto::pong standing();

  // The next answer to a batch; pongs are passed over.
  std::optional<proto::status_answer> answer(std::chrono::milliseconds deadline = std::chrono::seconds(5));

  // Waits until everything up to `seq` is committed; sends again what it is asked for.
  bool acknowledged(std::uint64_t seq, std::chrono::milliseconds deadline = std::chrono::seconds(5));

  bool closed(std::chrono::milliseconds deadline);

  const base::agent_id id;

private:
  int socket_;
  proto::frame_reader reader_{proto::stream_body_limit};
};

}  // namespace lars::test
