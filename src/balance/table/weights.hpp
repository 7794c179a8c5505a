// Weights in the two forms that picks draw from: scaled for strides, and as an alias table for draws in one step
// (Walker 1974, Vose 1991).
#pragma once

#include <span>
#include <vector>

#include "balance/table/member.hpp"

namespace lars::balance {

// REQUIRES: weights finite and not negative. Where none is positive all are taken for the same.
std::vector<weighing> weigh(std::span<const double> weights);

}  // namespace lars::balance
