#include "lab/policy_plot.hpp"

#include <algorithm>

#include "lab/svg_plot.hpp"

namespace lars::lab {

void write_policy_plot(const scenario& plan, const std::vector<result_row>& rows, std::ostream& out) {
  std::vector<plot_series> series;
  for (const auto& row : rows) {
    if (row.phase != plan.phases.front().name) continue;
    auto at = std::ranges::find(series, row.policy, &plot_series::name);
    if (at == series.end()) at = series.insert(series.end(), {row.policy, {}, true, series.size()});
    at->points.push_back({row.offered, row.figures.front().mean, row.figures.front().half_width});
  }
  for (auto& one : series) std::ranges::sort(one.points, {}, &plot_point::x);
  const std::size_t ours = series.size();
  for (const auto& curve : plan.published) {
    const auto first = series.begin();
    const auto end = first + static_cast<std::ptrdiff_t>(ours);
    const auto same = std::find_if(first, end, [&](const plot_series& one) { return one.name == curve.policy; });
    plot_series points{
        curve.policy + ", published", {}, false, same == end ? series.size() : static_cast<std::size_t>(same - first)};
    for (const auto& [x, y] : curve.points) points.points.push_back({x, y, 0});
    series.push_back(std::move(points));
  }
  write_svg({plan.name + ": " + plan.title, "offered", "goodput"}, series, out);
}

}  // namespace lars::lab
