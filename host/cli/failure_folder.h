// A failure on disk: everything that `exact8 replay FOLDER` needs to make it happen again.
//
//   model.onnx, .tflite, .e8  the network as it was given     program.e8   as it was compiled
//   input.npy                the picture, quantized           expected/    its --expect tensors
//   replay.json              configuration, backends, seed    failure.txt  the FAIL line and what differs
//   repro.sh                 the command                      fail.fst, fail.gtkw   with a traced plug-in
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host/cli/verify.h"

namespace e8::cli {

/// What replay.json says.
struct Replay {
  VerifyOptions options;
  std::string config, rtl;    ///< rtl: a plug-in's absolute path, empty for the configuration's own
  std::string name, picture;  ///< of the network and the picture, as verify was given them
  std::size_t number = 0;
  std::string model_file;  ///< in the folder
  model::Reading reading;  ///< --scheme and --tie of verify
};

/// Writes out/<name>.<8 hex digits of what failed>/ and returns its path. Throws UserError 711.
std::string write_failure(const std::string& out, const Subject& subject, const Failure& failure, const Replay& replay);

/// Throws UserError 710 naming what is missing or wrong.
Replay read_replay(const std::string& folder);

/// Runs the failing picture once more in a traced plug-in, writing the cycles around the failing one to fail.fst and a
/// GTKWave save file. Returns "" or why there is no wave.
std::string write_wave(const std::string& folder, const Subject& subject, const Failure& failure,
                       const std::string& traced_plugin, const VerifyOptions& options);

/// "none", "random", "worst".
const std::vector<std::string>& stall_names();

}  // namespace e8::cli
