// The bytes of a spool file: a header, then records, each one batch. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/agent_id.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

struct spool_header {
  std::uint64_t epoch = 0;       // changes each time the file is reset; records of another epoch are ignored
  base::agent_id agent;          // the incarnation whose batches these are
  std::uint64_t first_seq = 1;   // of the first record; the following records are numbered consecutively
  std::uint64_t loaded_seq = 0;  // batches up to this seq may have been sent; updated alone, at loaded_seq_offset
};

inline constexpr std::size_t spool_header_size = 64;
inline constexpr std::size_t loaded_seq_offset = 56;

std::string make_spool_header(const spool_header& header);

// Nothing if the bytes are not a valid header.
std::optional<spool_header> read_spool_header(std::string_view bytes);
std::string make_loaded_seq(std::uint64_t seq);

// The drain of the counters that a batch comes from. `whole`: the batch holds both banks of its rows.
struct spool_mark {
  std::uint64_t tick = 0;
  bool whole = false;
};

// A record: uint32 length, uint32 checksum, uint64 mark, then the report's frame.
std::string make_spool_record(std::uint64_t epoch, spool_mark mark, std::string_view frame);

struct spool_record {
  spool_mark mark;
  std::string_view frame;  // borrowed
  std::size_t size = 0;    // of the whole record
};

// The first record of `bytes`; nothing if it is incomplete or of another epoch.
std::optional<spool_record> read_spool_record(std::uint64_t epoch, std::string_view bytes);

// The report in a record's frame; nothing if the frame is not a report.
std::optional<proto::status_report> read_report(std::string_view frame);

}  // namespace lars::agent
