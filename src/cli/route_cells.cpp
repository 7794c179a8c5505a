#include "cli/route_cells.hpp"

#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"

namespace lars::cli {

std::vector<cell> route_cells(const storage::route_row& row) {
  return {std::int64_t{row.key.modid},
          std::int64_t{row.key.cmdid},
          base::format_ipv4(row.target.where.ip),
          std::int64_t{row.target.where.port},
          std::int64_t{row.target.weight},
          row.target.zone,
          std::string(catalog::format_state(row.target.state))};
}

}  // namespace lars::cli
