// Recognises the environment variables that Kubernetes (and Docker links) set in a container for each service. A
// service named lars-dns causes LARS_DNS_PORT=tcp://10.96.0.7:7778, which looks like a setting of Lars but is not.
#pragma once

#include <string_view>

namespace lars::app {

// True for the variables of a service S, in capitals and with _ for -:
//   S_SERVICE_HOST, S_SERVICE_PORT, S_SERVICE_PORT_NAME
//   S_PORT=PROTOCOL://ADDRESS:NUMBER, S_PORT_NUMBER_PROTOCOL, and of that _PROTO, _PORT and _ADDR
// False for S_PORT with any other value: LARS_DNS_PORT=7778 is a setting. Pure.
bool is_service_link(std::string_view name, std::string_view value);

}  // namespace lars::app
