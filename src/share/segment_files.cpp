#include "share/segment_files.hpp"

#include <fcntl.h>

#include <utility>

#include "share/counters_format.hpp"

namespace lars::share {

result<descriptor> make_checkpoint(std::uint64_t segment_bytes) {
  auto checkpoint = make_memory_file("lars-checkpoint");
  if (!checkpoint) return checkpoint.error();
  if (!resize(checkpoint->get(), checkpoint_bytes(segment_bytes)))
    return {errc::system_error, "no memory for counters"};
  if (!add_seals(checkpoint->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  // The caller only keeps it for the next agent, which runs as this user and makes it writable again.
  return read_only(checkpoint->get());
}

result<segment_files> make_segment(std::uint64_t bytes) {
  auto counters = make_memory_file("lars-counters");
  if (!counters) return counters.error();
  if (!allocate(counters->get(), 0, bytes)) return {errc::system_error, "no memory for counters"};
  if (!add_seals(counters->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
    return {errc::system_error, "the kernel cannot seal memory"};
  auto checkpoint = make_checkpoint(bytes);
  if (!checkpoint) return checkpoint.error();
  return segment_files{*std::move(counters), *std::move(checkpoint)};
}

}  // namespace lars::share
