#include <zlib.h>

#include <charconv>
#include <cstring>

#include "storage/route_row.hpp"

namespace lars::storage {
namespace {

char* put(char* out, std::uint64_t number) { return std::to_chars(out, out + 20, number).ptr; }

// A column that does not hold a number adds only the separator.
char* put(char* out, std::uint64_t number, const route_row& row, unsigned column) {
  *out++ = '|';
  return (row.unreadable >> column & 1u) != 0 ? out : put(out, number);
}

}  // namespace

// Over "id|modid|cmdid|ip|port|weight|zone|state", numbers unsigned as `row_text` in statements.cpp writes them, so
// that it makes no difference whether a column is signed.
std::uint32_t row_crc(const route_row& row) {
  char head[6 * 21 + 1];
  char* end = put(head, row.id);
  end = put(end, static_cast<std::uint32_t>(row.key.modid), row, 0);
  end = put(end, static_cast<std::uint32_t>(row.key.cmdid), row, 1);
  end = put(end, row.target.where.ip, row, 2);
  end = put(end, row.target.where.port, row, 3);
  end = put(end, row.target.weight, row, 4);
  *end++ = '|';
  char tail[2] = {'|'};
  const char* const tail_end = (row.unreadable >> 5 & 1u) != 0 ? tail + 1 : tail + 2;
  tail[1] = static_cast<char>('0' + static_cast<int>(row.target.state));

  const auto add = [](uLong sum, const char* data, std::size_t size) {
    return crc32_z(sum, reinterpret_cast<const Bytef*>(data), size);
  };
  uLong sum = add(0, head, static_cast<std::size_t>(end - head));
  sum = add(sum, row.target.zone.data(), row.target.zone.size());
  return static_cast<std::uint32_t>(add(sum, tail, static_cast<std::size_t>(tail_end - tail)));
}

}  // namespace lars::storage
