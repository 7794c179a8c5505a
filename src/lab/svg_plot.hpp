// A diagram of curves and points, as SVG.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::lab {

struct plot_point {
  double x = 0;
  double y = 0;
  double half_width = 0;  // of y, drawn as a bar; 0 = none
};

struct plot_series {
  std::string name;
  std::vector<plot_point> points;  // in the order of x
  bool measured = true;            // a line with dots; false = of others: hollow squares alone
  std::size_t colour = 0;          // series of one colour belong together
};

struct plot_text {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

// Axes with round numbers, a grid, a legend beside. Numbers and names alone go in: the same input is the same bytes.
void write_svg(const plot_text& text, const std::vector<plot_series>& series, std::ostream& out);

// Round numbers from at most `least` to at least `most`, about `wanted` of them. REQUIRES: least < most.
std::vector<double> axis_marks(double least, double most, int wanted);

}  // namespace lars::lab
