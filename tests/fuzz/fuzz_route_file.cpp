// CSV of arbitrary bytes is read or refused with its line. What was read reads the same when written again. Routes that
// were read are within their bounds, and an export of them imports the same.
#include <sstream>
#include <string>
#include <vector>

#include "base/csv.hpp"
#include "cli/route_cells.hpp"
#include "expect.hpp"
#include "storage/route_file.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace base = lars::base;
namespace cli = lars::cli;
namespace storage = lars::storage;

// The records of a text; false when it is refused.
bool read_all(std::string_view text, std::vector<std::vector<std::string>>& records) {
  base::csv_reader reader(text);
  base::csv_record record;
  std::size_t line = 0;
  while (true) {
    const auto more = reader.next(record);
    if (!more) {
      expect(more.error().detail.find("line") != std::string::npos, "a refusal names the line");
      return false;
    }
    if (!*more) return true;
    expect(record.line > line, "records begin on lines that grow");
    line = record.line;
    records.push_back(record.fields);
  }
}

void check_csv(std::string_view text) {
  std::vector<std::vector<std::string>> first, second;
  if (!read_all(text, first)) return;
  // A record of one empty field is a blank line when it is written, and blank lines are no records.
  std::erase(first, std::vector<std::string>{""});
  // A header first, so that a field that begins like a byte order mark does not stand at the start of the text.
  first.insert(first.begin(), {"header"});
  std::string written;
  for (const auto& fields : first) written += base::csv_line(fields);
  expect(read_all(written, second), "what was read, written anew, is CSV");
  expect(first == second, "records read as they were written");
}

void check_routes(std::string_view text) {
  const auto read = storage::read_route_file(text, std::nullopt);
  if (!read) {
    expect(read.error().detail.find("line") != std::string::npos, "a refusal names the line");
    return;
  }
  std::ostringstream out;
  cli::row_writer writer(cli::row_format::csv, storage::route_columns(), out);
  for (const auto& row : *read) {
    expect(row.target.weight <= lars::max_weight && row.target.zone.size() <= 64, "values stay in bounds");
    expect(row.target.where.port >= 1 && row.target.where.port <= 65535, "ports stay in bounds");
    expect(!(planted && row.target.weight > 100), "no host weighs more than others");
    writer.add(cli::route_cells(row));
  }
  writer.finish();
  const auto again = storage::read_route_file(out.str(), std::nullopt);
  expect(again && *again == *read, "exported routes import as they were");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(lars::fuzz::text(data, size));
  check_csv(text);
  check_routes(text);
  return 0;
}
