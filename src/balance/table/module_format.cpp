#include "balance/table/module_format.hpp"

namespace lars::balance {

std::string text_of_layout(std::uint64_t version) {
  return std::to_string(version >> 16) + '.' + std::to_string(version & 0xffff);
}

}  // namespace lars::balance
