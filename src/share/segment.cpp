#include "share/segment.hpp"

#include <fcntl.h>

#include <utility>

namespace lars::share {

result<segment> segment::open(descriptor counters, descriptor checkpoint, std::uint64_t bytes) {
  const auto size = sealed_size(counters.get());
  if (!size) return size.error();
  if (*size != bytes) return {errc::bad_message, "a segment of a strange size"};
  auto pages = mapping::of(counters.get(), bytes, mapping::access::write);
  if (!pages) return pages.error();
  segment made;
  made.counters_ = std::move(counters);
  made.checkpoint_ = std::move(checkpoint);
  made.pages_ = *std::move(pages);
  made.header().used.store(sizeof(segment_header), std::memory_order_relaxed);
  made.header().magic.store(counters_magic, std::memory_order_release);
  return made;
}

result<segment> segment::make(std::uint64_t bytes) {
  auto counters = make_memory_file("lars-counters");
  if (!counters) return counters.error();
  if (!allocate(counters->get(), 0, bytes)) return {errc::system_error, "no memory for counters"};
  if (!add_seals(counters->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  return open(*std::move(counters), {}, bytes);
}

block_header* segment::add_block(block_kind kind, std::uint64_t key, std::uint64_t count, std::uint64_t bytes) {
  const auto whole = (sizeof(block_header) + bytes + block_alignment - 1) / block_alignment * block_alignment;
  const auto used = header().used.load(std::memory_order_relaxed);
  if (whole > pages_.size() - used) return nullptr;
  auto* const block = reinterpret_cast<block_header*>(pages_.data() + used);
  block->bytes.store(whole, std::memory_order_relaxed);
  block->key.store(key, std::memory_order_relaxed);
  block->count.store(count, std::memory_order_relaxed);
  block->kind.store(static_cast<std::uint64_t>(kind), std::memory_order_relaxed);
  header().used.store(used + whole, std::memory_order_release);
  return block;
}

}  // namespace lars::share
