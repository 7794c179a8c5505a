// A small, fast generator (SplitMix64, Steele, Lea and Flood 2014) for spreading load. Not for secrets.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>

namespace lars::base {

// SplitMix64's output function, a bijection: flipping one bit of the input flips each bit of the result with
// probability one half. 0 gives 0.
constexpr std::uint64_t mix64(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// Draws seeds in place of the operating system, for a whole process: a test or a simulation. Threads: any thread.
class seed_source {
public:
  virtual ~seed_source() = default;
  virtual std::uint64_t draw() noexcept = 0;
};

// The source in force; null = the operating system. Set while one thread runs.
inline constinit std::atomic<seed_source*> process_seeds{nullptr};

// Threads: owner context only. Satisfies UniformRandomBitGenerator.
class random_source {
public:
  using result_type = std::uint64_t;

  explicit random_source(std::uint64_t seed) : state_(seed) {}

  // Seeded by the operating system, so processes that start at the same time differ.
  static random_source from_system() {
    if (auto* const seeds = process_seeds.load(std::memory_order_acquire)) return random_source(seeds->draw());
    std::random_device device;
    return random_source((std::uint64_t{device()} << 32) ^ device());
  }

  result_type operator()() { return mix64(state_ += 0x9E3779B97F4A7C15u); }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~result_type{0}; }

  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((((*this)() >> 32) * std::uint64_t{bound}) >> 32);
  }

private:
  std::uint64_t state_;
};

}  // namespace lars::base
