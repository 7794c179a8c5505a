// Reads routes and settings from the database and encodes them into answers. Blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "dns/table/flaw_tracker.hpp"
#include "dns/table/module_answer.hpp"
#include "dns/table/range_checksums.hpp"
#include "dns/table/route_table.hpp"
#include "dns/table/settings_table.hpp"
#include "dns/table/table_loader.hpp"
#include "dns/watch/confirmation.hpp"
#include "storage/route_reader.hpp"

namespace lars::dns {

struct settings_counts {
  std::size_t modules = 0;  // with settings in force
  std::size_t refused = 0;  // whose settings in the database are invalid
};

struct flaw_counts {
  std::size_t rows = 0;      // in the database with an invalid value
  std::size_t unusable = 0;  // modules none of whose rows names a host
};

// Everything the database holds.
struct full_read {
  storage::change_mark mark;
  loaded_routes routes;
  settings_counts settings;
  flaw_counts flaws;
};

// What the database holds of some modules.
struct module_read {
  std::vector<module_answer> answers;
  std::vector<row_checksum> checksums;  // of every row that was read
  settings_counts settings;
  std::vector<rejected_settings> rejected;  // that were not rejected with the same text before
  flaw_counts flaws;
  std::vector<module_flaws> flawed;  // whose flaws changed
};

// Threads: blocking; one thread at a time.
// Errors: those of storage::route_reader; after one nothing has changed.
class module_reader {
public:
  // `reread_pause`: between two reads of rows that vanished; long enough for a table that is being replaced to be
  // locked or filled. Announced changes wait meanwhile.
  explicit module_reader(std::shared_ptr<storage::route_reader> reader,
                         std::chrono::milliseconds reread_pause = std::chrono::milliseconds(100))
      : reader_(std::move(reader)), reread_pause_(reread_pause) {}

  result<full_read> read_all();

  // A module that has rows of which none names a host has no answer. Rows that vanished in doubtful numbers
  // (shrink_guard) are read again over a new connection, unless `how` says that the caller has done so.
  // Also errc::unavailable: every row of the table vanished at once. `before`: the current table.
  result<module_read> read(const std::vector<route_key>& modules, confirmation how, const route_table& before);

  // The modules whose settings differ from those known, where `all` are all there are.
  std::vector<route_key> differing_settings(std::span<const storage::settings_row> all) const {
    return settings_.differing(all);
  }

  // The next read uses a new connection.
  void reconnect() { reader_->renew(); }

private:
  result<storage::module_rows> read_plausible_rows(std::span<const route_key> modules, const route_table& before);
  settings_counts count_settings() const { return {settings_.modules(), settings_.refused()}; }
  flaw_counts count_flaws() const { return {flaws_.rows(), flaws_.unusable()}; }

  const std::shared_ptr<storage::route_reader> reader_;
  const std::chrono::milliseconds reread_pause_;
  settings_table settings_;
  flaw_tracker flaws_;
};

}  // namespace lars::dns
