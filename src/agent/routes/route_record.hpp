// The form of saved routes: a header, then one record a change, each with its length and checksum. The last record of a
// module counts. A file may end anywhere: what follows the last whole record is ignored.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "proto/codec.hpp"

namespace lars::agent {

// What a file of saved routes begins with; its last character is the version of the form.
inline constexpr std::string_view route_file_header = "lars routes v1\n\n";

// One module's route as a record, settings and all. One without hosts says that the module has none any more.
std::string make_record(const proto::route_response& route);

// What a scan found.
struct scan_result {
  std::size_t valid_bytes = 0;  // of the file: header and whole records; 0 when the header is none of ours
  std::size_t records = 0;
};

// Calls `each(route, record)` for every whole record in order; both are borrowed for the call. What a release without
// settings saved has no digest: it may have been told some and left them out.
scan_result scan_records(std::string_view file,
                         const std::function<void(const proto::route_response&, std::string_view)>& each);

}  // namespace lars::agent
