// How a module lies in memory, word by word: what the writer stores and every picker, in whatever process, loads.
// Position-independent; all words are 8 bytes, so each is read and written whole. docs/shared-memory.md has the rules.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>

namespace lars::balance {

// major 16 | minor 16. Who reads a major reads all its minors, older and newer: a minor only uses reserved words,
// appends to what has a stride, or adds kinds of policies, sections and blocks. All else is another major.
inline constexpr std::uint32_t layout_major = 6;
inline constexpr std::uint32_t layout_minor = 0;
inline constexpr std::uint32_t layout_version = layout_major << 16 | layout_minor;
constexpr bool is_readable_layout(std::uint64_t version) { return version >> 16 == layout_major; }
// "6.0"; "0.5" for the layouts before 6, which were single numbers.
std::string text_of_layout(std::uint64_t version);

using shared_word = std::atomic<std::uint64_t>;
static_assert(shared_word::is_always_lock_free && sizeof(shared_word) == 8);

constexpr std::uint64_t join(std::uint32_t high, std::uint32_t low) { return (std::uint64_t{high} << 32) | low; }
constexpr std::uint32_t high_of(std::uint64_t joined) { return static_cast<std::uint32_t>(joined >> 32); }
constexpr std::uint32_t low_of(std::uint64_t joined) { return static_cast<std::uint32_t>(joined); }
// The word whose bytes are those of two 32-bit fields in a row, of which the first is the high half.
constexpr std::uint64_t as_fields(std::uint64_t joined) {
  return std::endian::native == std::endian::little ? std::rotl(joined, 32) : joined;
}

// Whether a module lies in this memory.
enum class residence : std::uint64_t {
  here = 0,
  elsewhere = 1,  // it outgrew this memory: ask the agent
  gone = 2,       // the module was retired; the record may be reused for another one
};

// The fixed part of a module. Reused for another module once this one is retired: the key tells them apart, and the
// version is never reset.
struct alignas(64) module_record {
  shared_word key;        // modid 32 | cmdid 32
  shared_word table;      // position of the table_header in use; 0 = none yet
  shared_word hosts;      // that take calls: idle 32 | ejected 32
  shared_word probe_num;  // picks between two trials of ejected hosts
  shared_word where;      // residence
  shared_word version;    // publications so far: while it stands, so does the table in use
  shared_word median;     // nanoseconds: of the hosts' latencies that are known; 0 = none is
  shared_word changes;    // of verdicts and lists so far: while it stands, so does each host's verdict
};

// A table in one of its two buffers.
struct alignas(64) table_header {
  shared_word sequence;      // odd while it is being written; never reset, not when the buffer is reused either
  shared_word capacity;      // of entries; never changes
  shared_word count;         // entries in use
  shared_word live;          // position of the live slots
  shared_word live_slots;    // how many there are
  shared_word policy;        // published_policy
  shared_word key;           // whose table it is, as in module_record
  shared_word entries;       // position of the entries; never changes
  shared_word entry_stride;  // bytes from one entry to the next, at least those of table_entry; never changes
  shared_word live_stride;   // likewise, of live_slot
  shared_word sections;      // position of the section_entries; 0 = none
  shared_word section_count;
  shared_word reserved[4];
};

// Further columns and tables of a module, for readers that know their kind. Readers ignore kinds they do not know.
struct section_entry {
  shared_word kind;      // none is defined in 6.0
  shared_word position;  // of the first element
  shared_word count;     // elements
  shared_word stride;    // bytes from one to the next
};

// One member of a table.
struct table_entry {
  shared_word where;   // ip 32 | port 32
  shared_word id;      // slot 32 | generation 32
  shared_word weight;  // 0 .. most_weight, the heaviest member's is most_weight
  shared_word
      alias;  // chance 32 | index 32: a draw of this entry falls on it with this chance in 2^32, else on that one
};
inline constexpr std::uint32_t most_weight = 65535;

// What a picker needs to know of the module's policy.
struct published_policy {
  std::uint8_t kind = 0;      // policy_kind
  std::uint8_t rule = 0;      // request_rule
  std::uint8_t choices = 2;   // 0 = all
  bool by_weight = false;     // p2c: hosts report their load, candidates are drawn by weight
  std::uint8_t fallback = 0;  // for readers that do not know `kind`: a policy_kind of minor 0
};
constexpr std::uint64_t pack(const published_policy& policy) {
  return (std::uint64_t{policy.fallback} << 32) | (std::uint64_t{policy.by_weight} << 24) |
         (std::uint64_t{policy.choices} << 16) | (std::uint64_t{policy.rule} << 8) | policy.kind;
}
constexpr published_policy unpack_policy(std::uint64_t packed) {
  return {static_cast<std::uint8_t>(packed), static_cast<std::uint8_t>(packed >> 8),
          static_cast<std::uint8_t>(packed >> 16), ((packed >> 24) & 1) != 0, static_cast<std::uint8_t>(packed >> 32)};
}

// The live values of one host: independent words, updated in place. A cache line of its own.
struct alignas(64) live_slot {
  shared_word value;      // live_value
  shared_word in_flight;  // calls under way on this machine, as last summed up
  shared_word latency;    // nanoseconds, EWMA; 0 = not known
  shared_word score;      // p2c: calls that recent failures count for, in 1/1024. lars: number of the last change
  shared_word reserved[4];
};

static_assert(sizeof(module_record) == 64 && sizeof(table_header) == 128 && sizeof(table_entry) == 32 &&
              sizeof(section_entry) == 32 && sizeof(live_slot) == 64);
static_assert(std::is_standard_layout_v<module_record> && std::is_standard_layout_v<table_header>);

}  // namespace lars::balance
