// See net_options.h.
#include "host/cli/net_options.h"

#include "host/model/error.h"
#include "host/model/lower.h"

namespace e8::cli {

void NetOptions::add_to(CLI::App* verb) {
  verb->add_option("--scheme", reading.scheme, "of another tool's model: dpu where all scales are powers of two")
      ->check(CLI::IsMember({"dpu", "scaled"}));
  verb->add_option("--tie", reading.tie, "of another tool's model (default half_even; half_up under dpu)")
      ->check(CLI::IsMember({"half_up", "half_away", "half_even"}));
  preprocess.add_to(verb);
}

model::IntNet NetOptions::read(const std::string& path) const {
  model::IntNet net = model::read_int_net(path, reading);
  set_preprocess(&net);
  return net;
}

void NetOptions::set_preprocess(model::IntNet* net) const {
  if (!preprocess.given()) return;
  if (net->preprocess.c != 0)
    throw UserError(802, "--mean, --std, --pixel-range, --resize, --crop, --channels: network '" + net->name +
                             "' says itself how a picture becomes its input; leave them out, or give them to exact8 "
                             "quantize");
  const ops::Shape& in = net->tensors.at(static_cast<std::size_t>(net->input)).shape;
  const auto channels = static_cast<std::size_t>(in.c);
  net->preprocess = {in.h,
                     in.w,
                     in.c,
                     std::vector<double>(channels, 0.0),
                     std::vector<double>(channels, 1.0),
                     net->scheme == "tflite" ? "half_away" : "half_even"};
  preprocess.apply_to(net->name, &net->preprocess);
}

}  // namespace e8::cli
