// specgen verilog|markdown: prints rtl/exact8_isa.vh or docs/isa.md from the lists it was compiled with.
#include <iostream>
#include <string>

#include "emu/isa/spec.h"

int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  const std::string problem = e8::isa::problem(e8::isa::spec());
  if (!problem.empty()) {
    std::cerr << "specgen: emu/isa/*.def: " << problem << "\n";
    return 1;
  }
  if (what == "verilog") {
    std::cout << e8::isa::render_verilog(e8::isa::spec());
  } else if (what == "markdown") {
    std::cout << e8::isa::render_markdown(e8::isa::spec());
  } else {
    std::cerr << "usage: specgen verilog|markdown\n";
    return 2;
  }
  return 0;
}
