// The errors a user can cause, as the command line reports them: `E8-nnn what`, and an exit code.
//
// Ids are stable; the list of ranges: 1xx reading models, 2xx pictures and tensors, 3xx quantizing, 4xx compiling, 5xx
// program files, 6xx devices and machines, 7xx comparing, 8xx command line and set-up.
#pragma once

#include <stdexcept>
#include <string>

namespace e8 {

enum class Exit : int {
  kPass = 0,
  kMismatch = 1,
  kInput = 2,  ///< usage or input, damaged files too
  kTool = 3,
  kInfrastructure = 4,
  kNothingCompared = 5,
  kInterrupted = 130,
};

/// what() is "E8-nnn: file, field, value, what is allowed, what to do".
class UserError : public std::runtime_error {
 public:
  UserError(int id, const std::string& text, Exit code = Exit::kInput)
      : std::runtime_error("E8-" + std::to_string(id) + ": " + text), id_(id), exit_(code) {}
  int id() const { return id_; }
  Exit exit_code() const { return exit_; }

 private:
  int id_;
  Exit exit_;
};

}  // namespace e8
