// The shared-memory door of a process: meets the agent, meets the next one when it is gone, and holds the memory that
// calls are counted in, which outlives every agent.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "client/attachment.hpp"
#include "share/attach.hpp"
#include "share/segment.hpp"

namespace lars::client {

// A block of a segment, and where the agent finds it.
struct counters_block {
  share::block_header* block = nullptr;
  std::uint32_t segment = 0;
  std::uint32_t position = 0;
};

// Lifetime: its session's. Threads: any.
class shared_door {
public:
  // `directory` empty: there is no such door.
  explicit shared_door(std::string directory);
  // The agent learns of it although a fork's child may hold the connection.
  ~shared_door();

  // Waits for an agent that is there to answer, so long at most.
  void open(std::chrono::milliseconds patience);

  // Rises with each attachment; 0 = none yet. One acquire load.
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::shared_ptr<const attachment> current() const;

  // True while no agent listens to this process: mend() is worth calling. One relaxed load.
  bool is_apart() const { return apart_.load(std::memory_order_relaxed); }
  // A caller found no agent, or one that is not alive: once in a tenth of a second one of them looks for another. Waits
  // for nothing.
  void mend();

  // Counters of this kind; nothing where there is no room and the agent, asked until `deadline`, gives none.
  std::optional<counters_block> add_block(share::block_kind kind, route_key key, std::uint64_t count,
                                          std::uint64_t bytes, base::time_point deadline);

  // What the agent says of a module that is not in its routes. Nothing when it says nothing until `deadline`.
  std::optional<share::attach_status> want(route_key key, base::time_point deadline);

  // In a fork's child: lets go of what is the parent's, touching no lock.
  void leave_to_parent();

  // Why the agent did not take this process in, where it is there. For people.
  share::attach_status refusal() const { return refusal_.load(std::memory_order_relaxed); }

private:
  enum class state { apart, greeting, attached };

  std::unique_lock<std::mutex> hold_until(base::time_point deadline);
  void step(base::time_point now);
  void greet(base::time_point now);
  void hear(base::time_point now);
  void attach(std::vector<share::descriptor> files);
  void part(base::time_point retry);
  void refuse(share::attach_status why);
  void publish(std::shared_ptr<const attachment> next);
  std::optional<counters_block> place(share::block_kind kind, route_key key, std::uint64_t count, std::uint64_t bytes);
  std::optional<share::attach_message> ask(share::attach_message question, base::time_point deadline,
                                           std::vector<share::descriptor>& files);

  const std::string directory_;
  std::atomic<std::uint32_t> generation_{0};
  std::atomic<bool> apart_{true};
  std::atomic<std::int64_t> next_step_{0};  // of base::clock; whoever moves it on takes the step
  std::atomic<share::attach_status> refusal_{share::attach_status::ok};

  std::mutex lock_;  // guards what follows
  state state_ = state::apart;
  share::descriptor socket_;
  base::time_point greeted_;
  std::uint64_t last_ticket_ = 0;
  base::time_point more_after_;                             // until then the agent has no more counters for us
  std::vector<share::segment> segments_;                    // of this generation of counters, as the agent numbers them
  std::vector<std::vector<share::segment>> left_segments_;  // that no agent reads any more; threads may still write
  std::uint32_t counters_ = 1;                              // that generation

  // Guards what follows; held for a copy, so that no pick waits for an agent's answer.
  mutable std::mutex current_lock_;
  std::shared_ptr<const attachment> current_;  // written with lock_ held too
};

}  // namespace lars::client
