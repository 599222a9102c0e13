// See progress.h.
#include "host/cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "host/cli/interrupt.h"

namespace e8::cli {

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

Progress::Progress(std::ostream& stream, std::string what, std::uint64_t total, bool terminal)
    : stream_(stream),
      what_(std::move(what)),
      total_(total),
      terminal_(terminal),
      start_(Clock::now()),
      last_(start_) {}

Progress::~Progress() {
  if (shown_ && terminal_) stream_ << "\r\x1b[K" << std::flush;
}

void Progress::step(std::uint64_t n) {
  check_interrupt();
  const std::lock_guard<std::mutex> lock(mutex_);
  done_ += n;
  const auto now = Clock::now();
  const auto interval = terminal_ ? std::chrono::milliseconds(500) : std::chrono::milliseconds(10000);
  if (now - start_ < std::chrono::seconds(2) || now - last_ < interval) return;
  last_ = now;
  show(now);
}

void Progress::show(Clock::time_point now) {
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double share = total_ == 0 ? 1.0 : static_cast<double>(done_) / static_cast<double>(total_);
  const double eta = share > 0 ? seconds / share - seconds : 0;
  const std::string line =
      fmt::format("{}: {} of {} ({:.0f} %), {:.0f} s, ETA {:.0f} s", what_, done_, total_, 100 * share, seconds, eta);
  stream_ << (terminal_ ? "\r" + line + "\x1b[K" : line + "\n") << std::flush;
  shown_ = true;
}

}  // namespace e8::cli
