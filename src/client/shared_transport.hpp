// The shared-memory transport of a process: attaches to the agent, attaches again when it was restarted, and owns the
// memory that calls are counted in, which outlives every agent.
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

// A block of a segment, and its position, by which the agent finds it. Lifetime: the transport's.
struct counters_block {
  share::block_header* block = nullptr;
  const std::atomic<std::uint32_t>* segment = nullptr;  // its number
  std::uint32_t position = 0;
};

// Lifetime: its session's. Threads: any.
class shared_transport {
public:
  // `directory` holds the agent's socket; empty = never attach.
  explicit shared_transport(std::string directory);
  // Shuts the connection down, so that the agent sees its end although a fork's child may hold it.
  ~shared_transport();

  // Attaches to a running agent; waits for its answer, at most so long.
  void open(std::chrono::milliseconds patience);

  // Rises with each attachment; 0 = none yet. One acquire load.
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }
  std::shared_ptr<const attachment> current() const;

  // True while no agent is attached, or the attached one has not adopted every segment: repair() has work. One relaxed
  // load.
  bool needs_repair() const { return needs_repair_.load(std::memory_order_relaxed); }
  // Looks for an agent and hands it what was counted without one. One thread does so ten times a second, and waits at
  // most 10 ms for each answer of a running agent; other threads return at once.
  void repair();

  // Before the end: hands what was counted to a restarted agent, and waits for it, at most so long.
  void hand_over(std::chrono::milliseconds patience);

  // A block of this kind. Where the segments are full it asks the agent for another one until `deadline`, 10 ms at
  // most; without an agent, or without its answer, this process makes a segment of its own, within a limit. Nothing
  // where there is no room.
  std::optional<counters_block> add_block(share::block_kind kind, route_key key, std::uint64_t count,
                                          std::uint64_t bytes, base::time_point deadline);

  // Asks the agent for a module that is not in its routes. Nothing where it does not answer until `deadline`.
  std::optional<share::attach_status> want(route_key key, base::time_point deadline);

  // In a fork's child: releases what is the parent's without touching a lock.
  void leave_to_parent();

  // Why a running agent did not attach this process. For people.
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
  std::atomic<std::int64_t> next_step_{0};  // of base::clock; the thread that advances it does the work
  std::atomic<share::attach_status> refusal_{share::attach_status::ok};

  std::mutex lock_;  // guards what follows
  state state_ = state::disconnected;
  share::descriptor socket_;
  base::time_point hello_sent_;
  // The question that the agent has not answered. One at a time, so that both sides number segments alike.
  struct open_question {
    share::attach_kind kind;
    std::uint64_t ticket = 0;
    base::time_point asked;
    std::size_t segments = 0;  // sent with it
  };
  std::optional<open_question> question_;
  std::uint64_t last_ticket_ = 0;
  base::time_point more_after_;                 // the agent has no memory for us until then
  std::vector<share::segment> segments_;        // of this generation, in the agent's numbering
  std::vector<share::segment> local_segments_;  // likewise, made here; no agent has adopted them yet
  std::vector<std::vector<share::segment>>
      abandoned_segments_;                 // that no agent reads any more; threads may still write to them
  std::uint32_t counters_generation_ = 1;  // of segments_ and local_segments_

  // Guards what follows. Held only while it is copied, so that no pick waits for an agent's answer.
  mutable std::mutex current_lock_;
  std::shared_ptr<const attachment> current_;  // written with lock_ held too
};

}  // namespace lars::client
