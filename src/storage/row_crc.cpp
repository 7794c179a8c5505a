#include <zlib.h>

#include <charconv>
#include <cstring>

#include "storage/route_row.hpp"

namespace lars::storage {
namespace {

char* put(char* out, std::uint64_t number, char after) {
  out = std::to_chars(out, out + 20, number).ptr;
  *out = after;
  return out + 1;
}

}  // namespace

// Over "id|modid|cmdid|ip|port|weight|zone|state", numbers unsigned as `row_text` in statements.cpp writes them, so
// that it makes no difference whether a column is signed.
std::uint32_t row_crc(const route_row& row) {
  char head[6 * 21];
  char* end = put(head, row.id, '|');
  end = put(end, static_cast<std::uint32_t>(row.key.modid), '|');
  end = put(end, static_cast<std::uint32_t>(row.key.cmdid), '|');
  end = put(end, row.target.where.ip, '|');
  end = put(end, row.target.where.port, '|');
  end = put(end, row.target.weight, '|');
  const char tail[2] = {'|', static_cast<char>('0' + static_cast<int>(row.target.state))};

  const auto add = [](uLong sum, const char* data, std::size_t size) {
    return crc32_z(sum, reinterpret_cast<const Bytef*>(data), size);
  };
  uLong sum = add(0, head, static_cast<std::size_t>(end - head));
  sum = add(sum, row.zone.data(), row.zone.size());
  return static_cast<std::uint32_t>(add(sum, tail, sizeof tail));
}

}  // namespace lars::storage
