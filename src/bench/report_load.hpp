// What agents send in `lars bench report`, and an agent that sends it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/agent_id.hpp"
#include "proto/codec.hpp"

namespace lars::bench {

// Results in random order over `keys` primary keys of ServerCallStatus (module, host, caller), some calls each.
struct report_load_size {
  std::size_t agents = 20;
  std::size_t results = 500'000;
  std::size_t keys = 200'000;
  std::uint64_t seed = 1;
};

// One agent's batches, in order. All agents report the same hosts. REQUIRES: agent < size.agents.
std::vector<proto::status_report> make_reports(const report_load_size& size, std::size_t agent, std::uint32_t ts);

// An agent over TCP. It sends batches like a real one: a window of unacknowledged batches, and again what the reporter
// asks for. Threads: owner context only; blocking. Lifetime: the destructor closes the connection.
class report_agent {
public:
  // Connects to the reporter on 127.0.0.1. errc::connection_refused.
  static result<std::unique_ptr<report_agent>> connect(std::uint32_t port, std::vector<proto::status_report> reports);

  report_agent(const report_agent&) = delete;
  report_agent& operator=(const report_agent&) = delete;
  ~report_agent();

  // Returns when all batches are acknowledged. errc::timeout after `patience` without an acknowledgement,
  // errc::peer_closed, errc::bad_message.
  result<void> run(std::chrono::seconds patience);

private:
  report_agent(int socket, std::vector<proto::status_report> reports);
  bool send_some();
  result<void> read_some();
  void on_answer(const proto::status_answer& answer);

  const int socket_;
  std::vector<std::string> frames_;  // frame n is batch n + 1
  std::size_t acknowledged_ = 0;     // number of frames
  std::size_t next_ = 0;             // the next frame to send
  std::size_t in_window_ = 0;        // bytes from acknowledged_ to next_
  std::string unsent_;               // rest of the frame that is being written
  proto::frame_reader reader_;
};

}  // namespace lars::bench
