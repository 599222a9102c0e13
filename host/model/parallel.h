// Independent pieces of work on a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace e8::model {

/// f(i) for i in 0..n-1, each once, in any order, on at most `threads` threads (the caller is one of them). When a call
/// throws, no further ones begin and the first exception is thrown to the caller.
void parallel_for(std::size_t n, int threads, const std::function<void(std::size_t)>& f);

}  // namespace e8::model
