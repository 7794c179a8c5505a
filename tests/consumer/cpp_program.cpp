// What a program in C++20 does: cpp_program MODID CMDID succeed|fail|abandon|finish|drop TIMES
// One line a call: the host, or what was wrong. The last line is the route.
#include <cstdlib>
#include <iostream>
#include <lars/client.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

static_assert(std::is_move_constructible_v<lars::client> && !std::is_copy_constructible_v<lars::client>);
static_assert(std::is_move_constructible_v<lars::call> && !std::is_copy_constructible_v<lars::call>);
static_assert(std::is_nothrow_move_assignable_v<lars::client> && std::is_nothrow_move_assignable_v<lars::call>);

namespace {

std::ostream& operator<<(std::ostream& out, lars::endpoint where) {
  return out << (where.ip >> 24) << '.' << (where.ip >> 16 & 255) << '.' << (where.ip >> 8 & 255) << '.'
             << (where.ip & 255) << ':' << where.port;
}

constexpr std::string_view header = "TEXT cpu_utilization=0.25, rps_fractional=80, eps=0.5";

void one_call(lars::client& agent, lars::route_key module, std::string_view how) {
  const lars::endpoint avoided{0x7f000001, 1};
  auto picked = agent.pick(module, {.key = "somebody", .exclude = {&avoided, 1}});
  if (!picked) {
    std::cout << picked.error().text() << '\n';
    return;
  }
  lars::call call = *std::move(picked);  // what is left behind ends nothing
  std::cout << call.endpoint() << '\n';
  if (how == "drop") return;
  if (how == "succeed") call.succeed();
  if (how == "fail") call.fail();
  if (how == "abandon") call.abandon();
  if (how == "finish") call.finish({.code = 7, .cost = 3, .load = lars::parse_load(header).value_or(lars::load{})});
  call.fail();  // it has ended: nobody is told
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const lars::route_key module{std::atoi(argv[1]), std::atoi(argv[2])};
  auto opened = lars::client::open();
  if (!opened) {
    std::cerr << opened.error().text() << '\n';
    return 3;
  }
  lars::client agent = *std::move(opened);
  for (int i = 0; i < std::atoi(argv[4]); ++i) one_call(agent, module, argv[3]);
  if (const auto route = agent.route(module)) {
    std::cout << "route";
    for (const auto where : *route) std::cout << ' ' << where;
    std::cout << '\n';
  }
  return 0;
}
