// See interrupt.h.
#include "host/cli/interrupt.h"

#include <csignal>

namespace e8::cli {
namespace {
volatile std::sig_atomic_t g_signalled = 0;
/// The first waits for a safe point; a second one, for which none has come, ends the process.
void on_signal(int signal) {
  g_signalled = 1;
  std::signal(signal, SIG_DFL);
}
}  // namespace

InterruptGuard::InterruptGuard()
    : old_int_(std::signal(SIGINT, on_signal)), old_term_(std::signal(SIGTERM, on_signal)) {
  g_signalled = 0;
}

InterruptGuard::~InterruptGuard() {
  std::signal(SIGINT, old_int_);
  std::signal(SIGTERM, old_term_);
}

void check_interrupt() {
  if (g_signalled != 0) throw Interrupted{};
}

}  // namespace e8::cli
