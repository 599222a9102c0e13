// Interrupts become exceptions at the next step; progress is silent on short work.
#include "host/cli/progress.h"

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

#include "host/cli/interrupt.h"

namespace e8::cli {
namespace {

TEST(Progress, ShortWorkIsSilent) {
  std::ostringstream out;
  {
    Progress p(out, "working", 10, false);
    for (int i = 0; i < 10; ++i) p.step();
  }
  EXPECT_EQ(out.str(), "");
}

TEST(Interrupt, ASignalIsThrownAtTheNextStep) {
  std::ostringstream out;
  Progress p(out, "working", 10, false);
  {
    const InterruptGuard guard;
    EXPECT_NO_THROW(p.step());
    std::raise(SIGINT);
    EXPECT_THROW(p.step(), Interrupted);
    EXPECT_THROW(check_interrupt(), Interrupted);
  }
  const InterruptGuard next;  // begins anew
  EXPECT_NO_THROW(p.step());
  std::raise(SIGTERM);
  EXPECT_THROW(p.step(), Interrupted);
}

}  // namespace
}  // namespace e8::cli
