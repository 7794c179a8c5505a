// Variables that Kubernetes, and links of Docker before it, put into every container for each service of its namespace.
// A service called lars-dns makes LARS_DNS_PORT=tcp://10.96.0.7:7778, which looks like a setting and is none.
#pragma once

#include <string_view>

namespace lars::app {

// True for the variables of a service S, in capitals and with _ for -:
//   S_SERVICE_HOST, S_SERVICE_PORT, S_SERVICE_PORT_NAME
//   S_PORT=PROTOCOL://ADDRESS:NUMBER, S_PORT_NUMBER_PROTOCOL, and of that _PROTO, _PORT and _ADDR
// S_PORT with any other value is not one: LARS_DNS_PORT=7778 is a setting. Pure.
bool is_service_link(std::string_view name, std::string_view value);

}  // namespace lars::app
