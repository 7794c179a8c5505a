// The results of an experiment as rows, for people and for programs.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "lab/experiment.hpp"
#include "lab/statistics.hpp"

namespace lars::lab {

// A figure of a phase, with its column.
struct figure_spec {
  const char* name;
  double phase_figures::*value;
  int digits;  // after the decimal point
};
const std::vector<figure_spec>& all_figures();

// One phase of one policy at one load, over all seeds.
struct result_row {
  std::string scenario;
  std::string phase;
  std::string policy;
  double offered = 0;
  std::size_t seeds = 0;
  std::vector<estimate> figures;   // in the order of all_figures()
  std::vector<double> server_qps;  // means; only for a small fleet
};

std::vector<result_row> rows_of(const scenario& plan, const std::vector<experiment_cell>& cells);

// A table: a heading, then one line a row, with intervals after ±.
void print_result_table(const std::vector<result_row>& rows, std::ostream& out);
// A JSON array with one object a line: scenario, policy, offered, the figures, phase, seeds, server_qps, and for each
// figure NAME_ci95, half its 95 % interval.
void print_result_json(const std::vector<result_row>& rows, std::ostream& out);
void print_result_csv(const std::vector<result_row>& rows, std::ostream& out);

// Fixed-point text, the same on every machine.
std::string decimal(double value, int digits);

}  // namespace lars::lab
