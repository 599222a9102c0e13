// What verify and replay have in common: run, and tell.
#pragma once

#include <memory>
#include <string>

#include "host/cli/app.h"
#include "host/cli/failure_folder.h"
#include "host/cli/verify.h"

namespace e8::cli {

enum class Wave { kFail, kAll, kNone };

struct ReportOptions {
  bool json = false;
  Wave wave = Wave::kFail;
  std::string out;     ///< failure folders go here; empty: none is written
  std::string folder;  ///< of a replay: the folder that is there already
};

/// Runs verify() with progress, writes the failure folder and its wave, prints the report, sets context.code. Throws
/// UserError 706 when nothing was compared, and what verify() throws.
void verify_and_report(Context& context, const Subject& subject, const Inputs& inputs, const Expected& expected,
                       std::shared_ptr<const sim::Plugin> plugin, Replay replay, const ReportOptions& report);

/// The numbers, as verify --json prints them.
nlohmann::ordered_json to_json(const Subject& subject, const VerifyOptions& options, const VerifyResult& result);

}  // namespace e8::cli
