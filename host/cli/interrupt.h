// Ctrl-C becomes an exception at the next safe point.
#pragma once

namespace e8::cli {

struct Interrupted {};

/// While one lives, SIGINT and SIGTERM set a flag instead of killing the process.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  void (*old_int_)(int);
  void (*old_term_)(int);
};

/// Throws Interrupted when a signal came.
void check_interrupt();

}  // namespace e8::cli
