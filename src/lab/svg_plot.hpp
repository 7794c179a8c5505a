// A plot of curves and points, as SVG.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace lars::lab {

struct plot_point {
  double x = 0;
  double y = 0;
  double half_width = 0;  // of the interval of y, drawn as a bar; 0 = none
};

struct plot_series {
  std::string name;
  std::vector<plot_point> points;  // sorted by x
  bool measured = true;            // true = a line with dots; false = published figures, as hollow squares
  std::size_t colour = 0;          // the same for series that belong together
};

struct plot_text {
  std::string title;
  std::string x_axis;
  std::string y_axis;
};

// Draws axes with round numbers, a grid and a legend. The same input gives the same bytes.
void write_svg(const plot_text& text, const std::vector<plot_series>& series, std::ostream& out);

// About `count` round numbers from at most `least` to at least `most`. REQUIRES: least < most.
std::vector<double> axis_marks(double least, double most, int count);

}  // namespace lars::lab
