// The exact8 command; everything is in run().
#include <iostream>

#include "host/cli/app.h"

int main(int argc, char** argv) { return e8::cli::run(argc, argv, std::cout, std::cerr); }
