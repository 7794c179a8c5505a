// The error message if no agent answers.
#pragma once

#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>

#include "base/endpoint.hpp"

namespace lars::cli {

// Describes an agent that is silent or not running. nullopt if `failure` is an answer of the agent.
inline std::optional<std::string> agent_silence(endpoint agent, const error& failure) {
  if (failure.code == errc::timeout) return "the agent at " + base::format_endpoint(agent) + " does not answer";
  if (failure.code == errc::connection_refused) return failure.detail;
  return std::nullopt;
}

}  // namespace lars::cli
