// One module's encoded route: its digest and both answers, encoded once a change.
#pragma once

#include <cstdint>
#include <lars/types.hpp>
#include <span>
#include <string>
#include <vector>

#include "dns/table/settings_table.hpp"
#include "proto/codec.hpp"
#include "storage/route_row.hpp"

namespace lars::dns {

// Immutable after construction. Invariant: a module without hosts is represented by has_hosts() == false and empty
// answers.
struct module_answer {
  route_key key;
  std::uint64_t digest = 0;  // never 0: that means "nothing known" on the wire
  std::uint32_t hosts = 0;
  bool cut = false;   // the plain answer does not hold every host that takes calls
  std::string plain;  // whole frames
  std::string extended;
  bool has_hosts() const { return hosts > 0; }
};

// The resume token: XXH64 over the hosts and the settings, equal on every dns. No hosts have a digest too, so that an
// agent that holds "no hosts" is told apart from one that knows nothing. REQUIRES: hosts sorted by (ip, port), each
// once.
std::uint64_t digest_of(std::span<const host> hosts, const base::module_settings& settings);

// The digest of a module without hosts, whatever its settings.
std::uint64_t empty_digest();

// Encodes a module. REQUIRES: as digest_of. `hosts` is left as it was; it is taken by reference so that a caller may
// reuse its storage.
module_answer make_answer(route_key key, std::vector<host>& hosts, const base::module_settings& settings);

// The frames for a module without hosts.
std::string empty_plain_answer(route_key key);
std::string empty_extended_answer(route_key key);

// The frame for a peer that already has the current route.
std::string unchanged_answer(route_key key, std::uint64_t digest);

// A row as the wire tells it; a weight that somebody wrote by hand beyond the allowed ones counts as the highest.
host routed(const storage::route_row& row);

// One answer for each of `keys`, in that order, from rows in any order; rows of one host: the highest id wins.
// REQUIRES: every row belongs to one of the keys.
std::vector<module_answer> make_answers(std::span<const route_key> keys, std::vector<storage::route_row> rows,
                                        const settings_table& settings);

}  // namespace lars::dns
