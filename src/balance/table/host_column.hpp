// One part of every host's record, by slot. A module keeps all it knows of a host in one record, so that a round reads
// few cache lines; a class that works on all hosts is given the part it owns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace lars::balance {

// A view. Lifetime: until the records move. Threads: those of the records.
template <class Part>
class host_column {
public:
  // `part` is a pointer to a member of the record.
  template <class Record, class Pointer>
  host_column(std::span<Record> records, Pointer part)
      : first_(records.empty() ? nullptr : reinterpret_cast<bytes*>(&(records.front().*part))),
        stride_(sizeof(Record)),
        size_(static_cast<std::uint32_t>(records.size())) {}

  // The same part, to be read alone.
  operator host_column<const Part>() const requires(!std::is_const_v<Part>) { return {first_, stride_, size_}; }

  // REQUIRES: slot < size().
  Part& operator[](std::uint32_t slot) const { return *reinterpret_cast<Part*>(first_ + slot * stride_); }
  std::uint32_t size() const { return size_; }

private:
  using bytes = std::conditional_t<std::is_const_v<Part>, const std::byte, std::byte>;

  template <class>
  friend class host_column;

  host_column(bytes* first, std::size_t stride, std::uint32_t size) : first_(first), stride_(stride), size_(size) {}

  bytes* first_;
  std::size_t stride_;
  std::uint32_t size_;
};

}  // namespace lars::balance
