// What a person is told when no agent answered a question.
#pragma once

#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>

#include "base/endpoint.hpp"

namespace lars::cli {

// A sentence about an agent that is silent or is not there; nothing when it answered, and `failure` is its answer.
inline std::optional<std::string> agent_silence(endpoint agent, const error& failure) {
  if (failure.code == errc::timeout) return "the agent at " + base::format_endpoint(agent) + " does not answer";
  if (failure.code == errc::connection_refused) return failure.detail;
  return std::nullopt;
}

}  // namespace lars::cli
