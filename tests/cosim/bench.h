// RTL plug-ins under test, and programs in lockstep on them.
//
// Plug-ins come from EXACT8_RTL_DIR (default: build/rtl of the source tree). EXACT8_RTL_PLUGIN=path.so replaces the
// plug-in of the configuration that it was made for. EXACT8_SEED replays one seed, EXACT8_LONG=1 runs many more.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "sim/lockstep/lockstep_machine.h"
#include "tests/sim/program_builder.h"
#include "tests/sim/random.h"

namespace e8::test {

/// A plug-in that the tests run on.
struct Build {
  std::string name;  ///< of the file and of the configuration
  std::string make;  ///< arguments of `make rtl`
};
/// nano, tiny, b512, b4096, and an odd size: 3 lanes, V = 4, 64-byte bus.
const std::vector<Build>& builds();
inline void PrintTo(const Build& b, std::ostream* out) { *out << b.name; }

/// Throws std::runtime_error: "... make it with: make rtl CONFIG=tiny".
std::shared_ptr<const sim::Plugin> load_plugin(const Build& build);

const char* stall_name(sim::StallMode mode);
/// 1, or a hundred with EXACT8_LONG.
unsigned long_factor();

/// A machine in lockstep that runs one program after another.
class Bench {
 public:
  static constexpr std::uint64_t kLimit = 4'000'000;  ///< cycles of a program

  Bench(const Build& build, const sim::RtlOptions& options);
  /// Puts the program's images into both memories, starts and runs it with these faults. After an error, the machine
  /// needs reset().
  const sim::LockstepResult& run(const ProgramBuilder& program, const std::vector<sim::Fault>& faults = {});
  /// Soft reset; waits until it is done.
  void reset();
  std::uint32_t status() { return machine.read_reg(isa::reg::STATUS); }
  std::uint64_t counter(std::uint32_t low_offset);

  sim::LockstepMachine machine;
};

/// Memory and bus as different as the seed makes them.
sim::RtlOptions random_options(Random& random, sim::StallMode stalls, const Layout& layout);

/// Fails the test when the verdict is another; prints the difference, how to replay it, and the program.
void expect_verdict(const sim::LockstepResult& result, const ProgramBuilder& program, std::uint64_t seed,
                    sim::Verdict want = sim::Verdict::kEqual);

}  // namespace e8::test
