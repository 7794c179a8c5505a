// A module's membership as pickers see it: who its hosts are and where their live values stand.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <lars/types.hpp>
#include <memory>
#include <span>

namespace lars::balance {

// One host of a module. `slot` counts only while the slot's live value carries the same generation.
struct member {
  endpoint where;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const member&) const = default;
};

// One of a table's buffers: a sequence (odd while it is being written), a count, and the members as plain words.
struct table_buffer {
  explicit table_buffer(std::uint32_t room);

  struct entry {
    std::atomic<std::uint64_t> where{0};  // ip 32 | port 32
    std::atomic<std::uint64_t> place{0};  // slot 32 | generation 32
  };
  std::atomic<std::uint64_t> sequence{0};
  std::atomic<std::uint64_t> count{0};
  const std::uint32_t capacity;  // > 0
  std::unique_ptr<entry[]> entries;
};

// A look at a table that may be overtaken by its writer: what it yielded counts only if intact() says so afterwards.
// Lifetime: at most the table's. Threads: one reader.
class table_view {
public:
  table_view() = default;
  explicit table_view(const table_buffer& buffer);

  std::uint32_t size() const { return size_; }
  member at(std::uint32_t index) const;  // any index is harmless. REQUIRES: size() > 0.

  // True while nothing read through this view can be of two memberships.
  bool intact() const;

private:
  const table_buffer* buffer_ = nullptr;  // null = a table never published: empty
  std::uint64_t sequence_ = 0;
  std::uint32_t size_ = 0;
};

// Two buffers: the writer fills the one that nobody is sent to, then sends readers there. A longer membership moves on
// to a pair twice as large; the pair left behind stays, since a reader may still be in it. Sizes double, so all that is
// left behind is smaller than the pair in use.
// Lifetime: its module's. Threads: one writer at a time (publish); view() on any thread.
class module_table {
public:
  static constexpr std::uint32_t first_capacity = 4;
  static constexpr std::uint32_t pair_count = 22;  // room for 8 million members

  static constexpr std::uint32_t most_members = first_capacity << (pair_count - 1);

  module_table() = default;
  ~module_table();
  module_table(const module_table&) = delete;
  module_table& operator=(const module_table&) = delete;

  // REQUIRES: at most most_members.
  void publish(std::span<const member> members);

  table_view view() const;

private:
  std::uint32_t inactive_for(std::size_t members) const;

  std::array<std::atomic<table_buffer*>, 2 * pair_count> buffers_{};  // owned; null until used
  std::atomic<std::uint32_t> active_{0};                              // index into buffers_
};

// How often a reader tries before it gives up on a writer that never stands still.
inline constexpr int read_attempts = 3;

}  // namespace lars::balance
