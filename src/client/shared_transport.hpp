// The shared-memory transport of a process: meets the agent, meets the next one when it is gone, and holds the memory
// that calls are counted in, which outlives every agent.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "client/attachment.hpp"
#include "share/attach.hpp"
#include "share/segment.hpp"

namespace lars::client {

// A block of a segment, and where the agent finds it. Lifetime: the transport's.
struct counters_block {
  share::block_header* block = nullptr;
  const std::atomic<std::uint32_t>* segment = nullptr;  // its number
  std::uint32_t position = 0;
};

// Lifetime: its session's. Threads: any.
class shared_transport {
public:
  // `directory` empty: there is no such transport.
  explicit shared_transport(std::string directory);
  // The agent learns of it although a fork's child may hold the connection.
  ~shared_transport();

  // Waits for an agent that is there to answer, so long at most.
  void open(std::chrono::milliseconds patience);

  // Rises with each attachment; 0 = none yet. One acquire load.
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::shared_ptr<const attachment> current() const;

  // True while no agent listens to this process, or the one that does has not taken over all that was counted: repair()
  // is worth calling. One relaxed load.
  bool needs_repair() const { return needs_repair_.load(std::memory_order_relaxed); }
  // Looks for an agent and gives it what was counted without one. Once in a tenth of a second one caller does so, and
  // waits for an agent that is there, 10 ms at most for each answer; the others wait for nothing.
  void repair();

  // The end: an agent that came back is given what was counted, and waited for so long at most.
  void hand_over(std::chrono::milliseconds patience);

  // Counters of this kind. Where there is no room for them the agent is asked for more until `deadline`, 10 ms at most;
  // without an agent, and where it says nothing, this process makes room itself, some. Nothing where there is none.
  std::optional<counters_block> add_block(share::block_kind kind, route_key key, std::uint64_t count,
                                          std::uint64_t bytes, base::time_point deadline);

  // What the agent says of a module that is not in its routes. Nothing when it says nothing until `deadline`.
  std::optional<share::attach_status> want(route_key key, base::time_point deadline);

  // In a fork's child: lets go of what is the parent's, touching no lock.
  void leave_to_parent();

  // Why the agent did not take this process in, where it is there. For people.
  share::attach_status refusal() const { return refusal_.load(std::memory_order_relaxed); }

private:
  enum class state { disconnected, greeting, attached };

  std::unique_lock<std::mutex> hold_until(base::time_point deadline);
  void step(base::time_point now);
  void step_and_wait(base::time_point until);
  void send_hello(base::time_point now);
  void receive_welcome(base::time_point now);
  void offer_segments(base::time_point now);
  bool has_agent() const;
  bool send_question(share::attach_message question, base::time_point now, std::span<const int> files = {});
  std::optional<share::attach_status> receive_answer(base::time_point now);
  void on_room(share::attach_status status, std::uint64_t bytes, std::vector<share::descriptor> files);
  void on_adopted(share::attach_status status, std::vector<share::descriptor> files);
  void abandon(std::vector<share::segment>& all);
  bool make_segment(std::uint64_t bytes);
  void update_needs_repair();
  void attach(std::vector<share::descriptor> files);
  void disconnect(base::time_point retry);
  void refuse(share::attach_status why);
  void publish(std::shared_ptr<const attachment> next);
  std::optional<counters_block> place(share::block_kind kind, route_key key, std::uint64_t count, std::uint64_t bytes);

  const std::string directory_;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> needs_repair_{true};
  std::atomic<std::int64_t> next_step_{0};  // of base::clock; whoever moves it on takes the step
  std::atomic<share::attach_status> refusal_{share::attach_status::ok};

  std::mutex lock_;  // guards what follows
  state state_ = state::disconnected;
  share::descriptor socket_;
  base::time_point hello_sent_;
  // What the agent was asked and has not answered. One thing at a time, so that both number segments alike.
  struct open_question {
    share::attach_kind kind;
    std::uint64_t ticket = 0;
    base::time_point asked;
    std::size_t segments = 0;  // brought with it
  };
  std::optional<open_question> question_;
  std::uint64_t last_ticket_ = 0;
  base::time_point more_after_;                 // until then the agent has no more counters for us
  std::vector<share::segment> segments_;        // of this generation of counters, as the agent numbers them
  std::vector<share::segment> local_segments_;  // likewise, made here; no agent has them yet
  std::vector<std::vector<share::segment>>
      abandoned_segments_;                 // that no agent reads any more; threads may still write
  std::uint32_t counters_generation_ = 1;  // that generation

  // Guards what follows; held for a copy, so that no pick waits for an agent's answer.
  mutable std::mutex current_lock_;
  std::shared_ptr<const attachment> current_;  // written with lock_ held too
};

}  // namespace lars::client
