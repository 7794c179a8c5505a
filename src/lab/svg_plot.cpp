#include "lab/svg_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "lab/result_rows.hpp"

namespace lars::lab {
namespace {

constexpr int width = 960, height = 540;
constexpr int left = 80, right = 250, top = 50, bottom = 60;  // margins; the legend is in the right margin

// Distinguishable for colour-blind readers (Okabe and Ito).
constexpr std::array colours{"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6D31"};

std::string escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text)
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
  return escaped;
}

std::string mark_text(double value) {
  std::string text = decimal(value, 6);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

// Maps values to positions in the picture.
struct axis {
  std::vector<double> marks;
  double from = 0;
  double to = 0;
  double at(double value) const {
    return from + (to - from) * (value - marks.front()) / (marks.back() - marks.front());
  }
};

struct extent {
  double least = 0;
  double most = 0;
};
// Widen the range of a single value.
extent widened(double least, double most) { return least < most ? extent{least, most} : extent{least - 1, least + 1}; }

class picture {
public:
  picture(const std::vector<plot_series>& series, std::ostream& out) : out_(out) {
    std::vector<double> xs, ys;
    for (const auto& curve : series)
      for (const auto& point : curve.points) {
        xs.push_back(point.x);
        ys.push_back(point.y - point.half_width);
        ys.push_back(point.y + point.half_width);
      }
    if (xs.empty()) xs = ys = {0, 1};
    const auto x = widened(*std::ranges::min_element(xs), *std::ranges::max_element(xs));
    const auto y = widened(*std::ranges::min_element(ys), *std::ranges::max_element(ys));
    x_ = {axis_marks(x.least, x.most, 8), left, width - right};
    y_ = {axis_marks(y.least, y.most, 8), height - bottom, top};
  }

  void draw_axes(const plot_text& text) {
    put(left, top - 22, text.title, "start", 16);
    put((left + width - right) / 2.0, height - 15, text.x_axis, "middle", 13);
    out_ << "<text transform=\"translate(20," << (top + height - bottom) / 2
         << ") rotate(-90)\" text-anchor=\"middle\" font-size=\"13\">" << escaped(text.y_axis) << "</text>\n";
    for (const double mark : x_.marks) {
      line(x_.at(mark), top, x_.at(mark), height - bottom, "#dddddd");
      put(x_.at(mark), height - bottom + 18, mark_text(mark), "middle", 12);
    }
    for (const double mark : y_.marks) {
      line(left, y_.at(mark), width - right, y_.at(mark), "#dddddd");
      put(left - 8, y_.at(mark) + 4, mark_text(mark), "end", 12);
    }
    line(left, height - bottom, width - right, height - bottom, "#333333");
    line(left, top, left, height - bottom, "#333333");
  }

  void draw(const plot_series& curve) {
    const std::string colour = colours[curve.colour % colours.size()];
    if (curve.measured && curve.points.size() > 1) {
      out_ << "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"" << colour << "\" points=\"";
      for (const auto& point : curve.points) out_ << place(x_.at(point.x)) << ',' << place(y_.at(point.y)) << ' ';
      out_ << "\"/>\n";
    }
    for (const auto& point : curve.points) {
      if (point.half_width > 0)
        line(x_.at(point.x), y_.at(point.y - point.half_width), x_.at(point.x), y_.at(point.y + point.half_width),
             colour);
      dot(x_.at(point.x), y_.at(point.y), curve.measured, colour);
    }
  }

  void draw_legend(const std::vector<plot_series>& series) {
    double y = top + 10;
    for (const auto& curve : series) {
      dot(width - right + 22, y - 4, curve.measured, colours[curve.colour % colours.size()]);
      put(width - right + 36, y, curve.name, "start", 12);
      y += 20;
    }
  }

private:
  static std::string place(double value) { return decimal(value, 1); }

  void put(double x, double y, const std::string& text, const char* anchor, int size) {
    out_ << "<text x=\"" << place(x) << "\" y=\"" << place(y) << "\" text-anchor=\"" << anchor << "\" font-size=\""
         << size << "\">" << escaped(text) << "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const std::string& colour) {
    out_ << "<line x1=\"" << place(x1) << "\" y1=\"" << place(y1) << "\" x2=\"" << place(x2) << "\" y2=\"" << place(y2)
         << "\" stroke=\"" << colour << "\"/>\n";
  }
  void dot(double x, double y, bool filled, const std::string& colour) {
    if (filled) {
      out_ << "<circle cx=\"" << place(x) << "\" cy=\"" << place(y) << "\" r=\"3.5\" fill=\"" << colour << "\"/>\n";
    } else {
      out_ << "<rect x=\"" << place(x - 4.5) << "\" y=\"" << place(y - 4.5)
           << "\" width=\"9\" height=\"9\" fill=\"none\" stroke-width=\"1.5\" stroke=\"" << colour << "\"/>\n";
    }
  }

  std::ostream& out_;
  axis x_;
  axis y_;
};

}  // namespace

std::vector<double> axis_marks(double least, double most, int count) {
  const double rough = (most - least) / count;
  double step = 1;
  while (step * 10 <= rough) step *= 10;
  while (step > rough) step /= 10;
  for (const double times : {5.0, 2.0})
    if (step * times <= rough * 1.2) {
      step *= times;
      break;
    }
  std::vector<double> marks;
  const auto first = static_cast<long>(std::floor(least / step));
  const auto last = static_cast<long>(std::ceil(most / step));
  for (long i = first; i <= last; ++i) marks.push_back(static_cast<double>(i) * step);
  return marks;
}

void write_svg(const plot_text& text, const std::vector<plot_series>& series, std::ostream& out) {
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << ' ' << height << "\" width=\"" << width
      << "\" height=\"" << height << "\" font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
      << "fill=\"white\"/>\n";
  picture drawing(series, out);
  drawing.draw_axes(text);
  for (const auto& curve : series) drawing.draw(curve);
  drawing.draw_legend(series);
  out << "</svg>\n";
}

}  // namespace lars::lab
