#include "agent/results/spool_record.hpp"

#include <xxhash.h>

#include <cstring>

namespace lars::agent {
namespace {

// Numbers are in native byte order. A file from a machine with another order fails its checksums and is renamed to
// *.damaged.
constexpr std::string_view spool_magic = "LARSSPL1";
constexpr std::size_t checksum_offset = 48;  // of everything before it
constexpr std::size_t spool_prefix = 16;
constexpr std::uint64_t whole_bit = std::uint64_t{1} << 63;

template <class Number>
void put(std::string& out, std::size_t at, Number value) {
  std::memcpy(out.data() + at, &value, sizeof value);
}

template <class Number>
Number get(std::string_view bytes, std::size_t at) {
  Number value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::uint32_t checksum(std::uint64_t epoch, std::uint64_t mark, std::string_view frame) {
  return static_cast<std::uint32_t>(XXH64(frame.data(), frame.size(), epoch ^ (mark * 0x9E3779B97F4A7C15u)));
}

}  // namespace

std::string make_spool_header(const spool_header& header) {
  std::string out(spool_header_size, '\0');
  std::memcpy(out.data(), spool_magic.data(), spool_magic.size());
  put(out, 8, header.epoch);
  std::memcpy(out.data() + 16, header.agent.bytes.data(), base::agent_id::size);
  put(out, 32, header.first_seq);
  put(out, checksum_offset, XXH64(out.data(), checksum_offset, 0));
  put(out, loaded_seq_offset, header.loaded_seq);
  return out;
}

std::optional<spool_header> read_spool_header(std::string_view bytes) {
  if (bytes.size() < spool_header_size || !bytes.starts_with(spool_magic)) return std::nullopt;
  if (get<std::uint64_t>(bytes, checksum_offset) != XXH64(bytes.data(), checksum_offset, 0)) return std::nullopt;
  if (get<std::uint64_t>(bytes, 32) == 0) return std::nullopt;  // seqs start at 1
  return spool_header{get<std::uint64_t>(bytes, 8), *base::agent_id::from_bytes(bytes.substr(16, base::agent_id::size)),
                      get<std::uint64_t>(bytes, 32), get<std::uint64_t>(bytes, loaded_seq_offset)};
}

std::string make_loaded_seq(std::uint64_t seq) {
  std::string out(sizeof seq, '\0');
  put(out, 0, seq);
  return out;
}

std::string make_spool_record(std::uint64_t epoch, spool_mark mark, std::string_view frame) {
  const std::uint64_t word = mark.tick | (mark.whole ? whole_bit : 0);
  std::string out(spool_prefix, '\0');
  put(out, 0, static_cast<std::uint32_t>(frame.size()));
  put(out, 4, checksum(epoch, word, frame));
  put(out, 8, word);
  return out.append(frame);
}

std::optional<spool_record> read_spool_record(std::uint64_t epoch, std::string_view bytes) {
  if (bytes.size() < spool_prefix) return std::nullopt;
  const std::size_t length = get<std::uint32_t>(bytes, 0);
  if (length > bytes.size() - spool_prefix) return std::nullopt;
  const auto frame = bytes.substr(spool_prefix, length);
  const auto word = get<std::uint64_t>(bytes, 8);
  if (get<std::uint32_t>(bytes, 4) != checksum(epoch, word, frame)) return std::nullopt;
  return spool_record{{word & ~whole_bit, (word & whole_bit) != 0}, frame, spool_prefix + length};
}

std::optional<proto::status_report> read_report(std::string_view frame) {
  if (frame.size() < wire::frame_header_size) return std::nullopt;
  proto::status_report report;
  if (!proto::decode(frame.substr(wire::frame_header_size), report)) return std::nullopt;
  return report;
}

}  // namespace lars::agent
