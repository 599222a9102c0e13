// Progress with an ETA: a status line on a terminal, a line every 10 s otherwise; silent below two seconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <ostream>
#include <string>

namespace e8::cli {

class Progress {
 public:
  /// `total` steps of `what`; `terminal`: the stream is one (rewrites its line).
  Progress(std::ostream& stream, std::string what, std::uint64_t total, bool terminal);
  /// Ends the status line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  /// One more step; safe from several threads. Throws Interrupted when a signal came.
  void step(std::uint64_t n = 1);

 private:
  using Clock = std::chrono::steady_clock;
  void show(Clock::time_point now);

  std::ostream& stream_;
  std::string what_;
  std::uint64_t done_ = 0, total_;
  bool terminal_, shown_ = false;
  Clock::time_point start_, last_;
  std::mutex mutex_;
};

/// Is stderr a terminal?
bool stderr_is_terminal();

}  // namespace e8::cli
