// The format of saved routes: a header, then one record per change, each with length and checksum. The last record of a
// module counts. Bytes after the last complete record are ignored, so the file may end anywhere.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "proto/codec.hpp"

namespace lars::agent {

// The first bytes of a file of saved routes, including the version of the format.
inline constexpr std::string_view route_file_header = "lars routes v1\n\n";

// One module's route as a record, including its settings. A record without hosts means that the module has none.
std::string make_record(const proto::route_response& route);

struct scan_result {
  std::size_t valid_bytes = 0;  // length of the header and the complete records; 0 if the header is not ours
  std::size_t records = 0;
};

// Calls `each(route, record)` for every complete record in order; both are borrowed for the call. The digest of routes
// saved by a release without settings is set to 0, because that release may have dropped settings it received.
scan_result scan_records(std::string_view file,
                         const std::function<void(const proto::route_response&, std::string_view)>& each);

}  // namespace lars::agent
