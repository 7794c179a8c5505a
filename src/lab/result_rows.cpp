#include "lab/result_rows.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iomanip>

#include "base/json_writer.hpp"
#include "base/text_table.hpp"

namespace lars::lab {
namespace {

constexpr std::size_t most_listed = 8;  // servers

using field = std::pair<std::string, std::string>;  // name, and value as text

// Quotes a CSV field that has a comma or a quotation mark.
std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

// The shortest text of a load: 602, 1059.5.
std::string load_text(double offered) {
  std::array<char, 32> room{};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), offered, std::chars_format::general, 9).ptr;
  return {room.data(), end};
}

std::string joined(const std::vector<double>& values, const char* by) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : by) + decimal(value, 1);
  return text;
}

std::vector<field> fields_of(const result_row& row, std::string (*text)(std::string_view),
                             const std::string& server_qps) {
  std::vector<field> fields{
      {"scenario", text(row.scenario)}, {"policy", text(row.policy)}, {"offered", load_text(row.offered)}};
  const auto& figures = all_figures();
  for (std::size_t i = 0; i < figures.size(); ++i)
    fields.emplace_back(figures[i].name, decimal(row.figures[i].mean, figures[i].digits));
  fields.emplace_back("phase", text(row.phase));
  fields.emplace_back("seeds", std::to_string(row.seeds));
  fields.emplace_back("server_qps", server_qps);
  for (std::size_t i = 0; i < figures.size(); ++i)
    fields.emplace_back(std::string(figures[i].name) + "_ci95", decimal(row.figures[i].half_width, figures[i].digits));
  return fields;
}

std::vector<field> table_fields(const result_row& row) {
  std::vector<field> fields{{"phase", row.phase}, {"policy", row.policy}, {"offered", load_text(row.offered)}};
  const auto& figures = all_figures();
  for (std::size_t i = 0; i < figures.size(); ++i) {
    std::string text = decimal(row.figures[i].mean, figures[i].digits);
    if (row.seeds > 1) text += " ±" + decimal(row.figures[i].half_width, figures[i].digits);
    fields.emplace_back(figures[i].name, text);
  }
  if (!row.server_qps.empty()) fields.emplace_back("server_qps", joined(row.server_qps, " "));
  return fields;
}

// UTF-8 continuation bytes take no column.
result_row row_of(const scenario& plan, const experiment_cell& cell, std::size_t phase) {
  result_row row{plan.name, plan.phases[phase].name, cell.policy, cell.offered, cell.seeds.size(), {}, {}};
  for (const auto& spec : all_figures()) {
    std::vector<double> values;
    for (const auto& seed : cell.seeds) values.push_back(seed[phase].*spec.value);
    row.figures.push_back(estimate_of(values));
  }
  if (plan.servers.size() > most_listed) return row;
  for (std::size_t i = 0; i < plan.servers.size(); ++i) {
    std::vector<double> values;
    for (const auto& seed : cell.seeds) values.push_back(seed[phase].server_qps[i]);
    row.server_qps.push_back(mean_of(values));
  }
  return row;
}

}  // namespace

const std::vector<figure_spec>& all_figures() {
  static const std::vector<figure_spec> figures{
      {"goodput", &phase_figures::goodput, 2},       {"p50_ms", &phase_figures::p50_ms, 2},
      {"p99_ms", &phase_figures::p99_ms, 2},         {"p999_ms", &phase_figures::p999_ms, 2},
      {"error_rate", &phase_figures::error_rate, 5}, {"cpu_max_min", &phase_figures::cpu_max_min, 3},
      {"cpu_sigma", &phase_figures::cpu_sigma, 3},   {"max_share", &phase_figures::max_share, 4},
      {"converge_s", &phase_figures::converge_s, 1}};
  return figures;
}

std::vector<result_row> rows_of(const scenario& plan, const std::vector<experiment_cell>& cells) {
  std::vector<result_row> rows;
  for (const auto& cell : cells)
    for (std::size_t phase = 0; phase < plan.phases.size(); ++phase) rows.push_back(row_of(plan, cell, phase));
  return rows;
}

std::string decimal(double value, int digits) {
  std::array<char, 64> room{};
  const auto end = std::to_chars(room.data(), room.data() + room.size(), value, std::chars_format::fixed, digits).ptr;
  return {room.data(), end};
}

void print_result_table(const std::vector<result_row>& rows, std::ostream& out) {
  if (rows.empty()) return;
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& [name, value] : table_fields(rows.front())) lines.front().push_back(name);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& [name, value] : table_fields(row)) line.push_back(value);
  }
  for (const auto& line : base::aligned(lines, base::alignment::right)) out << line << '\n';
}

void print_result_json(const std::vector<result_row>& rows, std::ostream& out) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out << (i > 0 ? ",\n{" : "[\n{");
    const char* comma = "";
    for (const auto& [name, value] : fields_of(rows[i], base::json_text, '[' + joined(rows[i].server_qps, ",") + ']')) {
      out << comma << base::json_text(name) << ':' << value;
      comma = ",";
    }
    out << '}';
  }
  out << (rows.empty() ? "[]\n" : "\n]\n");
}

void print_result_csv(const std::vector<result_row>& rows, std::ostream& out) {
  bool first = true;
  for (const auto& row : rows) {
    const auto fields = fields_of(row, csv_text, joined(row.server_qps, " "));
    const auto print_line = [&](auto text_of) {
      for (std::size_t i = 0; i < fields.size(); ++i) out << (i > 0 ? "," : "") << text_of(fields[i]);
      out << '\n';
    };
    if (first) print_line([](const field& one) { return one.first; });
    print_line([](const field& one) { return one.second; });
    first = false;
  }
}

}  // namespace lars::lab
