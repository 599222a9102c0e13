// What a verb works on: a model file as integer network, as program, or both; and the inputs it is run on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/cli/net_options.h"
#include "host/compile/compile.h"
#include "host/model/int_net.h"
#include "host/model/npy.h"
#include "host/model/picture.h"
#include "sim/verilated/plugin_loader.h"

namespace e8::cli {

/// Throws UserError 811 with the list.
const isa::Config& config_named(const std::string& name);

/// A model as the user named it.
struct Subject {
  std::string path;  ///< as given
  std::string name;
  std::optional<model::IntNet> net;         ///< not for a compiled program
  std::optional<compile::Program> program;  ///< of an .e8, or after compile_for()
  /// Tensors, input, output, preprocessing and labels, whatever the file was; nodes only when net is there.
  model::IntNet face;
  std::string scheme() const { return face.scheme + ", ties " + face.tie; }
};

/// Reads an .e8 (known by its content), for which there are no options (UserError 814), or a quantized model.
Subject read_subject(const std::string& path, const NetOptions& options = {});

/// Makes sure that there is a program; `config` empty: the program's own, else `otherwise`. An .e8 is not compiled
/// again: its configuration must be the one asked for (UserError 812), it has no keep_all (814), and its nodes on the
/// CPU are refused where `options` do not allow them (401).
void compile_for(Subject* subject, const std::optional<isa::Config>& config, const isa::Config& otherwise,
                 const compile::Options& options);

/// Useful multiply-accumulates a picture.
std::uint64_t useful_macs(const compile::Program& program);

/// Pictures and quantized arrays, in the order named. Arrays of int8 are quantized inputs, [h][w][c] or [n][h][w][c];
/// everything else is a picture (model::open_pictures).
class Inputs {
 public:
  /// Throws what reading throws, and 203 when nothing is left. `index`: only that one of all (UserError 813); `limit`:
  /// at most so many.
  Inputs(const std::vector<std::string>& paths, const model::IntNet& face, std::optional<std::size_t> index,
         std::optional<std::size_t> limit);
  /// `count` random tensors, from `seed`.
  Inputs(const model::IntNet& face, std::size_t count, std::uint64_t seed);

  std::size_t size() const { return items_.size(); }
  std::string name(std::size_t i) const;
  /// The position in all that was named, before index and limit.
  std::size_t number(std::size_t i) const { return items_.at(i).number; }
  /// Re-entrant.
  ops::Tensor read(std::size_t i) const;
  /// For a folder that holds a single input of a longer run.
  void rename(const std::string& name, std::size_t number);

 private:
  struct Source {
    std::string path;
    std::unique_ptr<model::PictureSet> pictures;  ///< nullptr: array
    model::Npy array;
    std::size_t count = 0;
  };
  struct Item {
    std::size_t source, position, number;
    std::string name;  ///< empty: the source tells
  };
  Source open(const std::string& path) const;

  const model::IntNet& face_;
  std::vector<Source> sources_;
  std::vector<Item> items_;
  std::optional<std::uint64_t> random_seed_;
};

/// splitmix64 of a base seed and a number: seeds that do not move when others are added.
std::uint64_t derived_seed(std::uint64_t seed, std::uint64_t number);

}  // namespace e8::cli
