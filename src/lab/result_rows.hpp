// What an experiment found, as rows for people and for programs.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "lab/experiment.hpp"
#include "lab/statistics.hpp"

namespace lars::lab {

// A figure of a phase that has a column.
struct figure_spec {
  const char* name;
  double phase_figures::*value;
  int digits;  // behind the point
};
const std::vector<figure_spec>& all_figures();

// One phase of one policy at one load, over its seeds.
struct result_row {
  std::string scenario;
  std::string phase;
  std::string policy;
  double offered = 0;
  std::size_t seeds = 0;
  std::vector<estimate> figures;   // as all_figures()
  std::vector<double> server_qps;  // means; of a fleet small enough to be listed
};

std::vector<result_row> rows_of(const scenario& plan, const std::vector<experiment_cell>& cells);

// A heading, then a line a row, with intervals behind ±.
void print_result_table(const std::vector<result_row>& rows, std::ostream& out);
// An array with an object a line: scenario, policy, offered, the figures, phase, seeds, server_qps, and of each figure
// NAME_ci95, half its interval at 95 %.
void print_result_json(const std::vector<result_row>& rows, std::ostream& out);
void print_result_csv(const std::vector<result_row>& rows, std::ostream& out);

// Fixed-point text, the same on every machine.
std::string decimal(double value, int digits);

}  // namespace lars::lab
